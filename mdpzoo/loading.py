"""Saved agents, read back without unpickling anything.

A tag (``mdpzoo.checkpoints``) records how an agent was made; ``read`` rebuilds it from that and then loads the
tensors, with PyTorch's weights-only reader. SB3's pickled data beside them are never read. A zip whose members are
compressed is rejected, since SB3 compresses nothing: its content is then never larger than the file.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mdpzoo import registry
from mdpzoo.checkpoints import HIDDEN, describe
from mdpzoo.codes import load
from mdpzoo.errors import CheckpointError, MissingExtraError, did_you_mean, unknown
from mdpzoo.front import make_agent, make_any

if TYPE_CHECKING:
    from mdpzoo.protocols import Agent

MOMENTS = {"exp_avg", "exp_avg_sq", "max_exp_avg_sq", "square_avg", "momentum_buffer"}  # shaped like their parameter
COUNTERS = ("num_timesteps", "_n_updates", "_n_calls", "_episode_num")  # of SB3's algorithms
SUFFIXES = (".zip", ".safetensors")
STEMS = tuple(f"agent{suffix}" for suffix in SUFFIXES)  # file names of the agent in a run's folder


def load_agent(path: str | Path, env: Any = None) -> "Agent":
    """Loads a saved or a pretrained agent. Nothing is unpickled.

    Args:
        path: a run's folder, a file that an agent of ours has saved, or the id of a pretrained agent.
        env: an environment, or the id of one; None: the one that the agent was trained on.

    Raises:
        UnknownNameError: there is no such file, and no agent of this id is pretrained.
        CheckpointError: the file is damaged or not ours; says what is wrong.
    """
    return read(path, make_any(env) if isinstance(env, str) else env)


def read(path: str | Path, env: Any = None) -> "Agent":
    """Reads a saved agent; the arguments and errors are those of ``mdpzoo.load_agent``."""
    found = Path(path)
    if found.is_dir():
        found = next((found / stem for stem in STEMS if (found / stem).is_file()), found)
        if found.is_dir():
            raise CheckpointError(f"{str(path)!r} holds no agent; give the folder that mdpzoo train --out has written")
    if not found.is_file():  # agents add a suffix when they save
        found = next((each for suffix in SUFFIXES if (each := Path(f"{path}{suffix}")).is_file()), found)
    if not found.is_file():
        return _shipped(str(path), env)
    with found.open("rb") as file:
        start = file.read(4)
    return _read_zip(found, env) if start == b"PK\x03\x04" else _read_safetensors(found, env)


def _shipped(name: str, env: Any) -> Any:
    trained = {id for id, spec in registry.agents().items() if spec.load}
    if name not in trained:
        if name in registry.agents():
            raise CheckpointError(f"agent {name!r} is not pretrained; use make_agent({name!r}, env) and learn")
        if hint := did_you_mean(name, trained):
            raise CheckpointError(f"there is no file {name!r} and no trained agent of this id.{hint}")
        raise unknown("saved agent", name, trained, "mdpzoo list agents")
    return _load(name, None, env)


def _load(name: str, path: Path | None, env: Any) -> Any:
    """Loads an agent in its own format and attaches its id."""
    code = registry.agent(name).load
    assert code is not None
    agent = load(code)(path, env=env)
    agent.mdpzoo = {"agent": name, "environment": describe(env)}
    return agent


def _read_safetensors(path: Path, env: Any) -> Any:
    metadata = header(path).get("__metadata__", {})
    name = metadata.get("agent") if isinstance(metadata, dict) else None
    spec = registry.agents().get(str(name))
    if spec is None or spec.load is None:
        raise CheckpointError(f"{path.name} names no agent that can read it (its metadata says {name!r:.80})")
    return _load(spec.id, path, env)


def header(path: Path) -> dict[str, Any]:
    """Reads the JSON header of a safetensors file.

    Raises:
        CheckpointError: the file has no such header.
    """
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        try:
            if not 0 < size <= min(path.stat().st_size - 8, 100_000_000):
                raise ValueError("its header does not fit")
            parsed = json.loads(file.read(size))
            if not isinstance(parsed, dict):
                raise ValueError("its header is no object")
        except (ValueError, RecursionError) as error:
            raise CheckpointError(f"{path.name} is neither a safetensors file nor SB3's zip: {error!s:.80}") from None
    return parsed


def _read_zip(path: Path, env: Any) -> Any:
    try:
        with path.open("rb") as file:
            parts = _unpack(file.read())
        data = json.loads(parts.pop("data"))
        tensors = {name.removesuffix(".pth"): part for name, part in parts.items() if name.endswith(".pth")}
        for part in tensors.values():
            _unpack(part)  # torch's own format is such a zip, too, and its reader would unpack whatever it is given
    except KeyError:
        raise CheckpointError(f"{path.name} is no saved agent: it has no part named 'data'") from None
    except Exception as error:  # a hostile file may cause any error in the readers
        raise CheckpointError(f"{path.name} is damaged or no saved agent: {_reason(error)}") from None
    note = data.get("mdpzoo") if isinstance(data, dict) else None
    if not isinstance(note, dict) or not isinstance(note.get("settings"), dict):
        raise CheckpointError(
            f"{path.name} does not say how its agent was made; if you trust it, load it with its own class"
        )
    agent = _remake(path.name, note, env)
    try:
        _restore(agent, tensors)
    except Exception as error:  # likewise
        raise CheckpointError(f"{path.name} does not fit agent {note['agent']!r:.80}: {_reason(error)}") from None
    for counter in COUNTERS:
        if hasattr(agent, counter) and type(data.get(counter)) is int and 0 <= data[counter] < 2**63:
            setattr(agent, counter, data[counter])
    return agent


def _unpack(content: bytes) -> dict[str, bytes]:
    """Returns the members of an uncompressed zip; they never take more memory than the zip does.

    Raises:
        ValueError: a member is compressed or named twice, or members overlap; other errors where it is damaged.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        names = {each.filename for each in members}
        if len(names) < len(members):
            raise ValueError("two parts have the same name")
        if any(each.compress_type != zipfile.ZIP_STORED for each in members):
            raise ValueError("its parts are compressed, which no agent of ours writes")
        if sum(each.file_size for each in members) > len(content):
            raise ValueError("its parts claim to be larger than the file")
        return {name: archive.read(name) for name in names}


def _remake(name: str, note: dict[str, Any], env: Any) -> Any:
    """Rebuilds the untrained agent from the description in its file."""
    made = note.get("environment")
    if env is None and (not isinstance(made, dict) or not isinstance(made.get("settings"), dict)):
        raise CheckpointError(f"{name} does not say which environment it was trained on; pass env=")
    try:
        if env is None:
            assert isinstance(made, dict)
            if ":" in str(made.get("id")) or HIDDEN & made["settings"].keys():
                raise ValueError("its environment names code")  # Gymnasium imports what stands before a colon
            env = make_any(str(made.get("id")), **made["settings"])
        with warnings.catch_warnings():  # batch sizes were chosen for the training's environments, not for this one
            warnings.simplefilter("ignore", UserWarning)
            return make_agent(str(note.get("agent")), env, **note["settings"])
    except MissingExtraError:
        raise
    except Exception as error:  # settings that the agent or the environment does not have
        raise CheckpointError(f"the agent of {name} cannot be made: {_reason(error)}") from None


def _restore(agent: Any, tensors: Mapping[str, bytes]) -> None:
    """Loads an agent's tensors; raises an error of any type if they are not its own."""
    import torch

    parts = {
        name: torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        for name, content in tensors.items()
    }
    loose = parts.pop("pytorch_variables", None) or {}  # such as SAC's temperature
    agent.set_parameters(parts, exact_match=True)
    for optimiser in _optimisers(agent, parts):
        for parameter, moments in optimiser.state.items():
            if any(moments[name].shape != parameter.shape for name in MOMENTS & moments.keys()):
                raise ValueError("a moment of the optimiser has another shape than its parameter")
    for name in agent._get_torch_save_params()[1]:
        variable = getattr(agent, name)
        if variable is not None:
            if loose[name].shape != variable.shape:
                raise ValueError(f"{name} has another shape")
            variable.data.copy_(loose[name].data)


def _optimisers(agent: Any, names: Mapping[str, Any]) -> Iterator[Any]:
    import torch

    for name in names:
        part = attrgetter(name)(agent)
        if isinstance(part, torch.optim.Optimizer):
            yield part


def _reason(error: Exception) -> str:
    """Returns an error's message as one line."""
    said = " ".join(str(error).split())
    return (said or type(error).__name__)[:200]
