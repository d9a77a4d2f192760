"""A reader of instances as spreadsheets save them: values apart by a comma, a semicolon or a tab.

Lines ``# key: value`` may come first: problem, name, comment, capacity (CVRP, Knapsack), limit (OP), vehicles (CVRP)
and edge_weight_type, one of TSPLIB's with two coordinates or EUCLIDEAN, which rounds nothing and is what is meant
where there is none. Then follows

- either a header of columns and a line for each node or item: ``x`` and ``y``, or ``latitude`` and ``longitude`` in
  decimal degrees (distances are kilometres on the sphere then), ``demand`` for CVRP, ``prize`` for OP, ``value`` and
  ``weight`` for Knapsack, and ``name``, which is for people and not read. The depot is the first line. The columns
  tell the problem where no line ``# problem:`` does.
- or a square matrix of numbers, the cost from the row's node to the column's: TSP where it is symmetric, else ATSP.
"""

import csv
import re

import numpy as np

from mdpzoo.errors import InstanceError, did_you_mean
from mdpzoo_combinatorial.files.hostile_text import TextFile, array_of, name_of, numbers_of, shown
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
COLUMNS = ("name", "x", "y", "latitude", "longitude", "demand", "prize", "value", "weight")
PROBLEMS = ("TSP", "ATSP", "CVRP", "OP", "Knapsack")
TELLING = {"demand": "CVRP", "prize": "OP", "value": "Knapsack"}  # the column by which a problem is known
Columns = dict[str, Floats]


def read_csv(file: TextFile) -> Instance:
    """Reads a table of at most 100 000 nodes or items, or a matrix of at most 2 000 nodes.

    Args:
        file: nothing of it was taken yet.
    Raises:
        InstanceError: anything that is wrong with the file, in one sentence.
    """
    keys = _keys(file)
    line = file.peek()
    if line is None:
        file.fail("there is neither a header of columns nor a matrix; add one")
    separator = max(",;\t", key=line.count)
    name = name_of(file, keys.get("name"))
    try:
        if re.fullmatch(r"[\s0-9eE.+,;-]+", line):
            return _matrix_instance(file, name, keys, separator)
        return _table_instance(file, name, keys, _table(file, separator))
    except InstanceError as error:
        if str(error).startswith(file.name):
            raise
        file.fail(f"{error}; correct the file")


def _keys(file: TextFile) -> dict[str, str]:
    keys: dict[str, str] = {}
    while (line := file.peek()) is not None and line.startswith("#"):
        file.take()
        key, colon, value = (part.strip() for part in line.lstrip("#").rstrip(",;\t").partition(":"))
        if not colon:  # a remark
            continue
        key = key.lower()
        if key not in KEYS:
            hint = did_you_mean(key, KEYS) or f" Known: {', '.join(KEYS)}."
            file.fail(f"unknown key {shown(key)}.{hint}", file.number)
        if key in keys:
            file.fail(f"the key {key} appears twice; remove one of the lines", file.number)
        keys[key] = value[:MAX_COMMENT]
    if "problem" in keys:
        known = {each.lower(): each for each in PROBLEMS}
        if keys["problem"].lower() not in known:
            hint = did_you_mean(keys["problem"], PROBLEMS) or f" Known: {', '.join(PROBLEMS)}."
            file.fail(f"unknown problem {shown(keys['problem'])}.{hint}")
        keys["problem"] = known[keys["problem"].lower()]
    return keys


def _cells(file: TextFile, line: str, separator: str) -> list[str]:
    if '"' not in line:
        return line.split(separator)
    try:
        return next(csv.reader([line], delimiter=separator, strict=True))
    except (csv.Error, StopIteration):
        file.fail(f"a quotation mark is not closed in {shown(line)}; close it", file.number)


def _table(file: TextFile, separator: str) -> Columns:
    """The columns of numbers by name, ``[n]`` each."""
    header = [cell.strip().lower() for cell in _cells(file, file.take(), separator)]
    for k, column in enumerate(header):
        if column not in COLUMNS:
            hint = did_you_mean(column, COLUMNS) or f" Known: {', '.join(COLUMNS)}."
            file.fail(f"unknown column {shown(column)}.{hint}", file.number)
        if column in header[:k]:
            file.fail(f"the column {column} appears twice; remove one of them", file.number)
    places = [k for k, column in enumerate(header) if column != "name"]
    rows: list[list[float]] = []
    while (line := file.peek()) is not None:
        cells = _cells(file, file.take(), separator)
        if len(cells) != len(header):
            wrong = f"{len(cells)} values where the header has {len(header)} columns"
            file.fail(f"{wrong}; correct the line, and write a decimal point, not a comma", file.number)
        rows.append(numbers_of(file, " ".join(cells[k] or "?" for k in places)))
        if len(rows[-1]) != len(places):
            file.fail(f"expected a number in each column, got {shown(line)}; correct the line", file.number)
        if len(rows) > MAX_ROWS:
            file.fail(f"more than {MAX_ROWS} lines; give a smaller instance", file.number)
    if not rows:
        file.fail("no line follows the header; add one for each node or item", file.number)
    return dict(zip((header[k] for k in places), np.array(rows).T, strict=True))


def _matrix_instance(file: TextFile, name: str, keys: dict[str, str], separator: str) -> Instance:
    n = (file.peek() or "").count(separator) + 1
    if n > MAX_MATRIX:
        file.fail(f"a matrix has at most {MAX_MATRIX} columns, got {n}; give a smaller instance", file.number)
    matrix = np.zeros((n, n))
    for i in range(n):
        if file.peek() is None:
            file.fail(f"a matrix of {n} columns needs {n} lines, got {i}; add lines, or a header if it is a table")
        row = array_of(file, [(file.number, file.take().replace(separator, " "))])
        if len(row) != n:
            wrong = f"{len(row)} numbers where the matrix has {n} columns"
            file.fail(f"{wrong}; correct the line, or add a header if it is a table", file.number)
        matrix[i] = row
    if file.peek() is not None:
        file.fail(f"a matrix of {n} columns has {n} lines, but the file goes on; remove the rest", file.number)
    matrix.flags.writeable = False
    problem = keys.get("problem") or ("TSP" if (matrix == matrix.T).all() else "ATSP")
    _check_keys(file, keys, problem, ())
    if problem == "ATSP":
        return ATSPInstance(name, matrix, None, keys.get("comment", ""))
    if problem != "TSP":
        file.fail(f"a matrix without a header is a TSP or an ATSP, not a {problem}; give a table with a header")
    return TSPInstance(name, None, "EXPLICIT", matrix, None, keys.get("comment", ""))


def _table_instance(file: TextFile, name: str, keys: dict[str, str], table: Columns) -> Instance:
    told = [problem for column, problem in TELLING.items() if column in table]
    problem = keys.get("problem") or (told[0] if told else "TSP")
    comment = keys.get("comment", "")
    if problem == "Knapsack":
        _check_columns(file, table, problem, ("value", "weight"))
        _check_keys(file, keys, problem, ("capacity",))
        return KnapsackInstance(name, table["value"], table["weight"], _number(file, keys, "capacity"), comment)
    if problem == "ATSP":
        file.fail("an ATSP is a matrix without a header; give one, or write '# problem: TSP'")
    places = ("latitude", "longitude") if "latitude" in table else ("x", "y")
    extra = {"TSP": (), "CVRP": ("demand",), "OP": ("prize",)}[problem]
    _check_columns(file, table, problem, (*places, *extra))
    allowed = {"TSP": (), "CVRP": ("capacity", "vehicles"), "OP": ("limit",)}[problem]
    _check_keys(file, keys, problem, (*allowed, "edge_weight_type"))
    kind = keys.get("edge_weight_type", "GREAT_CIRCLE" if places[0] == "latitude" else "EUCLIDEAN")
    if kind not in DISTANCES:
        hint = did_you_mean(kind, DISTANCES) or f" Known: {', '.join(DISTANCES)}."
        file.fail(f"unknown edge_weight_type {shown(kind)}.{hint}")
    points = np.stack([table[each] for each in places], axis=1)
    if problem == "TSP":
        return TSPInstance(name, points, kind, comment=comment)
    if problem == "OP":
        return OPInstance(name, table["prize"], _number(file, keys, "limit"), points, kind, comment=comment)
    capacity = _number(file, keys, "capacity")
    vehicles = int(_number(file, keys, "vehicles")) if "vehicles" in keys else None
    return CVRPInstance(name, table["demand"], capacity, points, kind, None, None, vehicles, comment)  # type: ignore[arg-type]


def _check_columns(file: TextFile, table: Columns, problem: str, needed: tuple[str, ...]) -> None:
    for column in needed:
        if column not in table:
            file.fail(f"the column {column} is missing, which {problem} needs; add it to the header")
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
        file.fail(f"the key {key} must be one number, got {shown(keys[key])}; correct it")
    return numbers[0]
