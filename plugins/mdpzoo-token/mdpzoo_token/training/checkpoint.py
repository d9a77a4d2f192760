"""Files of ``grpo-token``: one safetensors file, its metadata JSON; nothing in it is unpickled.

Entries: ``network.<weight>`` float32, after the first update also ``mean.<weight>``, ``square.<weight>`` (Adam's) and
``step``, and ``generator`` uint8, the state of the sampler. Metadata: ``agent``, and under its name a JSON object.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from mdpzoo.checkpoints import HIDDEN, describe
from mdpzoo.errors import CheckpointError, MdpzooError
from mdpzoo.files import replacing
from mdpzoo.front import make_any

if TYPE_CHECKING:
    from mdpzoo_token.training.agent import GRPOToken

AGENT = "grpo-token"
FORMAT = 1
SUFFIX = ".safetensors"
LARGEST = 1 << 28  # maximum size of a file, bytes
COUNTS = ("num_timesteps", "update")
Maker = Callable[[Any, int | None, Mapping[str, Any]], Any]


def target(path: str | Path) -> Path:
    """Returns the file of ``path``: ``.safetensors`` is added if there is no suffix, and replaces SB3's ``.zip``."""
    path = Path(path)
    return path.with_suffix(SUFFIX) if path.suffix == ".zip" else path if path.suffix else Path(f"{path}{SUFFIX}")


def write(path: str | Path, agent: "GRPOToken") -> None:
    """Writes beside the target, then renames, so that the file is either complete or unchanged."""
    file = target(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    trainer = agent.trainer
    content = {
        "format": FORMAT,
        "settings": asdict(agent.chosen),
        "seed": agent.seed,
        "environment": describe(agent.env),
        "num_timesteps": agent.num_timesteps,
        "update": trainer.update,
        "warmed": agent.warmed,
        "sampled_entropy": trainer.sampled_entropy,
        "strategy": agent.strategy.memory(),
    }
    with replacing(file) as beside:
        beside.write_bytes(save(_tensors(agent), {"agent": AGENT, AGENT: json.dumps(content)}))


def read(path: str | Path, env: Any, make: Maker) -> Any:
    """Reads a file from an untrusted source.

    Args:
        path: the file.
        env: for the agent; None: the one named in the file.
        make: builds the untrained agent from an environment, a seed and settings.

    Raises:
        CheckpointError: there is no such file, it is damaged, or its tensors are not the agent's.
    """
    file = Path(path) if Path(path).is_file() else target(path)
    if not file.is_file():
        raise CheckpointError(f"there is no checkpoint {str(path)!r}")
    if file.stat().st_size > LARGEST:
        raise CheckpointError(f"{file.name} is larger than {LARGEST} bytes: no checkpoint of {AGENT} is")
    try:
        with safe_open(file, "pt") as opened:
            content = _content(opened.metadata())
            agent = make(_environment(content) if env is None else env, content["seed"], content["settings"])
            _restore(agent, content, opened)
    except (
        SafetensorError,
        MdpzooError,
        ValueError,
        TypeError,
        KeyError,
        OSError,
        RuntimeError,
        RecursionError,
    ) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(f"{file.name} is no usable checkpoint of {AGENT}: {reason}") from None
    return agent


def _tensors(agent: "GRPOToken") -> dict[str, Tensor]:
    """Returns the entries of a file."""
    tensors = {f"network.{name}": each for name, each in agent.policy.network.state_dict().items()}
    tensors["generator"] = agent.trainer.generator.get_state()
    state = agent.trainer.optimiser.state
    for name, weight in agent.policy.network.named_parameters():
        if weight in state:
            moments = state[weight]
            tensors |= {f"mean.{name}": moments["exp_avg"], f"square.{name}": moments["exp_avg_sq"]}
            tensors["step"] = moments["step"].reshape(())
    return {name: each.detach().clone().contiguous() for name, each in tensors.items()}


def _content(metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Returns the JSON object in the metadata, with its types checked."""
    if not metadata or metadata.get("agent") != AGENT or AGENT not in metadata:
        raise ValueError(f"its metadata does not name {AGENT}")
    content = json.loads(metadata[AGENT])
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError(f"its metadata is no JSON object of format {FORMAT}")
    for name in COUNTS:
        if type(content[name]) is not int or not 0 <= content[name] < 2**63:
            raise ValueError(f"{name} must be an integer from 0, got {content[name]!r:.40}")
    for name in ("settings", "strategy"):
        if not isinstance(content[name], dict):
            raise ValueError(f"{name} must be an object, got {content[name]!r:.40}")
    if content["seed"] is not None and (type(content["seed"]) is not int or not 0 <= content["seed"] < 2**63):
        raise ValueError(f"seed must be an integer from 0, got {content['seed']!r:.40}")
    return content


def _environment(content: Mapping[str, Any]) -> Any:
    """Makes the environment that a file names."""
    made = content.get("environment")
    if not isinstance(made, dict) or not isinstance(made.get("settings"), dict):
        raise ValueError("it does not say which environment it was trained on; pass env=")
    if ":" in str(made.get("id")) or HIDDEN & made["settings"].keys():
        raise ValueError("its environment names code")
    return make_any(str(made.get("id")), **made["settings"])


def _restore(agent: "GRPOToken", content: Mapping[str, Any], opened: Any) -> None:
    """Loads a file into an untrained agent, with each tensor checked against the agent's own."""
    trainer, network = agent.trainer, agent.policy.network
    weights = {f"network.{name}": each for name, each in network.state_dict().items()}
    weights["generator"] = trainer.generator.get_state()
    parameters = dict(network.named_parameters())
    if "step" in opened.keys():  # noqa: SIM118  # no mapping
        weights |= {f"{part}.{name}": each for name, each in parameters.items() for part in ("mean", "square")}
        weights["step"] = torch.zeros(())
    if set(opened.keys()) != weights.keys():
        raise ValueError(f"its tensors are not the agent's: {sorted(set(opened.keys()) ^ weights.keys())!s:.100}")
    found = {name: opened.get_tensor(name) for name in weights if _fits(opened.get_slice(name), weights[name], name)}
    wrong = next((name for name, each in found.items() if not bool(torch.isfinite(each).all())), None)
    if wrong is not None:
        raise ValueError(f"{wrong} holds a number that is not finite")
    network.load_state_dict(
        {name.removeprefix("network."): found[name] for name in found if name.startswith("network.")}
    )
    trainer.generator.set_state(found["generator"])
    for name, weight in parameters.items() if "step" in found else ():
        moments = {"exp_avg": found[f"mean.{name}"], "exp_avg_sq": found[f"square.{name}"]}
        trainer.optimiser.state[weight] = {"step": found["step"].clone(), **moments}
    agent.num_timesteps, trainer.update = content["num_timesteps"], content["update"]
    agent.warmed = content["warmed"] is True
    entropy = content["sampled_entropy"]
    trainer.sampled_entropy = None if entropy is None else float(entropy)
    agent.strategy.restore(content["strategy"])


def _fits(slice: Any, own: Tensor, name: str) -> bool:
    """Whether an entry has the shape of the agent's own tensor.

    Raises:
        ValueError: if not; says which.
    """
    if tuple(slice.get_shape()) != tuple(own.shape):
        raise ValueError(f"{name} is of shape {list(slice.get_shape())}, not {list(own.shape)}")
    return True
