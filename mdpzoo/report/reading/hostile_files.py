"""JSON and CSV as hostile input: of bounded size, half-written, with unexpected columns and values."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.errors import ResultsError

LARGEST = 256 << 20  # bytes of a CSV file
LARGEST_JSON = 16 << 20
LARGEST_NUMBER = 1e100  # larger values are no returns, and their squares would overflow


def read_object(path: Path) -> dict[str, Any]:
    """Reads a JSON object.

    Raises:
        ResultsError: if the file is missing, too large, damaged or no object; one sentence.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_JSON + 1)
        if len(content) > LARGEST_JSON:
            raise ResultsError(f"{str(path)!r} is larger than {LARGEST_JSON >> 20} MiB; no run writes so much")
        found = json.loads(content)
    except OSError as error:
        raise ResultsError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        if isinstance(error, ResultsError):
            raise
        raise ResultsError(f"{str(path)!r} is damaged: {' '.join(str(error).split()):.120}") from None
    if not isinstance(found, dict):
        raise ResultsError(f"{str(path)!r} must hold a JSON object, got {found!r:.40}")
    return found


def read_whole_lines(path: Path) -> str:
    """Reads a text without its last line if that is incomplete because its writer was killed.

    Raises:
        ResultsError: if the file cannot be read or is too large.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise ResultsError(f"{str(path)!r} is larger than {LARGEST >> 20} MiB; split the run or thin its log")
        text = path.read_bytes().decode("utf-8", "replace").replace("\0", "\ufffd")
    except OSError as error:
        raise ResultsError(f"{str(path)!r} cannot be read: {error.strerror}") from None
    return text[: text.rfind("\n") + 1]


def columns_of(text: str, wanted: Sequence[str]) -> dict[str, np.ndarray]:
    """Returns the wanted columns of a CSV text, ``[lines]`` float64 each.

    Invalid numbers and missing columns become NaN. Lines in which the first wanted column is not finite are left out.
    """
    lines = csv.reader(io.StringIO(text))
    try:
        header = [name.strip() for name in next(lines, [])]
        rows = [line for line in lines if line]
    except csv.Error:  # a field of more than 128 kB
        header, rows = [], []
    places = {name: header.index(name) for name in wanted if name in header}
    found = {
        name: np.array([_number(row, places[name]) for row in rows]) if name in places else np.full(len(rows), np.nan)
        for name in wanted
    }
    kept = np.isfinite(found[wanted[0]])
    return {name: column[kept] for name, column in found.items()}


def lines_that_count(steps: np.ndarray, repeated: bool = False) -> np.ndarray:
    """Returns the lines of a log that count, ``[lines]`` bool: later lines of a resumed run replace repeated steps.

    Args:
        steps: ``[lines]``.
        repeated: whether several lines may have the same steps.
    """
    if not len(steps):
        return np.zeros(0, bool)
    following = np.append(np.minimum.accumulate(steps[::-1])[::-1][1:], np.inf)
    return np.asarray(steps <= following if repeated else steps < following)


def _number(row: list[str], place: int) -> float:
    try:
        value = float(row[place])
    except (ValueError, IndexError):
        return np.nan
    return value if abs(value) < LARGEST_NUMBER else np.nan


def number_or_none(value: Any) -> float | None:
    """Returns a number of a JSON file; None for any other value, or if it is not finite or too large."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if abs(float(value)) < LARGEST_NUMBER else None
    except OverflowError:
        return None


def integer_or(value: Any, default: int) -> int:
    """Returns a non-negative integer of a JSON file; the default for any other value."""
    return value if type(value) is int and 0 <= value < 2**63 else default


def text_or(value: Any, default: str) -> str:
    """Returns a text of a JSON file of at most 200 characters; the default for any other value."""
    return value[:200] if isinstance(value, str) and value else default


def mapping_or_empty(value: Any) -> dict[str, Any]:
    """Returns an object within a JSON file; empty for any other value."""
    return value if isinstance(value, dict) else {}
