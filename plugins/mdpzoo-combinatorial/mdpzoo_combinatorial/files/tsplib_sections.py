"""The parts of a TSPLIB95 file: keywords with a value, sections of nodes, sections of weights.

Source: Reinelt, TSPLIB95 (1995), section 1; CVRPLIB and OPLib add a few keywords.
"""

import re

import numpy as np

from mdpzoo.errors import did_you_mean
from mdpzoo_combinatorial.files.hostile_text import Lines, TextFile, array_of, blocks, numbers_of, quote
from mdpzoo_combinatorial.instances.checking import LARGEST
from mdpzoo_combinatorial.instances.distances import Floats

MAX_NODES = 200_000
MAX_MATRIX = 2_000
MAX_COMMENT = 16_384  # characters
KEYWORDS = (
    "NAME", "TYPE", "COMMENT", "DIMENSION", "CAPACITY", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT", "EDGE_DATA_FORMAT",
    "NODE_COORD_TYPE", "DISPLAY_DATA_TYPE", "VEHICLES", "COST_LIMIT", "TSP_SOLUTION", "TSPSOL", "ROUTE_NODES",
    "ROUTE_SCORE", "ROUTE_COST",
)  # fmt: skip
REMARKS = (  # keywords of some collections that are ignored
    "AUTHOR", "SOURCE", "DATE", "VERSION", "REFERENCE", "URL", "BEST_KNOWN", "OPTIMUM", "OPTIMAL_VALUE", "OPTIMAL_COST",
    "LOWER_BOUND", "UPPER_BOUND",
)  # fmt: skip
UNSUPPORTED = {  # keywords and sections of other problems
    "DISTANCE": "routes of limited length are",
    "SERVICE_TIME": "service times are",
    "SALESMEN": "several salesmen are",
    "DEMAND_DIMENSION": "several commodities are",
    "FIXED_EDGES_SECTION": "fixed edges are",
    "TIME_WINDOW_SECTION": "time windows are",
    "SERVICE_TIME_SECTION": "service times are",
    "PICKUP_AND_DELIVERY_SECTION": "pickups are",
    "BACKHAUL_SECTION": "backhauls are",
    "EDGE_DATA_SECTION": "edge lists are",
}
ZERO_IS_NONE = ("DISTANCE", "SERVICE_TIME")
UPPER_CASE = ("TYPE", "EDGE_WEIGHT_TYPE", "EDGE_WEIGHT_FORMAT")  # values may be in any case
FORMATS = {  # the triangle, read by rows, and whether it includes the diagonal
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
LINE = re.compile(r"([A-Za-z][A-Za-z_0-9]*)\s*[:=]?\s*(.*)")
Header = dict[str, str]


def keyword_of(line: str) -> tuple[str, str]:
    """Returns the keyword of a line in upper case and its value; a colon or an equals sign may separate them."""
    found = LINE.fullmatch(line)
    return (found[1].upper(), found[2].strip()) if found else ("", line)


def check_supported(file: TextFile, name: str) -> None:
    """Raises InstanceError if a keyword or a section belongs to a problem that is not supported."""
    if name in UNSUPPORTED:
        file.fail(f"{UNSUPPORTED[name]} not supported; remove the {name}", file.number)


def take_keyword(file: TextFile, header: Header) -> str:
    """Adds a line ``KEYWORD : value`` to the header and returns the keyword; comments are joined."""
    keyword, value = keyword_of(file.take())
    if keyword in REMARKS or (keyword in ZERO_IS_NONE and not value.strip("0.")):
        return keyword
    if keyword not in KEYWORDS:
        check_supported(file, keyword)
        if not value:
            file.fail(f"expected 'KEYWORD : value' or a section, got {quote(keyword)}; correct the line", file.number)
        hint = did_you_mean(keyword, KEYWORDS) or f" Known: {', '.join(KEYWORDS)}."
        file.fail(f"unknown keyword {quote(keyword)}.{hint}", file.number)
    if keyword == "COMMENT":
        value = f"{header.get('COMMENT', '')} {value}".lstrip()
        if len(value) > MAX_COMMENT:
            file.fail(f"more than {MAX_COMMENT} characters of comments; shorten them", file.number)
    elif keyword in header:
        file.fail(f"{keyword} appears twice; remove one of the lines", file.number)
    header[keyword] = value.upper() if keyword in UPPER_CASE else value
    return keyword


def dimension(file: TextFile, header: Header, largest: int = MAX_NODES) -> int:
    """Returns DIMENSION, an integer in 1..largest."""
    text = header.get("DIMENSION")
    if text is None:
        file.fail("DIMENSION is missing before the data; add the line 'DIMENSION : n'", file.number)
    if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= largest:
        file.fail(f"DIMENSION must be an integer in 1..{largest}, got {quote(text)}; correct it")
    return int(text)


def number(file: TextFile, header: Header, keyword: str) -> float:
    """Returns the value of a keyword, one number that is not negative."""
    if keyword not in header:
        file.fail(f"{keyword} is missing; add the line '{keyword} : number'")
    numbers = numbers_of(file, header[keyword])
    if len(numbers) != 1 or numbers[0] < 0:
        file.fail(f"{keyword} must be one number, at least 0, got {quote(header[keyword])}; correct it")
    return numbers[0]


def one_of(file: TextFile, header: Header, keyword: str, known: tuple[str, ...]) -> str:
    """Returns the value of a keyword, which must be in ``known``."""
    value = header.get(keyword)
    if value is None:
        file.fail(f"{keyword} is missing; add it, one of {', '.join(known)}")
    if value not in known:
        hint = did_you_mean(value, known) or f" Known: {', '.join(known)}."
        file.fail(f"{keyword} {quote(value)} is not supported.{hint}")
    return value


def first_node(lines: Lines) -> int:
    """Returns the number of the first node: 1 as in TSPLIB, or 0 if the list of nodes begins with 0."""
    return 0 if lines and lines[0][1].split()[0] == "0" else 1


def rows(file: TextFile, lines: Lines, n: int, section: str, width: int) -> Floats:
    """Returns ``width`` numbers for each of n nodes, ``[n, width]``; they may be in any order, with -1 at the end."""
    lines = lines[:-1] if lines and lines[-1][1] == "-1" else lines
    if len(lines) > n:
        number, line = lines[n]
        file.fail(f"{section} has more than {n} nodes, the next is {quote(line)}; correct DIMENSION", number)
    points, first = np.full((n, width), np.nan), first_node(lines)
    for block in blocks(lines):
        if not _fill(points, block, first):
            _fill_slowly(file, points, block, first, section)
    if len(lines) < n:
        file.fail(f"{section} has {len(lines)} nodes, but DIMENSION is {n}; correct one of them", file.number)
    return points


def _fill(points: Floats, lines: Lines, first: int) -> bool:
    """Fills in all lines and returns True; if a line is not valid, changes nothing and returns False."""
    try:
        table = np.array([line.split() for _, line in lines], np.float64)
    except ValueError:
        return False
    if table.ndim != 2 or table.shape[1] != 1 + points.shape[1] or any("_" in line for _, line in lines):
        return False
    nodes = table[:, 0] - first
    if not (np.abs(table) < LARGEST).all() or not ((nodes >= 0) & (nodes < len(points)) & (nodes % 1 == 0)).all():
        return False
    nodes = nodes.astype(np.int64)
    if len(np.unique(nodes)) < len(nodes) or not np.isnan(points[nodes, 0]).all():
        return False
    points[nodes] = table[:, 1:]
    return True


def _fill_slowly(file: TextFile, points: Floats, lines: Lines, first: int, section: str) -> None:
    """Fills in line by line; raises InstanceError for the first line that is not valid."""
    n, width = points.shape
    for number, line in lines:
        numbers = numbers_of(file, line, number)
        if len(numbers) != 1 + width or not 0 <= numbers[0] - first < n or numbers[0] % 1:
            expected = f"expected a node in {first}..{n - 1 + first} and {COUNTS[width]}"
            file.fail(f"{expected}, got {quote(line)}; correct the line", number)
        node = int(numbers[0]) - first
        if not np.isnan(points[node, 0]):
            file.fail(f"node {node + first} appears twice in {section}; remove one of the lines", number)
        points[node] = numbers[1:]


def _weights(n: int, layout: str) -> int:
    """Returns the number of weights in a format."""
    half, diagonal = FORMATS[layout]
    return n * n if half == "full" else n * (n + (1 if diagonal else -1)) // 2


def matrix(file: TextFile, lines: Lines, n: int, layout: str) -> Floats:
    """Returns the matrix of weights ``[n, n]``, read-only, after checking their number."""
    half, diagonal = FORMATS[layout]
    expected, result, found = _weights(n, layout), np.zeros((n, n)), 0
    values = (result if half == "full" else np.zeros(expected)).reshape(-1)
    for block in blocks(lines):
        numbers = array_of(file, block)
        found += len(numbers)
        if found <= expected:
            values[found - len(numbers) : found] = numbers
    if found != expected:
        twin = layout.replace("DIAG_", "") if diagonal else layout.replace("_", "_DIAG_")
        other = next((each for each in (twin, *FORMATS) if each in FORMATS and _weights(n, each) == found), None)
        remedy = f"{other} has as many; correct EDGE_WEIGHT_FORMAT" if other else "correct DIMENSION"
        count = f"more than {expected}" if found > expected and not other else f"{found}"
        number = lines[-1][0] if lines else file.number
        file.fail(f"{layout} of {n} nodes needs {expected} weights, got {count}; {remedy}", number)
    if half != "full":
        at = 0
        for i in range(n):
            first, last = (i + (not diagonal), n) if half == "upper" else (0, i + diagonal)
            result[i, first:last] = result[first:last, i] = values[at : at + last - first]
            at += last - first
    np.fill_diagonal(result, 0.0)  # some files have large numbers there
    result.flags.writeable = False
    return result


def check_depot(file: TextFile, lines: Lines, first: int) -> None:
    """Raises InstanceError if the list of depots, without -1 at the end, is not the first node alone."""
    depots: list[float] = []
    for k, (number, line) in enumerate(lines[:4]):
        if -1.0 in depots:
            file.fail(f"DEPOT_SECTION has {quote(line)} after -1; remove the line", lines[k][0])
        depots.extend(numbers_of(file, line, number))
    if depots not in ([first, -1.0], [first]):
        listed = " ".join(f"{each:g}" for each in depots if each != -1.0) or "none"
        number = lines[0][0] if lines else file.number
        file.fail(f"the only depot must be node {first}, got {quote(listed)}; make it the first node", number)
