"""A strict reader of TSPLIB95 symmetric instances, and a reader and writer of its tours.

Source: Reinelt, TSPLIB95 (1995), section 1. What differs: files are taken as hostile, so sizes are checked before
memory is taken, and whatever is wrong is one sentence that names file, line, value and remedy. Read as Latin-1.
"""

import os
import re
from array import array
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, did_you_mean
from mdpzoo_combinatorial.hostile_text import TextFile, is_data, numbers_of, shown, write_atomically
from mdpzoo_combinatorial.instances import DISTANCES, UNROUNDED, TSPInstance, checked_tour

MAX_NODES = 200_000
MAX_MATRIX = 10_000
KEYWORDS = (
    "NAME", "TYPE", "COMMENT", "DIMENSION", "CAPACITY", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "EDGE_DATA_FORMAT",
    "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE",
)  # fmt: skip
SECTIONS = ("NODE_COORD_SECTION", "DISPLAY_DATA_SECTION", "EDGE_WEIGHT_SECTION")
FORMATS = {  # rows of the triangle above or below the diagonal, and whether the diagonal is written
    "FULL_MATRIX": ("full", True),
    "UPPER_ROW": ("upper", False),
    "LOWER_COL": ("upper", False),
    "LOWER_ROW": ("lower", False),
    "UPPER_COL": ("lower", False),
    "UPPER_DIAG_ROW": ("upper", True),
    "LOWER_DIAG_COL": ("upper", True),
    "LOWER_DIAG_ROW": ("lower", True),
    "UPPER_DIAG_COL": ("lower", True),
}
WEIGHT_TYPES = tuple(each for each in (*DISTANCES, "EXPLICIT") if each not in UNROUNDED)
Floats = NDArray[np.float64]


def _points(file: TextFile, n: int, section: str) -> Floats:
    """Reads ``id x y`` for the nodes 1..n in any order."""
    points = np.full((n, 2), np.nan)
    for _ in range(n):
        if not is_data(line := file.peek()):
            found = n - int(np.isnan(points[:, 0]).sum())
            file.fail(f"{section} has {found} nodes where DIMENSION says {n}; correct one of them", file.number)
        numbers = numbers_of(file, file.take())
        if len(numbers) != 3 or not 1 <= numbers[0] <= n or numbers[0] % 1:
            file.fail(f"expected a node in 1..{n} and two numbers, got {shown(line)}; correct the line", file.number)
        node = int(numbers[0]) - 1
        if not np.isnan(points[node, 0]):
            file.fail(f"node {node + 1} appears twice in {section}; remove one of the lines", file.number)
        points[node] = numbers[1:]
    if is_data(line := file.peek()):
        file.fail(f"{section} goes on after {n} nodes with {shown(line)}; correct DIMENSION", file.number)
    return points


def _matrix(file: TextFile, n: int, layout: str) -> Floats:
    """Reads the weights, counts them, and only then makes the matrix."""
    half, diagonal = FORMATS[layout]
    expected = n * n if half == "full" else n * (n + (1 if diagonal else -1)) // 2
    weights = array("d")
    while is_data(file.peek()):
        weights.extend(numbers_of(file, file.take()))
        if len(weights) > expected:
            break
    if len(weights) != expected:
        count = f"more than {expected}" if len(weights) > expected else f"{len(weights)}"
        file.fail(f"{layout} of {n} nodes needs {expected} weights, got {count}; correct DIMENSION", file.number)
    values = np.frombuffer(weights) if expected else np.zeros(0)
    if half == "full":
        matrix = values.reshape(n, n).copy()
    else:
        matrix, at = np.zeros((n, n)), 0
        for i in range(n):
            first, last = (i + (not diagonal), n) if half == "upper" else (0, i + diagonal)
            row = values[at : at + last - first]
            matrix[i, first:last] = matrix[first:last, i] = row
            at += last - first
    np.fill_diagonal(matrix, 0.0)  # some files write a large number there
    return matrix


def _header(file: TextFile, line: str, header: dict[str, str]) -> None:
    keyword, value = (part.strip() for part in line.split(":", 1))
    if keyword not in KEYWORDS:
        hint = did_you_mean(keyword, KEYWORDS) or f" Known: {', '.join(KEYWORDS)}."
        file.fail(f"unknown keyword {shown(keyword)}.{hint}", file.number)
    if keyword == "COMMENT":
        value = f"{header.get('COMMENT', '')} {value}".strip()
    elif keyword in header:
        file.fail(f"{keyword} appears twice; remove one of the lines", file.number)
    header[keyword] = value


def _dimension(file: TextFile, header: dict[str, str], most: int) -> int:
    text = header.get("DIMENSION")
    if text is None:
        file.fail("DIMENSION is missing before the data; add the line 'DIMENSION : n'", file.number)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        file.fail(f"DIMENSION must be an integer in 1..{most}, got {shown(text)}; correct it")
    return int(text)


def _one_of(file: TextFile, header: dict[str, str], keyword: str, known: tuple[str, ...]) -> str:
    value = header.get(keyword)
    if value is None:
        file.fail(f"{keyword} is missing; add it, one of {', '.join(known)}")
    if value not in known:
        hint = did_you_mean(value, known) or f" Known: {', '.join(known)}."
        file.fail(f"{keyword} {shown(value)} is not supported.{hint}")
    return value


def _section(file: TextFile, name: str, header: dict[str, str]) -> Floats:
    if name not in SECTIONS:
        if name == "FIXED_EDGES_SECTION":
            file.fail("fixed edges are not supported; remove the FIXED_EDGES_SECTION", file.number)
        hint = did_you_mean(name, SECTIONS) or f" Known sections: {', '.join(SECTIONS)}."
        file.fail(f"expected 'KEYWORD : value' or a section, got {shown(name)}.{hint}", file.number)
    if name == "EDGE_WEIGHT_SECTION":
        n = _dimension(file, header, MAX_MATRIX)
        return _matrix(file, n, _one_of(file, header, "EDGE_WEIGHT_FORMAT", tuple(FORMATS)))
    return _points(file, _dimension(file, header, MAX_NODES), name)


def _check_type(file: TextFile, header: dict[str, str]) -> None:
    if "TYPE" not in header:
        file.fail("TYPE is missing; give a TSPLIB file of a symmetric instance, with the line 'TYPE : TSP'")
    kind = header["TYPE"].split(" ")[0]
    if kind == "TOUR":
        file.fail("TYPE TOUR is a tour and not an instance; give the .tsp file")
    if kind != "TSP":
        file.fail(f"TYPE {shown(kind)} is not supported yet; give a symmetric instance, with the line 'TYPE : TSP'")


def read_tsplib(path: str | os.PathLike[str]) -> TSPInstance:
    """Reads a symmetric TSPLIB95 instance of at most 200 000 nodes (10 000 as a matrix, 24 MiB as a file).

    Raises:
        InstanceError: anything that is wrong with the file, in one sentence.
    """
    file, header, sections = TextFile(path), dict[str, str](), dict[str, Floats]()
    while (line := file.peek()) not in (None, "EOF"):
        assert line is not None
        file.take()
        name = line.removesuffix(":").strip()
        if name.endswith("_SECTION") or ":" not in line:
            _check_type(file, header)
            if name in sections:
                file.fail(f"{name} appears twice; remove one of them", file.number)
            sections[name] = _section(file, name, header)
        else:
            _header(file, line, header)
    _check_type(file, header)
    kind = _one_of(file, header, "EDGE_WEIGHT_TYPE", WEIGHT_TYPES)
    needed = "EDGE_WEIGHT_SECTION" if kind == "EXPLICIT" else "NODE_COORD_SECTION"
    if needed not in sections:
        file.fail(f"{needed} is missing, which EDGE_WEIGHT_TYPE {kind} needs; add it")
    if kind != "EXPLICIT" and "EDGE_WEIGHT_SECTION" in sections:
        file.fail(f"EDGE_WEIGHT_SECTION contradicts EDGE_WEIGHT_TYPE {kind}; write EXPLICIT")
    coordinates, display, matrix = (sections.get(each) for each in SECTIONS)
    name = header.get("NAME") or Path(path).stem
    try:
        return TSPInstance(name, coordinates, kind, matrix, display, header.get("COMMENT", ""))
    except InstanceError as error:
        file.fail(f"{error}; correct the file")


def read_instance(path: str | os.PathLike[str]) -> TSPInstance:
    """Reads an instance of any problem that this package has a reader for: TSP in TSPLIB95, so far.

    Raises:
        InstanceError: anything that is wrong with the file, in one sentence.
    """
    return read_tsplib(path)


def read_tour(path: str | os.PathLike[str], num_nodes: int) -> NDArray[np.int64]:
    """Reads a TSPLIB tour and returns it, ``[num_nodes]`` int64, counted from 0.

    Raises:
        InstanceError: anything that is wrong with the file, or a tour that is no permutation of so many nodes.
    """
    file, header, nodes = TextFile(path), dict[str, str](), array("d")
    while (line := file.peek()) is not None and line.removesuffix(":").strip() != "TOUR_SECTION":
        if ":" not in line:
            file.fail(f"expected 'KEYWORD : value' or TOUR_SECTION, got {shown(line)}; give a .tour file", file.number)
        _header(file, file.take(), header)
    if line is None:
        file.fail("TOUR_SECTION is missing; give a TSPLIB .tour file")
    file.take()
    while is_data(file.peek()) and (not nodes or nodes[-1] != -1) and len(nodes) <= num_nodes + 1:
        nodes.extend(numbers_of(file, file.take()))
    if nodes and nodes[-1] == -1:
        nodes.pop()
    tour = np.array(nodes)
    if (tour != np.floor(tour)).any():
        file.fail("a node of the tour is not an integer; correct it", file.number)
    if "DIMENSION" in header and _dimension(file, header, MAX_NODES) != num_nodes:
        file.fail(f"DIMENSION is {header['DIMENSION']} but the instance has {num_nodes} nodes; give its own tour")
    try:
        return checked_tour(tour.astype(np.int64) - 1, num_nodes)
    except InstanceError as error:
        file.fail(f"{error} (nodes counted from 0); correct the tour")


def write_tour(path: str | os.PathLike[str], tour: ArrayLike, name: str, length: float) -> None:
    """Writes a TSPLIB tour, whole or not at all.

    Args:
        path: where to; replaced where it exists.
        tour: a permutation of ``range(n)``, written counted from 1.
        name: one line of printable ASCII.
        length: the tour's length, for the comment.
    Raises:
        InstanceError: not a permutation, a name of several lines, a folder that cannot be written.
    """
    nodes = checked_tour(tour)
    if not name.isprintable() or not name.isascii():
        raise InstanceError(f"a tour's name must be one line of plain text, got {shown(name)}")
    lines = [f"NAME : {name}", "TYPE : TOUR", f"COMMENT : length {length}", f"DIMENSION : {len(nodes)}", "TOUR_SECTION"]
    write_atomically(path, "\n".join([*lines, *map(str, nodes + 1), "-1", "EOF", ""]).encode("ascii"))
