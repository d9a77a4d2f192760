"""What infos reveal: everything in them that no shell, wrapper or Stable-Baselines3 writes."""

from collections.abc import Mapping
from typing import Any

RESERVED = frozenset(
    {"illegal", "episode", "final_obs", "final_info", "terminal_observation", "TimeLimit.truncated"}
)  # no fact may have one of these names


def facts_of(info: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what the info of one environment reveals."""
    return {name: each for name, each in info.items() if name not in RESERVED}


def row_facts(infos: Mapping[str, Any], row: int) -> dict[str, Any]:
    """Returns what dense infos reveal of one row: facts whose mask ``_name`` holds there, and those within mappings."""
    names = (name for name in infos if name not in RESERVED and not name.startswith("_"))
    return {name: _row_of(infos[name], row) for name in names if infos[f"_{name}"][row]}


def _row_of(fact: Any, row: int) -> Any:
    """One row of a fact; a mapping is dense as infos are."""
    return row_facts(fact, row) if isinstance(fact, Mapping) else fact[row]
