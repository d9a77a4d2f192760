"""Copies of what decides how a shell goes on, to come back to: for planning by simulation, and for debugging."""

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from mdpzoo.errors import SettingError


def snapshot(shell: Any, names: Sequence[str]) -> dict[str, Any]:
    """Returns copies of a shell's attributes; those that it does not have yet are left out."""
    return {name: copy.deepcopy(getattr(shell, name)) for name in names if hasattr(shell, name)}


def restore(shell: Any, names: Sequence[str], saved: Mapping[str, Any]) -> None:
    """Gives a shell back the attributes that ``snapshot`` has copied.

    Raises:
        SettingError: if they are those of another kind of shell.
    """
    known = {name for name in names if hasattr(shell, name)}
    if not isinstance(saved, Mapping) or not known <= saved.keys() <= set(names):
        raise SettingError(f"load_state_dict needs what state_dict of a {type(shell).__name__} has returned")
    for name, value in saved.items():
        setattr(shell, name, copy.deepcopy(value))
