"""The facts in infos: every entry not written by a shell, a wrapper or Stable-Baselines3."""

from collections.abc import Mapping
from typing import Any

RESERVED = frozenset(
    {"illegal", "episode", "final_obs", "final_info", "terminal_observation", "TimeLimit.truncated"}
)  # no fact may have one of these names


def facts_of(info: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the facts in the info of one environment."""
    return {name: each for name, each in info.items() if name not in RESERVED}


def row_facts(infos: Mapping[str, Any], row: int) -> dict[str, Any]:
    """Returns the facts of one row in dense infos: those whose mask ``_name`` is True, and those within mappings."""
    names = (name for name in infos if name not in RESERVED and not name.startswith("_"))
    return {name: _row_of(infos[name], row) for name in names if infos[f"_{name}"][row]}


def _row_of(fact: Any, row: int) -> Any:
    """Returns one row of a fact; a mapping is dense, like infos."""
    return row_facts(fact, row) if isinstance(fact, Mapping) else fact[row]
