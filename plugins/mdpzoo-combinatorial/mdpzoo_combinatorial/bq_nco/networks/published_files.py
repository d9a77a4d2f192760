"""Reads checkpoints in the layout of the paper's authors: a ``torch.save`` dictionary whose ``net`` names tensors.

Such a file is read with ``weights_only=True``, which makes tensors and plain containers and runs nothing else. Problem,
kind and size of the network follow from names and shapes. The shapes of the two cross-attention blocks show that the
three norms of a perceiver's block are, in order, those of keys and values, of queries and of the feed-forward block.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor

from mdpzoo.errors import CheckpointError
from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings, make_network, network_settings
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.problems import PROBLEMS as RECORDS

MAGIC = b"PK\x03\x04"  # first bytes of a file of torch.save
KNOWN = {record.learning.published: name for name, record in RECORDS.items() if record.learning.published}


def is_published(path: Path) -> bool:
    """Returns whether a file may be one of ``torch.save``."""
    with path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_published(path: Path) -> tuple[str, NetworkSettings, dict[str, Tensor]]:
    """Returns the problem, the network's settings and its state dictionary.

    Raises:
        CheckpointError: if the file is damaged, or a tensor is missing, unknown, of another shape or not finite.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        return _understood(content)
    except (pickle.UnpicklingError, SafetensorError, RuntimeError, ValueError, LookupError, EOFError, OSError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{path.name} is not a valid checkpoint in the published layout: {reason}") from None


def _understood(content: Any) -> tuple[str, NetworkSettings, dict[str, Tensor]]:
    net = content.get("net") if isinstance(content, Mapping) else None
    if not isinstance(net, Mapping) or not all(isinstance(name, str) for name in net):
        raise ValueError("it has no dictionary 'net' of tensors")
    tensors = {name: each for name, each in net.items() if isinstance(each, Tensor)}
    for name in net.keys() - tensors.keys():
        raise ValueError(f"{name!r:.80} is not a tensor")
    width, features = _shape(tensors, "input_emb.weight", 2)
    variants, _ = _shape(tensors, "scores_projection.weight", 2)
    ends = "begin_end_tokens.weight" in tensors
    problem = KNOWN.get((features, variants, ends))
    if problem is None:
        raise ValueError(f"no problem has {features} features, {variants} scores and ends: {ends}")
    settings = _settings(tensors, width)
    with torch.device("meta"):
        wanted = {
            name: tuple(each.shape) for name, each in make_network(PROBLEMS[problem], settings).state_dict().items()
        }
    for name in sorted(wanted.keys() ^ tensors.keys()):
        raise ValueError(f"{name} is missing" if name in wanted else f"{name!r:.80} is not expected")
    for name, shape in wanted.items():
        found = tensors[name]
        if tuple(found.shape) != shape or found.dtype != torch.float32:
            raise ValueError(f"{name} is {found.dtype} {list(found.shape)}, not torch.float32 {list(shape)}")
        if not bool(torch.isfinite(found).all()):
            raise ValueError(f"{name} has a number that is not finite")
    return problem, settings, tensors


def _settings(tensors: Mapping[str, Tensor], width: int) -> NetworkSettings:
    """Returns kind and size, from shapes."""
    stack, kind = ("layers", "perceiver") if "latent_array" in tensors else ("encoder", "transformer")
    layers = len({name.split(".")[1] for name in tensors if name.startswith(f"{stack}.") and name.count(".") > 2})
    heads = _shape(tensors, f"{stack}.0.attn.lambda1", 3)[0]
    hidden = _shape(tensors, f"{stack}.0.linear1.weight", 2)[0]
    sizes = {"width": width, "layers": layers, "heads": heads, "hidden": hidden}
    if kind == "perceiver":
        _, sizes["latents"], sizes["latent_width"] = _shape(tensors, "latent_array", 3)
    return network_settings(kind, **sizes)


def _shape(tensors: Mapping[str, Tensor], name: str, dimensions: int) -> tuple[int, ...]:
    if name not in tensors:
        raise ValueError(f"{name} is missing")
    shape = tuple(tensors[name].shape)
    if len(shape) != dimensions:
        raise ValueError(f"{name} has {len(shape)} dimensions, not {dimensions}")
    return shape
