"""A reader of instances that spreadsheets save: values separated by commas, semicolons, tabs or spaces.

The file may begin with lines ``# key: value``: problem, name, comment, capacity (CVRP, Knapsack), limit (OP), vehicles
(CVRP) and edge_weight_type, which is one of TSPLIB's types for two coordinates or EUCLIDEAN (the default, without
rounding). Then there is

- either a header of columns and a line for each node or item: ``x`` and ``y``, or ``latitude`` and ``longitude`` in
  decimal degrees (then distances are kilometres on the sphere), ``demand`` for CVRP, ``prize`` for OP, ``value`` and
  ``weight`` for Knapsack, and ``name`` or ``id``; ``SYNONYMS`` lists other names. The depot is the first line. Without
  a line ``# problem:``, the problem is detected from the columns.
- or a square matrix of numbers, the cost from the row's node to the column's: a TSP if it is symmetric, else an ATSP.
  Its rows and columns may be labelled with names.
"""

import csv
import math
import re
from collections.abc import Iterator
from contextlib import suppress

import numpy as np

from mdpzoo.errors import InstanceError, did_you_mean
from mdpzoo_combinatorial.files.hostile_text import TextFile, name_of, numbers_of, quote
from mdpzoo_combinatorial.files.tsplib_sections import MAX_COMMENT, MAX_MATRIX
from mdpzoo_combinatorial.instances import (
    ATSPInstance,
    CVRPInstance,
    Instance,
    KnapsackInstance,
    OPInstance,
    TSPInstance,
)
from mdpzoo_combinatorial.instances.distances import DISTANCES, Floats

MAX_ROWS = 100_000
KEYS = ("problem", "name", "comment", "capacity", "limit", "vehicles", "edge_weight_type")
COLUMNS = ("name", "id", "x", "y", "latitude", "longitude", "demand", "prize", "value", "weight")
SYNONYMS = {
    "city": "name", "label": "name", "lat": "latitude", "lon": "longitude", "lng": "longitude",
    "long": "longitude", "profit": "value", "score": "prize",
}  # fmt: skip
DEGREES = {"latitude": 90.0, "longitude": 180.0}  # largest absolute value
PROBLEMS = ("TSP", "ATSP", "CVRP", "OP", "Knapsack")
DISTINCTIVE_COLUMNS = {"demand": "CVRP", "prize": "OP", "value": "Knapsack"}  # a column that only one problem has
Columns = dict[str, Floats]
Names = tuple[str, ...]
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?|[-+]?inf(inity)?|nan", re.IGNORECASE)


def columns_of(line: str) -> list[str] | None:
    """Returns the columns of a header separated by spaces; None if the line is not such a header."""
    words = [SYNONYMS.get(word, word) for word in line.lower().split()]
    return words if len(words) > 1 and all(word in COLUMNS for word in words) else None


def read_csv(file: TextFile) -> Instance:
    """Reads a table of at most 100 000 nodes or items, or a matrix of at most 2 000 nodes.

    Args:
        file: an unread file.
    Raises:
        InstanceError: if the file is not valid; the message is one sentence.
    """
    keys = _keys(file)
    line = file.peek()
    if line is None:
        file.fail("the file has neither a header of columns nor a matrix; add one")
    name = name_of(file, keys.get("name"))
    separator = max(",;\t", key=line.count)
    if separator not in line and columns_of(line):
        separator = " "
    try:
        cells = _cells(file, line, separator)
        if all(NUMBER.fullmatch(cell) or not cell for cell in cells):
            return _matrix_instance(file, name, keys, separator, ())
        if not cells[0] and len(cells) > 1:
            file.take()
            return _matrix_instance(file, name, keys, separator, tuple(cells[1:]))
        table, names = _table(file, separator)
        return _table_instance(file, name, keys, table, names)
    except InstanceError as error:
        if str(error).startswith(file.name):
            raise
        file.fail(f"{error}; correct the file")


def _keys(file: TextFile) -> dict[str, str]:
    keys: dict[str, str] = {}
    while (line := file.peek()) is not None and line.startswith("#"):
        file.take()
        found = re.fullmatch(r"#+\s*([A-Za-z_ ]+?)\s*([:=])\s*(.*?)[,;\s]*", line)
        key = found[1].lower() if found else ""
        if found is None or (found[2] == "=" and key not in KEYS):  # a comment
            continue
        value = found[3]
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f" Known: {', '.join(KEYS)}."
            file.fail(f"unknown key {quote(key)}.{hint}", file.number)
        if key in keys:
            file.fail(f"the key {key} appears twice; remove one of the lines", file.number)
        keys[key] = value[:MAX_COMMENT]
    if "problem" in keys:
        known = {each.lower(): each for each in PROBLEMS}
        if keys["problem"].lower() not in known:
            hint = did_you_mean(keys["problem"], PROBLEMS) or f" Known: {', '.join(PROBLEMS)}."
            file.fail(f"unknown problem {quote(keys['problem'])}.{hint}")
        keys["problem"] = known[keys["problem"].lower()]
    return keys


def _cells(file: TextFile, line: str, separator: str) -> list[str]:
    if '"' not in line:
        cells = line.split() if separator == " " else line.split(separator)
    else:
        try:
            cells = next(csv.reader([line], delimiter=separator, strict=True))
        except (csv.Error, StopIteration):
            file.fail(f"a quotation mark is not closed in {quote(line)}; close it", file.number)
    return [cell.strip() for cell in cells]


def _rows(file: TextFile, separator: str) -> Iterator[list[str]]:
    """Yields the cells of each line that is not empty."""
    while (line := file.peek()) is not None:
        file.take()
        cells = _cells(file, line, separator)
        if any(cells):
            yield cells


def _header(file: TextFile, separator: str) -> list[str]:
    """Returns the columns with synonyms replaced and without empty columns at the end."""
    header = [cell.lower() for cell in _cells(file, file.take(), separator)]
    while header and not header[-1]:
        header.pop()
    header = [SYNONYMS.get(column, column) for column in header]
    for k, column in enumerate(header):
        if column not in COLUMNS:
            hint = did_you_mean(column, COLUMNS) or f" Known: {', '.join(COLUMNS)}."
            file.fail(f"unknown column {quote(column)}.{hint}", file.number)
        if column in header[:k]:
            file.fail(f"the column {column} appears twice; remove one of them", file.number)
    return header


def _table(file: TextFile, separator: str) -> tuple[Columns, Names]:
    """Returns the numerical columns by name, ``[n]`` each, and the names of the rows if there are any."""
    header = _header(file, separator)
    numerical = [k for k, column in enumerate(header) if column not in ("name", "id")]
    labels = "name" if "name" in header else "id"
    rows: list[list[float]] = []
    names: list[str] = []
    for cells in _rows(file, separator):
        while len(cells) > len(header) and not cells[-1]:
            cells.pop()
        if len(cells) != len(header):
            wrong = f"{len(cells)} values, but the header has {len(header)} columns"
            file.fail(f"{wrong}; correct the line, and write a decimal point, not a comma", file.number)
        rows.append([_number_in(file, header[k], cells[k]) for k in numerical])
        if labels in header:
            names.append(name_of(file, cells[header.index(labels)], "-"))
        if len(rows) > MAX_ROWS:
            file.fail(f"more than {MAX_ROWS} lines; give a smaller instance", file.number)
    if not rows:
        file.fail("there are no lines after the header; add one for each node or item", file.number)
    table = dict(zip((header[k] for k in numerical), np.array(rows).reshape(len(rows), -1).T, strict=True))
    return table, tuple(names)


def _number_in(file: TextFile, column: str, cell: str) -> float:
    """Returns the number in a cell.

    Raises:
        InstanceError: if the cell is not a number or is out of the column's range.
    """
    if re.fullmatch(r"[-+]?\d+,\d+", cell):
        file.fail(f"{column} is {quote(cell)}; write a decimal point, not a comma", file.number)
    numbers = numbers_of(file, cell)
    if len(numbers) != 1:
        file.fail(f"{column} must be one number, got {quote(cell)}; correct the line", file.number)
    if abs(numbers[0]) > DEGREES.get(column, math.inf):
        largest = DEGREES[column]
        file.fail(f"{column} must lie in -{largest:g}..{largest:g} degrees, got {cell}; correct the line", file.number)
    return numbers[0]


def _matrix_row(file: TextFile, cells: list[str]) -> list[float]:
    """Returns the numbers of a line; reads cell by cell only after an error, so that the message names the cell."""
    line = " ".join(cells)
    if all(cells) and "," not in line and len(line.split()) == len(cells):
        with suppress(InstanceError):
            return numbers_of(file, line)
    return [_number_in(file, f"column {k + 1}", cell) for k, cell in enumerate(cells)]


def _matrix_instance(file: TextFile, name: str, keys: dict[str, str], separator: str, names: Names) -> Instance:
    n = len(names) or len(_cells(file, file.peek() or "", separator))
    if n > MAX_MATRIX:
        file.fail(f"a matrix has at most {MAX_MATRIX} columns, got {n}; give a smaller instance", file.number)
    matrix, found = np.zeros((n, n)), 0
    for cells in _rows(file, separator):
        if found == n:
            file.fail(f"a matrix of {n} columns has {n} lines, but more lines follow; remove them", file.number)
        label, cells = (cells[0], cells[1:]) if names else ("", cells)
        if names and label != names[found]:
            wrong = f"expected the row of {quote(names[found])}, got {quote(label)}"
            file.fail(f"{wrong}; put the rows in the order of the columns", file.number)
        if len(cells) != n:
            wrong = f"{len(cells)} numbers, but the matrix has {n} columns"
            file.fail(f"{wrong}; correct the line, or add a header if it is a table", file.number)
        matrix[found] = _matrix_row(file, cells)
        found += 1
    if found < n:
        file.fail(f"a matrix of {n} columns needs {n} lines, got {found}; add lines, or a header if it is a table")
    matrix.flags.writeable = False
    problem = keys.get("problem") or ("TSP" if (matrix == matrix.T).all() else "ATSP")
    _check_keys(file, keys, problem, ())
    names = tuple(name_of(file, each, "-") for each in names)
    if problem == "ATSP":
        return ATSPInstance(name, matrix, None, keys.get("comment", ""), names)
    if problem != "TSP":
        file.fail(f"a matrix without a header is a TSP or an ATSP, not a {problem}; give a table with a header")
    return TSPInstance(name, None, "EXPLICIT", matrix, None, keys.get("comment", ""), names)


def _table_instance(file: TextFile, name: str, keys: dict[str, str], table: Columns, names: Names) -> Instance:
    candidates = [problem for column, problem in DISTINCTIVE_COLUMNS.items() if column in table]
    if candidates == ["Knapsack"] and "weight" not in table and "limit" in keys:
        candidates = ["OP"]
    problem = keys.get("problem") or (candidates[0] if candidates else "TSP")
    comment = keys.get("comment", "")
    if problem == "OP" and "value" in table:  # 'profit' means the prize of a node or the value of an item
        table["prize"] = table.pop("value")
    if problem == "Knapsack":
        _check_columns(file, table, problem, ("value", "weight"))
        _check_keys(file, keys, problem, ("capacity",))
        return KnapsackInstance(name, table["value"], table["weight"], _number(file, keys, "capacity"), comment, names)
    if problem == "ATSP":
        file.fail("an ATSP is a matrix without a header; provide one, or write '# problem: TSP'")
    position = ("latitude", "longitude") if "latitude" in table else ("x", "y")
    extra = {"TSP": (), "CVRP": ("demand",), "OP": ("prize",)}[problem]
    _check_columns(file, table, problem, (*position, *extra))
    allowed = {"TSP": (), "CVRP": ("capacity", "vehicles"), "OP": ("limit",)}[problem]
    _check_keys(file, keys, problem, (*allowed, "edge_weight_type"))
    kind = keys.get("edge_weight_type", "GREAT_CIRCLE" if position[0] == "latitude" else "EUCLIDEAN")
    if kind not in DISTANCES:
        hint = did_you_mean(kind, DISTANCES) or f" Known: {', '.join(DISTANCES)}."
        file.fail(f"unknown edge_weight_type {quote(kind)}.{hint}")
    points = np.stack([table[each] for each in position], axis=1)
    if problem == "TSP":
        return TSPInstance(name, points, kind, comment=comment, names=names)
    if problem == "OP":
        limit = _number(file, keys, "limit")
        return OPInstance(name, table["prize"], limit, points, kind, comment=comment, names=names)
    capacity = _number(file, keys, "capacity")
    vehicles = int(_number(file, keys, "vehicles")) if "vehicles" in keys else None
    return CVRPInstance(name, table["demand"], capacity, points, kind, None, None, vehicles, comment, names)  # type: ignore[arg-type]


def _check_columns(file: TextFile, table: Columns, problem: str, needed: tuple[str, ...]) -> None:
    for column in needed:
        if column not in table:
            file.fail(f"{problem} needs the column {column}; add it to the header and the lines")
    for column in table:
        if column not in needed:
            file.fail(f"the column {column} does not belong to {problem}; remove it, or write '# problem: ...'")


def _check_keys(file: TextFile, keys: dict[str, str], problem: str, allowed: tuple[str, ...]) -> None:
    for key in keys:
        if key not in ("problem", "name", "comment", *allowed):
            file.fail(f"the key {key} does not belong to this {problem}; remove the line '# {key}: ...'")


def _number(file: TextFile, keys: dict[str, str], key: str) -> float:
    if key not in keys:
        file.fail(f"the key {key} is missing; add the line '# {key}: number'")
    numbers = numbers_of(file, keys[key])
    if len(numbers) != 1:
        file.fail(f"the key {key} must be one number, got {quote(keys[key])}; correct it")
    return numbers[0]
