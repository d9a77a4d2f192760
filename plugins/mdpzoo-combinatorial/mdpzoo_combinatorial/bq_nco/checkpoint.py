"""Checkpoints of BQ-NCO: one safetensors file with JSON metadata; nothing is unpickled.

Entries: ``network.<weight>`` float32; if resumable also ``mean.<weight>`` and ``square.<weight>`` float32 (state of
the optimisers), ``step`` float32 and ``generator`` uint8 (the state of the sampler), for the auxiliary task ``head.``
with ``weight.<weight>``, ``mean.``, ``square.`` and ``step``, and for self-improvement ``pool`` int16 (the best
solutions). Metadata: ``agent`` is ``bq-nco``, and ``bq-nco`` is a JSON object with the version of the
format, the settings and the progress. Files in the published layout can be read as well.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.files import replacing
from mdpzoo_combinatorial.bq_nco.networks.kinds import NetworkSettings, make_network, network_settings
from mdpzoo_combinatorial.bq_nco.networks.published_files import is_published, read_published
from mdpzoo_combinatorial.bq_nco.settings import SearchSettings
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings, Progress
from mdpzoo_combinatorial.bq_nco.training.improvement import ImprovementSettings
from mdpzoo_combinatorial.bq_nco.training.optimiser import layer_matrices
from mdpzoo_combinatorial.bq_nco.training.structures import check_kind, head_for

AGENT = "bq-nco"
FORMAT = 3
SUFFIX = ".safetensors"
LARGEST = 1 << 30  # maximum size of a file in bytes
HEAD = "head."
RESUME = ("mean.", "square.", "step", "generator", "pool", HEAD)
DEFAULT_LABELS = {"size": 100, "num_instances": 2048, "expert": "own", "paths": []}


@dataclass(frozen=True)
class Checkpoint:
    """The content of a file.

    Attributes:
        problem: the problem.
        network: the network's kind and size.
        imitation: settings of imitation.
        progress: of training.
        seed: of the run; None if it had none.
        labels: files (``paths``, possibly empty), else ``num_instances`` of ``size`` solved by ``expert``.
        improvement: settings of self-improvement.
        search: settings of ``solve``.
        tensors: by the names above.
    """

    problem: str
    network: NetworkSettings
    imitation: ImitationSettings
    progress: Progress
    seed: int | None
    labels: Mapping[str, Any]
    improvement: ImprovementSettings
    search: SearchSettings
    tensors: Mapping[str, Tensor]

    def weights(self) -> dict[str, Tensor]:
        """The network's state dictionary."""
        return self.starting("network.")

    def starting(self, start: str) -> dict[str, Tensor]:
        """Returns the tensors whose names start so, by the rest of their names."""
        return {name.removeprefix(start): each for name, each in self.tensors.items() if name.startswith(start)}

    @property
    def resumable(self) -> bool:
        """Whether optimiser and sampler are included."""
        return "step" in self.tensors


def target(path: str | Path) -> Path:
    """Returns the file of a path: ``.safetensors`` is added if there is no suffix, and replaces SB3's ``.zip``."""
    path = Path(path)
    return path.with_suffix(SUFFIX) if path.suffix == ".zip" else path if path.suffix else Path(f"{path}{SUFFIX}")


def write(path: str | Path, checkpoint: Checkpoint) -> Path:
    """Writes a file atomically, by renaming a temporary one; returns its path."""
    file = target(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT,
        "problem": checkpoint.problem,
        "network": {"kind": checkpoint.network.kind} | asdict(checkpoint.network),
        "imitation": asdict(checkpoint.imitation),
        "progress": asdict(checkpoint.progress),
        "seed": checkpoint.seed,
        "labels": dict(checkpoint.labels),
        "improvement": asdict(checkpoint.improvement),
        "search": asdict(checkpoint.search),
    }
    tensors = {name: each.detach().cpu().contiguous() for name, each in checkpoint.tensors.items()}
    with replacing(file) as beside:
        beside.write_bytes(save(tensors, {"agent": AGENT, AGENT: json.dumps(content)}))
    return file


def read(path: str | Path) -> Checkpoint:
    """Reads an untrusted file.

    Raises:
        CheckpointError: if the file does not exist or is damaged, or its tensors are not finite or not exactly those of
            its settings.
    """
    file = Path(path) if Path(path).is_file() else target(path)
    if not file.is_file():
        raise CheckpointError(f"there is no checkpoint {str(path)!r}; use, for example, 'tsp' for a pretrained one")
    if file.stat().st_size > LARGEST:
        raise CheckpointError(f"{file.name} is larger than {LARGEST} bytes, so it is not a checkpoint of {AGENT}")
    if is_published(file):
        problem, settings, net = read_published(file)
        tensors = {f"network.{name}": each for name, each in net.items()}
        fresh = ImitationSettings(), Progress(), None, DEFAULT_LABELS, ImprovementSettings(), SearchSettings()
        return Checkpoint(problem, settings, *fresh, tensors)
    try:
        with safe_open(file, "pt") as opened:
            content = _content(opened.metadata())
            checkpoint = _settings(content, len(opened.keys()))
            shapes = _shapes(checkpoint, set(opened.keys()))
            for name, (kind, shape) in shapes.items():
                found = opened.get_slice(name)
                if (found.get_dtype(), tuple(found.get_shape())) != (kind, shape):
                    raise ValueError(f"{name} is {found.get_dtype()} {found.get_shape()}, not {kind} {list(shape)}")
            tensors = {name: opened.get_tensor(name) for name in shapes}
        wrong = next((name for name, each in tensors.items() if not bool(torch.isfinite(each).all())), None)
        if wrong is not None:
            raise ValueError(f"{wrong} has a number that is not finite")
    except (SafetensorError, SettingError, ValueError, TypeError, KeyError, OSError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{file.name} is not a valid checkpoint of {AGENT}: {reason}") from None
    return replace(checkpoint, tensors=tensors)


def _content(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Returns the JSON object in the metadata."""
    if not metadata or metadata.get("agent") != AGENT or AGENT not in metadata:
        raise ValueError(f"its metadata does not name {AGENT}")
    content = json.loads(metadata[AGENT])
    if not isinstance(content, dict):
        raise ValueError("its metadata is not a JSON object")
    if content.get("format") != FORMAT:
        raise ValueError(f"its format is {content.get('format')!r:.40}, this version reads {FORMAT}")
    return content


def _settings(content: Mapping[str, Any], tensors: int) -> Checkpoint:
    """Returns the settings, validated by their classes; ``tensors`` limits the layers before any is created."""
    problem = content.get("problem")
    if not isinstance(problem, str) or problem not in PROBLEMS:
        raise ValueError(f"its problem is {problem!r:.40}, known are {', '.join(PROBLEMS)}")
    network = network_settings(**_object(content, "network"))
    if network.layers > tensors:
        raise ValueError(f"it has {network.layers} layers but {tensors} tensors")
    progress = Progress(**_object(content, "progress"))
    labels = _labels(_object(content, "labels"))
    numbers = asdict(progress) | {name: labels[name] for name in ("size", "num_instances")}
    for name, value in numbers.items():
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**63:
            raise ValueError(f"{name} must be an integer from 0, got {value!r:.40}")
    seed = content.get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63):
        raise ValueError(f"seed must be an integer from 0, got {seed!r:.40}")
    imitation = ImitationSettings(**_object(content, "imitation"))
    if imitation.structure:
        check_kind(network)
    improvement = ImprovementSettings(**_object(content, "improvement"))
    search = (
        SearchSettings(**_object(content, "search")) if "search" in content else SearchSettings()
    )  # missing in older files
    return Checkpoint(problem, network, imitation, progress, seed, labels, improvement, search, {})


def _labels(found: dict[str, Any]) -> dict[str, Any]:
    """Returns the labels, with validated types."""
    if found.keys() != DEFAULT_LABELS.keys():
        raise ValueError(f"labels must have {', '.join(DEFAULT_LABELS)}, got {', '.join(found):.80}")
    paths = found["paths"]
    if (
        not isinstance(found["expert"], str)
        or not isinstance(paths, list)
        or not all(isinstance(p, str) for p in paths)
    ):
        raise ValueError("labels must have an expert and a list of paths")
    return found


def _object(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    part = content.get(name)
    if not isinstance(part, dict):
        raise ValueError(f"its metadata has no {name!r}")
    return part


def _shapes(checkpoint: Checkpoint, names: set[str]) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Returns type and shape of each required entry; raises ValueError for missing and unknown names."""
    with torch.device("meta"):
        made = make_network(PROBLEMS[checkpoint.problem], checkpoint.network)
        weights = {name: tuple(each.shape) for name, each in made.state_dict().items()}
        matrices = layer_matrices(made)
    shapes = {f"network.{name}": ("F32", shape) for name, shape in weights.items()}
    if any(name.startswith(RESUME) for name in names):
        for name, shape in weights.items():
            shapes[f"mean.{name}"] = ("F32", shape)
            if name not in matrices:
                shapes[f"square.{name}"] = ("F32", shape)
        shapes |= {"step": ("F32", ()), "generator": ("U8", tuple(torch.Generator().get_state().shape))}
        if checkpoint.imitation.structure:
            shapes |= _head_shapes(checkpoint)
        if "pool" in names:
            shapes["pool"] = ("I16", _pool_shape(checkpoint))
    for name in sorted(shapes.keys() ^ names):
        raise ValueError(f"{name} is missing" if name in shapes else f"{name!r:.80} is not expected")
    return shapes


def _head_shapes(checkpoint: Checkpoint) -> dict[str, tuple[str, tuple[int, ...]]]:
    """Returns type and shape of each entry of the head of the auxiliary task."""
    with torch.device("meta"):
        weights = head_for(PROBLEMS[checkpoint.problem], checkpoint.network).state_dict()
    shapes = {
        f"{HEAD}{part}.{name}": ("F32", tuple(each.shape))
        for part in ("weight", "mean", "square")
        for name, each in weights.items()
    }
    return shapes | {f"{HEAD}step": ("F32", ())}


def _pool_shape(checkpoint: Checkpoint) -> tuple[int, int]:
    """Returns the shape of a pool's solutions: a choice for each token except the start of a tour."""
    return checkpoint.labels["num_instances"], checkpoint.labels["size"] - PROBLEMS[checkpoint.problem].record.closed
