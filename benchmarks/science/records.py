"""The results of a table as JSON: what made it, its figures, and apart from them its timings.

    {"table": ..., "made": {"source": "measured", "command": ..., "seeds": ..., "date": ..., "versions": ..., ...},
     "figures": [row, ...], "timings": [row, ...]}

The two lists have the same length; a row of the page is their union. ``made`` is no figure either. Two results "differ
only in timings" if their figures are equal, floats to six digits; beside a converted one, to the digits that it has.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .table_list import RESULTS, ScienceError

Row = dict[str, Any]
DIGITS = 1e-6  # relative; floats of figures that are nearer than this count as equal
MEASURED, QUOTED, CONVERTED = "measured", "quoted", "converted"


@dataclass(frozen=True)
class Result:
    """What a table holds.

    Attributes:
        table: its name.
        made: what made it: source (``"measured"``, ``"quoted"`` from other files, or ``"converted"`` from an earlier
            page), command, seeds, date, versions, machine.
        figures: rows without their timings.
        timings: of the same rows.
    """

    table: str
    made: Mapping[str, Any]
    figures: Sequence[Row]
    timings: Sequence[Row]

    @property
    def rows(self) -> list[Row]:
        """Figures and timings together, row by row."""
        return [one | other for one, other in zip(self.figures, self.timings, strict=True)]

    def to_text(self) -> str:
        """As JSON; a row is a line, so that two versions of a file can be read side by side."""
        lines = ["{", f' "table": {json.dumps(self.table)},']
        lines += [f' "made": {json.dumps(self.made, indent=1).replace(chr(10), chr(10) + " ")},']
        for name, rows in (("figures", self.figures), ("timings", self.timings)):
            body = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in rows)
            lines.append(f' "{name}": [\n{body}\n ]{"," if name == "figures" else ""}')
        return "\n".join([*lines, "}"]) + "\n"


def split(table: str, made: Mapping[str, Any], rows: Sequence[Row], timings: Sequence[str]) -> Result:
    """Makes a result of whole rows.

    Raises:
        ScienceError: a field of ``timings`` is in no row.
    """
    missing = [name for name in timings if not any(name in row for row in rows)]
    if missing:
        raise ScienceError(f"table {table!r} has no field {missing[0]!r}, which science.toml calls a timing")
    figures = [{name: value for name, value in row.items() if name not in timings} for row in rows]
    return Result(table, made, figures, [{name: row[name] for name in timings if name in row} for row in rows])


def read_result(table: str, folder: Path = RESULTS) -> Result:
    """Reads the result of a table.

    Raises:
        ScienceError: there is none, or it is no such JSON.
    """
    path = folder / f"{table}.json"
    try:
        return from_text(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ScienceError(f"table {table!r} has no {path.name}; make it with regenerate.py --only {table}") from None
    except (ValueError, KeyError, TypeError) as error:
        raise ScienceError(f"{path.name} is damaged: {error}") from None


def from_text(text: str) -> Result:
    """The inverse of ``Result.to_text``."""
    content = json.loads(text)
    return Result(content["table"], content["made"], content["figures"], content["timings"])


def differences(before: Result, now: Result) -> list[str]:
    """What differs in the figures, a sentence each; empty: the two differ only in timings.

    A converted result is taken for what was printed: digits and fields that were not printed are not compared.
    """
    printed = before.made["source"] == CONVERTED
    if len(before.figures) != len(now.figures):
        return [f"{len(now.figures)} rows, formerly {len(before.figures)}"]
    found = []
    for number, (old, new) in enumerate(zip(before.figures, now.figures, strict=True), 1):
        for name in old if printed else dict.fromkeys([*old, *new]):
            if not (as_printed if printed else same)(old.get(name), new.get(name)):
                found.append(f"row {number}, {name}: {new.get(name)!r}, formerly {old.get(name)!r}")
    return found


def as_printed(printed: Any, value: Any) -> bool:
    """Whether a value was printed so: a number rounded to the printed digits, or the very same."""
    if isinstance(printed, list) and isinstance(value, list):
        return len(printed) == len(value) and all(map(as_printed, printed, value))
    if not isinstance(printed, int | float) or not isinstance(value, int | float):
        return bool(printed == value)
    digits, _, power = repr(printed).partition("e")
    step = 10.0 ** (int(power or 0) - len(digits.partition(".")[2].rstrip("0") or ""))
    return abs(printed - value) <= 0.5 * step * (1 + DIGITS)


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal, floats to six digits."""
    if isinstance(one, float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=DIGITS, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)
