"""Copies of a shell's state that can be restored: for planning by simulation, and for debugging."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError


def snapshot(shell: Any, names: Sequence[str]) -> dict[str, Any]:
    """Returns copies of a shell's attributes, as far as they are set."""
    return {name: copy.deepcopy(getattr(shell, name)) for name in names if hasattr(shell, name)}


def restore(shell: Any, names: Sequence[str], saved: Mapping[str, Any]) -> None:
    """Restores the attributes that ``snapshot`` has copied.

    Raises:
        SettingError: if they are those of another kind of shell.
    """
    known = {name for name in names if hasattr(shell, name)}
    if not isinstance(saved, Mapping) or not known <= saved.keys() <= set(names):
        raise SettingError(f"load_state_dict needs what state_dict of a {type(shell).__name__} has returned")
    for name, value in saved.items():
        setattr(shell, name, copy.deepcopy(value))


def plain_state(shell: Any) -> dict[str, Any]:
    """Returns the state, stream and clock of a single environment of ours as numbers, texts, arrays and their tuples.

    A file can hold it without pickling. The environment has been reset.
    """
    saved = shell.state_dict()
    return {"state": _plain(saved["_state"]), "stream": saved["_stream"].state(), "steps": saved["_steps"]}


def restore_plain(shell: Any, saved: Mapping[str, Any]) -> None:
    """Restores a ``plain_state``; the environment has the same rules and has been reset."""
    now = shell.state_dict()
    now["_stream"].restore(saved["stream"])
    shell.load_state_dict(now | {"_state": _like(now["_state"], saved["state"]), "_steps": saved["steps"]})


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, tuple):
        return tuple(_plain(each) for each in value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return value.numpy(force=True) if hasattr(value, "numpy") else value


def _like(pattern: Any, value: Any) -> Any:
    """Returns a plain value with the types of a pattern, a state of the same rules."""
    if isinstance(pattern, frozenset):
        return frozenset(value)
    if isinstance(pattern, tuple):
        parts = [_like(old, new) for old, new in zip(pattern, value, strict=True)]
        return type(pattern)(*parts) if hasattr(pattern, "_fields") else tuple(parts)
    if isinstance(pattern, Mapping):
        return {name: _like(pattern.get(name), each) for name, each in value.items()}
    if hasattr(pattern, "numpy"):
        import torch

        return torch.from_numpy(np.array(value))
    is_scalar = isinstance(value, np.ndarray) and value.ndim == 0 and not isinstance(pattern, np.ndarray)
    return value[()] if is_scalar else value
