"""Short texts and small tables for records that hold large arrays, at the prompt and in notebooks."""

from collections.abc import Sized
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

from mdpzoo.codes import load

Record = TypeVar("Record")
LONGEST = 48  # characters of one entry


def shown(kind: type[Record]) -> type[Record]:
    """Gives a dataclass a short ``__repr__`` and a ``_repr_html_``: arrays by type and shape, long texts cut.

    Fields with ``repr=False`` and empty ones are left out; a method ``_facts() -> dict[str, Any]`` of the class returns
    the entries to show instead. A ``_repr_html_`` of its own is kept. Use it above ``@dataclass(..., repr=False)``.

    Example:
        >>> from dataclasses import dataclass
        >>> @shown
        ... @dataclass(repr=False)
        ... class Values:
        ...     values: np.ndarray
        ...     error_bound: float
        >>> Values(np.zeros((3, 2)), 1e-9)
        Values(values=float64[3, 2], error_bound=1e-09)
    """
    kind.__repr__ = text_of  # type: ignore[method-assign]
    if not hasattr(kind, "_repr_html_"):
        kind._repr_html_ = html_of  # type: ignore[attr-defined]
    return kind


def text_of(record: Any) -> str:
    """Returns one line: the record's type and its entries."""
    return f"{type(record).__name__}({', '.join(f'{name}={said}' for name, said in facts(record).items())})"


def html_of(record: Any) -> str:
    """Returns a small table of the record's entries, with everything escaped."""
    table = load("mdpzoo.report.notebooks:table_html")
    return str(table(type(record).__name__, ("", ""), list(facts(record).items())))


def facts(record: Any) -> dict[str, str]:
    """Returns the text shown for each entry of a dataclass, by its name."""
    if own := getattr(record, "_facts", None):
        entries = own()
    else:
        entries = {each.name: getattr(record, each.name) for each in fields(record) if each.repr}
    return {name: entry_text(value) for name, value in entries.items() if not _empty(value)}


def entry_text(value: Any) -> str:
    """Returns a value in at most a few dozen characters; an array by its type and shape."""
    if isinstance(value, np.ndarray):
        return f"{value.dtype}{list(value.shape)}"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = repr(value)
    if len(text) <= LONGEST:
        return text
    if isinstance(value, Sized) and not isinstance(value, str):
        return f"{len(value)} entries"
    return f"{text[: LONGEST - 1]}…"


def _empty(value: Any) -> bool:
    return value is None or (isinstance(value, str | tuple | list | dict) and not value)
