"""Environments, agents and plugins as JSON rows, and rows printed for a person or a program."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mdpzoo import registry

if TYPE_CHECKING:
    from rich.table import Table

Row = dict[str, Any]

PLAIN: dict[str, Any] = {"markup": False, "emoji": False, "highlight": False}  # what plugins say is no markup
WANTED = (
    "id",
    "name",
    "type",
    "default",
    "range",
    "about",
    "kind",
    "actions",
    "plugin",
    "distribution",
    "version",
    "subject",
    "check",
    "result",
    "ok",
    "reason",
    "seconds",
    "environment",
    "agent",
    "folder",
    "steps",
    "state",
    "done",
    "running",
    "failed",
    "waiting",
    "percent",
    "return",
    "summary",
    *("seeds", "first", "second", "difference", "improvement", "interval", "p", "corrected"),
)


def environment_rows() -> list[Row]:
    """Returns a row for each environment."""
    return [
        {
            "id": spec.id,
            "kind": spec.kind,
            "summary": spec.summary,
            "settings": dict(spec.settings),
            "max_episode_steps": spec.max_episode_steps,
            "source": spec.source,
            "distribution": registry.owner(spec.id),
        }
        for spec in registry.environments().values()
    ]


def agent_rows() -> list[Row]:
    """Returns a row for each agent."""
    return [
        {
            "id": spec.id,
            "summary": spec.summary,
            "observations": list(spec.observations),
            "actions": list(spec.actions),
            "observation_keys": list(spec.observation_keys),
            "settings": dict(spec.settings),
            "trained": spec.load is not None,
            "source": spec.source,
            "distribution": registry.owner(spec.id),
        }
        for spec in registry.agents().values()
    ]


def plugin_rows() -> list[Row]:
    """Returns a row for each plugin: the outcome of loading it."""
    return [
        {
            "plugin": each.name,
            "distribution": each.distribution,
            "version": each.version,
            "ok": each.ok,
            "reason": each.reason,
        }
        for each in registry.plugins()
    ]


def print_json(value: Any) -> None:
    """Prints one JSON value on standard output; a value that JSON cannot represent becomes null or text."""
    print(json.dumps(_finite(value), default=str, allow_nan=False))  # noqa: T201


def print_rows(rows: Sequence[Row]) -> None:
    """Prints a table of the columns of interest; each row stays on one line if the output is not a terminal."""
    _print(table_of(rows))


def table_of(rows: Sequence[Row]) -> "Table":
    """Returns the table that ``print_rows`` prints."""
    from rich.table import Table
    from rich.text import Text

    columns = [name for name in WANTED if rows and name in rows[0]]
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(_cell(row[name])) for name in columns))
    return table


def print_facts(row: Row) -> None:
    """Prints one row, one line for each entry."""
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in row.items():
        table.add_row(name, _cell(value))
    _print(table)


def _print(table: "Table") -> None:
    from rich.console import Console

    out = Console(**PLAIN)
    if not out.is_terminal:
        out = Console(**PLAIN, width=10_000)
        for column in table.columns:
            column.no_wrap = True
    out.print(table)


def _cell(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={_cell(each)}" for name, each in value.items())
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(name): _finite(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
