"""Saved agents, read back without unpickling anything.

An agent that ``make_agent`` has built carries a tag: its id, its settings and its environment, JSON only. SB3's own
``save`` writes the tag into the zip's JSON part; ``read`` builds the agent anew from it and then loads the
tensors, with PyTorch's weights-only reader. What SB3 has pickled beside them is never touched.
"""

import io
import json
import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mdpzoo import registry
from mdpzoo.errors import CheckpointError, MdpzooError, did_you_mean, unknown
from mdpzoo.specs import load

LIMIT = 2**31  # bytes that a checkpoint's parts may take together
STEMS = ("agent.zip", "agent.safetensors")  # what a run's folder calls its agent


def tag(agent: Any, id: str, settings: Mapping[str, Any], env: Any) -> Any:
    """Notes on an agent what it was made from, where JSON can hold it, and returns the agent."""
    note: dict[str, Any] = {"agent": id, "settings": dict(settings), "environment": describe(env)}
    try:
        json.dumps(note)
    except (TypeError, ValueError):
        note = {"agent": id}
    agent.mdpzoo = note
    return agent


def describe(env: Any) -> dict[str, Any] | None:
    """What makes an environment again: its id and settings; None where it does not say."""
    for holder in (env, getattr(env, "envs", None), *_rows(env)):
        spec = getattr(holder, "spec", None)
        if spec is not None:
            hidden = {"rules", "vectorization_mode", "num_envs", "autoreset_mode", "statistics", "output", "device"}
            settings = {name: value for name, value in spec.kwargs.items() if name not in hidden}
            return {"id": spec.id, "settings": settings}
    return None


def read(path: str | Path, env: Any = None) -> Any:
    """Reads a saved agent; the arguments and errors are those of ``mdpzoo.load_agent``."""
    found = Path(path)
    if found.is_dir():
        found = next((found / stem for stem in STEMS if (found / stem).is_file()), found)
        if found.is_dir():
            raise CheckpointError(f"{str(path)!r} holds no agent; give the folder that mdpzoo train --out has written")
    if not found.is_file():
        return _shipped(str(path), env)
    with found.open("rb") as file:
        start = file.read(4)
    return _read_zip(found, env) if start == b"PK\x03\x04" else _read_safetensors(found, env)


def _shipped(name: str, env: Any) -> Any:
    trained = {id for id, spec in registry.agents().items() if spec.load}
    if name not in trained:
        if name in registry.agents():
            raise CheckpointError(f"agent {name!r} does not come trained; use make_agent({name!r}, env) and learn")
        if hint := did_you_mean(name, trained):
            raise CheckpointError(f"there is no file {name!r} and no trained agent of this id.{hint}")
        raise unknown("saved agent", name, trained, "mdpzoo list agents")
    spec = registry.agent(name)
    assert spec.load is not None
    return load(spec.load)(None, env=env)


def _read_safetensors(path: Path, env: Any) -> Any:
    metadata = header(path).get("__metadata__", {})
    name = metadata.get("agent") if isinstance(metadata, dict) else None
    spec = registry.agents().get(str(name))
    if spec is None or spec.load is None:
        raise CheckpointError(f"{path.name} names no agent that can read it (its metadata says {name!r:.80})")
    return load(spec.load)(path, env=env)


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
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if sum(sizes.values()) > LIMIT:
                raise CheckpointError(f"{path.name} unpacks to more than {LIMIT} bytes; it was not saved by an agent")
            data = json.loads(archive.read("data"))
            tensors = {name: archive.read(name) for name in sizes if name.endswith(".pth")}
    except (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, OSError, RuntimeError) as error:
        if isinstance(error, MdpzooError):
            raise
        raise CheckpointError(f"{path.name} is damaged or no saved agent: {error!s:.80}") from None
    note = data.get("mdpzoo") if isinstance(data, dict) else None
    if not isinstance(note, dict) or not isinstance(note.get("settings"), dict):
        raise CheckpointError(
            f"{path.name} does not say how its agent was made; if you trust it, load it with its own class"
        )
    return _rebuild(path.name, note, data, tensors, env)


def _rebuild(name: str, note: dict[str, Any], data: dict[str, Any], tensors: dict[str, bytes], env: Any) -> Any:
    import torch

    from mdpzoo.front import make, make_agent

    if env is None:
        made = note.get("environment")
        if not isinstance(made, dict) or not isinstance(made.get("settings"), dict):
            raise CheckpointError(f"{name} does not say which environment it was trained on; pass env=")
        env = make(str(made.get("id")), **made["settings"])
    with warnings.catch_warnings():  # batch sizes were chosen for the environments of the training, not for this one
        warnings.simplefilter("ignore", UserWarning)
        agent = make_agent(str(note.get("agent")), env, **note["settings"])
    try:
        parts = {
            part.removesuffix(".pth"): torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
            for part, content in tensors.items()
        }
        loose = parts.pop("pytorch_variables", None) or {}  # such as SAC's temperature
        agent.set_parameters(parts, exact_match=True)
        for variable in agent._get_torch_save_params()[1]:
            if loose.get(variable) is not None:
                getattr(agent, variable).data.copy_(loose[variable].data)
    except Exception as error:  # whatever a hostile file provokes in the reader
        reason = str(error).strip().split("\n")[0]
        raise CheckpointError(f"{name} does not fit agent {note.get('agent')!r}: {reason:.120}") from None
    if isinstance(data.get("num_timesteps"), int):
        agent.num_timesteps = data["num_timesteps"]
    return agent


def _rows(env: Any) -> list[Any]:
    """The environments inside SB3's or Gymnasium's containers of single ones."""
    inner = getattr(env, "envs", None)
    return list(inner[:1]) if isinstance(inner, list | tuple) else []
