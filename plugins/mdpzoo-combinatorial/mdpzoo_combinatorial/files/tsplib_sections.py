"""The parts of a TSPLIB95 file: keywords with a value, sections of nodes, sections of weights.

Source: Reinelt, TSPLIB95 (1995), section 1; CVRPLIB and OPLib write the same with a few keywords of their own.
"""

import re

import numpy as np

from mdpzoo.errors import did_you_mean
from mdpzoo_combinatorial.files.hostile_text import TextFile, array_of, is_data, numbers_of, shown
from mdpzoo_combinatorial.instances.checking import LARGEST
from mdpzoo_combinatorial.instances.distances import Floats

MAX_NODES = 200_000
MAX_MATRIX = 2_000
BLOCK = 4_096  # lines that are read at once
MAX_COMMENT = 16_384  # characters
KEYWORDS = (
    "NAME", "TYPE", "COMMENT", "DIMENSION", "CAPACITY", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "EDGE_DATA_FORMAT",
    "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE", "VEHICLES", "COST_LIMIT", "TSP_SOLUTION", "ROUTE_NODES", "ROUTE_SCORE",
    "ROUTE_COST",
)  # fmt: skip
REFUSED = {  # what would make another problem of it
    "DISTANCE": "routes of limited length are",
    "SERVICE_TIME": "service times are",
    "FIXED_EDGES_SECTION": "fixed edges are",
    "TIME_WINDOW_SECTION": "time windows are",
    "SERVICE_TIME_SECTION": "service times are",
    "PICKUP_AND_DELIVERY_SECTION": "pickups are",
    "BACKHAUL_SECTION": "backhauls are",
    "EDGE_DATA_SECTION": "edge lists are",
}
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
COUNTS = {1: "a number", 2: "two numbers", 3: "three numbers"}
Header = dict[str, str]


def refuse(file: TextFile, name: str) -> None:
    """Complains of a keyword or section that would make another problem of the file."""
    if name in REFUSED:
        file.fail(f"{REFUSED[name]} not supported; remove the {name}", file.number)


def take_keyword(file: TextFile, header: Header) -> None:
    """Takes a line ``KEYWORD : value`` into the header; several comments are joined."""
    keyword, value = (part.strip() for part in file.take().split(":", 1))
    if keyword not in KEYWORDS and (keyword != "SERVICE_TIME" or value.strip("0.")):  # none is written as 0
        refuse(file, keyword)
        hint = did_you_mean(keyword, KEYWORDS) or f" Known: {', '.join(KEYWORDS)}."
        file.fail(f"unknown keyword {shown(keyword)}.{hint}", file.number)
    if keyword == "COMMENT":
        value = f"{header.get('COMMENT', '')} {value}".lstrip()
        if len(value) > MAX_COMMENT:
            file.fail(f"more than {MAX_COMMENT} characters of comments; shorten them", file.number)
    elif keyword in header:
        file.fail(f"{keyword} appears twice; remove one of the lines", file.number)
    header[keyword] = value


def dimension(file: TextFile, header: Header, most: int = MAX_NODES) -> int:
    """What DIMENSION says, in 1..most."""
    text = header.get("DIMENSION")
    if text is None:
        file.fail("DIMENSION is missing before the data; add the line 'DIMENSION : n'", file.number)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
        file.fail(f"DIMENSION must be an integer in 1..{most}, got {shown(text)}; correct it")
    return int(text)


def number(file: TextFile, header: Header, keyword: str) -> float:
    """The one number, not negative, that a keyword has as its value."""
    if keyword not in header:
        file.fail(f"{keyword} is missing; add the line '{keyword} : number'")
    numbers = numbers_of(file, header[keyword])
    if len(numbers) != 1 or numbers[0] < 0:
        file.fail(f"{keyword} must be one number, at least 0, got {shown(header[keyword])}; correct it")
    return numbers[0]


def one_of(file: TextFile, header: Header, keyword: str, known: tuple[str, ...]) -> str:
    """The value of a keyword, one of those known."""
    value = header.get(keyword)
    if value is None:
        file.fail(f"{keyword} is missing; add it, one of {', '.join(known)}")
    if value not in known:
        hint = did_you_mean(value, known) or f" Known: {', '.join(known)}."
        file.fail(f"{keyword} {shown(value)} is not supported.{hint}")
    return value


def rows(file: TextFile, n: int, section: str, width: int) -> Floats:
    """Reads a node and so many numbers for each of the nodes 1..n in any order, ``[n, width]``."""
    points, found = np.full((n, width), np.nan), 0
    while found < n and (lines := file.take_data(min(n - found, BLOCK))):
        if not _fill(points, lines):
            _fill_slowly(file, points, lines, section)
        found += len(lines)
    if found < n:
        file.fail(f"{section} has {found} nodes where DIMENSION says {n}; correct one of them", file.number)
    if is_data(line := file.peek()):
        file.fail(f"{section} goes on after {n} nodes with {shown(line)}; correct DIMENSION", file.number)
    return points


def _fill(points: Floats, lines: list[tuple[int, str]]) -> bool:
    """Fills in the lines and returns True; or leaves the points as they are where anything is wrong with a line."""
    try:
        table = np.array([line.split() for _, line in lines], np.float64)
    except ValueError:
        return False
    if table.ndim != 2 or table.shape[1] != 1 + points.shape[1] or any("_" in line for _, line in lines):
        return False
    given = table[:, 0]
    if not (np.abs(table) < LARGEST).all() or not ((given >= 1) & (given <= len(points)) & (given % 1 == 0)).all():
        return False
    nodes = given.astype(np.int64) - 1
    if len(np.unique(nodes)) < len(nodes) or not np.isnan(points[nodes, 0]).all():
        return False
    points[nodes] = table[:, 1:]
    return True


def _fill_slowly(file: TextFile, points: Floats, lines: list[tuple[int, str]], section: str) -> None:
    """Complains of the first line that is wrong."""
    n, width = points.shape
    for number, line in lines:
        numbers = numbers_of(file, line, number)
        if len(numbers) != 1 + width or not 1 <= numbers[0] <= n or numbers[0] % 1:
            expected = f"expected a node in 1..{n} and {COUNTS[width]}"
            file.fail(f"{expected}, got {shown(line)}; correct the line", number)
        node = int(numbers[0]) - 1
        if not np.isnan(points[node, 0]):
            file.fail(f"node {node + 1} appears twice in {section}; remove one of the lines", number)
        points[node] = numbers[1:]


def matrix(file: TextFile, n: int, layout: str) -> Floats:
    """Reads the weights and counts them; returns the matrix ``[n, n]``, read-only."""
    half, diagonal = FORMATS[layout]
    expected = n * n if half == "full" else n * (n + (1 if diagonal else -1)) // 2
    made = np.zeros((n, n))
    values, found = (made if half == "full" else np.zeros(expected)).reshape(-1), 0
    while found <= expected and (lines := file.take_data(BLOCK)):
        block = array_of(file, lines)
        found += len(block)
        if found <= expected:
            values[found - len(block) : found] = block
    if found != expected:
        count = f"more than {expected}" if found > expected else f"{found}"
        file.fail(f"{layout} of {n} nodes needs {expected} weights, got {count}; correct DIMENSION", file.number)
    if half != "full":
        at = 0
        for i in range(n):
            first, last = (i + (not diagonal), n) if half == "upper" else (0, i + diagonal)
            made[i, first:last] = made[first:last, i] = values[at : at + last - first]
            at += last - first
    np.fill_diagonal(made, 0.0)  # some files write a large number there
    made.flags.writeable = False
    return made


def check_depot(file: TextFile) -> None:
    """Reads the list of depots, which -1 may end: it must be node 1 alone."""
    depots: list[float] = []
    while is_data(file.peek()) and -1.0 not in depots and len(depots) < 3:
        depots.extend(numbers_of(file, file.take()))
    if depots not in ([1.0, -1.0], [1.0]):
        listed = " ".join(f"{each:g}" for each in depots if each != -1.0) or "none"
        file.fail(f"the depot must be node 1 alone, got {shown(listed)}; make it the first node", file.number)
    if is_data(line := file.peek()):
        file.fail(f"DEPOT_SECTION goes on after -1 with {shown(line)}; remove the line", file.number)
