"""A strict reader of TSPLIB95 instances: TSP, ATSP, CVRP in CVRPLIB's format, OP in OPLib's format.

Source: Reinelt, TSPLIB95 (1995), section 1. What differs: files are untrusted, so sizes are checked before memory is
allocated; every error is one sentence that names file, line, value and remedy. Files are read as Latin-1. The depot
must be the first node. Three coordinates are converted to a matrix, and drawn in the plane of the first two.
"""

import os

import numpy as np

from mdpzoo.errors import InstanceError, did_you_mean
from mdpzoo_combinatorial.files import tsplib_sections as parts
from mdpzoo_combinatorial.files.hostile_text import Lines, TextFile, is_data, name_of, quote
from mdpzoo_combinatorial.instances.distances import DISTANCES, SPATIAL, UNROUNDED, Floats
from mdpzoo_combinatorial.instances.routing_instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance

COORDINATES, DISPLAY, WEIGHTS = "NODE_COORD_SECTION", "DISPLAY_DATA_SECTION", "EDGE_WEIGHT_SECTION"
DEMANDS, SCORES, DEPOT = "DEMAND_SECTION", "NODE_SCORE_SECTION", "DEPOT_SECTION"
SECTIONS = {  # of each problem
    "TSP": (COORDINATES, DISPLAY, WEIGHTS),
    "ATSP": (COORDINATES, DISPLAY, WEIGHTS),
    "CVRP": (COORDINATES, DISPLAY, WEIGHTS, DEMANDS, DEPOT),
    "OP": (COORDINATES, DISPLAY, WEIGHTS, SCORES, DEPOT),
}
UNROUNDED_TYPES = {"EXACT_2D": "EUCLIDEAN"}  # names in files, and in this package
WEIGHT_TYPES = tuple(each for each in (*DISTANCES, *SPATIAL, *UNROUNDED_TYPES, "EXPLICIT") if each not in UNROUNDED)
RoutingInstances = TSPInstance | ATSPInstance | CVRPInstance | OPInstance


def _problem(file: TextFile, header: parts.Header) -> str:
    if "TYPE" not in header:
        file.fail("TYPE is missing; add a line such as 'TYPE : TSP'")
    kind = header["TYPE"].split(" ")[0]
    if kind == "TOUR":
        file.fail("TYPE TOUR is a tour and not an instance; pass the .tsp file")
    if kind not in SECTIONS:
        file.fail(f"TYPE {quote(kind)} is not supported; supported are {', '.join(SECTIONS)}")
    return kind


def _check_name(file: TextFile, name: str, number: int, problem: str) -> None:
    """Raises InstanceError if a problem has no section of this name."""
    if name in SECTIONS[problem]:
        return
    if name == "NODE_SEQUENCE_SECTION":
        file.fail("this is a solution and not an instance; pass the file of the instance", number)
    hint = did_you_mean(name, SECTIONS[problem]) or f" Known sections: {', '.join(SECTIONS[problem])}."
    file.fail(f"expected 'KEYWORD : value' or a section of {problem}, got {quote(name)}.{hint}", number)


def _array(file: TextFile, name: str, lines: Lines, header: parts.Header) -> Floats:
    """Returns the numbers of a section: a matrix of weights, or ``[n, width]`` in the order of the nodes."""
    if name == WEIGHTS:
        layout = parts.one_of(file, header, "EDGE_WEIGHT_FORMAT", tuple(parts.FORMATS))
        if layout == "LOWER_COL" and header["TYPE"] == "CVRP" and "Eilon" in header.get("COMMENT", ""):
            file.fail("this CVRPLIB file declares LOWER_COL, but its order is LOWER_ROW; write LOWER_ROW")
        return parts.matrix(file, lines, parts.dimension(file, header, parts.MAX_MATRIX), layout)
    spatial = name == COORDINATES and header.get("EDGE_WEIGHT_TYPE") in SPATIAL
    width = 1 if name in (DEMANDS, SCORES) else 3 if spatial else 2
    return parts.rows(file, lines, parts.dimension(file, header), name, width)


def _require(file: TextFile, sections: dict[str, Floats], name: str, why: str) -> Floats:
    found = sections.get(name)
    if found is None:
        file.fail(f"{why} needs {name}; add this section")
    return found


def _compute_matrix(file: TextFile, coordinates: Floats, kind: str) -> Floats:
    """Returns the cost matrix ``[n, n]`` of coordinates that instances do not store."""
    n = len(coordinates)
    if n > parts.MAX_MATRIX:
        file.fail(f"{kind} needs a matrix, of at most {parts.MAX_MATRIX} nodes, got {n}; use a smaller instance")
    rule, matrix = (SPATIAL | DISTANCES)[kind], np.empty((n, n))
    for i in range(n):
        matrix[i] = rule(coordinates[i], coordinates)
        matrix[i, i] = 0.0
    matrix.flags.writeable = False
    return matrix


def read_tsplib(source: str | os.PathLike[str] | TextFile) -> RoutingInstances:
    """Reads a TSPLIB95 instance of at most 200 000 nodes (2 000 as a matrix) and 24 MiB.

    Args:
        source: a path, or an unread file.
    Raises:
        InstanceError: if the file is not valid; the message is one sentence.
    """
    file = source if isinstance(source, TextFile) else TextFile(source)
    header, texts = _parts(file)
    problem = _problem(file, header)
    kind = parts.one_of(file, header, "EDGE_WEIGHT_TYPE", WEIGHT_TYPES)
    sections = {name: _array(file, name, lines, header) for name, lines in texts.items() if name != DEPOT}
    _require(file, sections, WEIGHTS if kind == "EXPLICIT" else COORDINATES, f"EDGE_WEIGHT_TYPE {kind}")
    if kind != "EXPLICIT" and WEIGHTS in sections:
        file.fail(f"{WEIGHTS} contradicts EDGE_WEIGHT_TYPE {kind}; write EXPLICIT")
    firsts = {parts.first_node(lines) for name, lines in texts.items() if name not in (WEIGHTS, DEPOT)} or {1}
    if len(firsts) > 1:
        file.fail("some sections count nodes from 0 and others from 1; count from 1 in all of them")
    if DEPOT in texts:
        parts.check_depot(file, texts[DEPOT], firsts.pop())
    try:
        return _assemble(file, problem, UNROUNDED_TYPES.get(kind, kind), header, sections)
    except InstanceError as error:
        if str(error).startswith(file.name):
            raise
        remedy = "correct the file"
        if "symmetric" in str(error):
            remedy = "write 'TYPE : ATSP'" if problem == "TSP" else f"an asymmetric {problem} is not supported"
        file.fail(f"{error}; {remedy}")


def _parts(file: TextFile) -> tuple[parts.Header, dict[str, Lines]]:
    """Returns the keywords and the lines of each section, which may be in any order."""
    file.skip_remarks()
    header, texts = parts.Header(), dict[str, Lines]()
    numbers: dict[str, int] = {}
    while (line := file.peek()) is not None:
        name, value = parts.keyword_of(line)
        if name == "EOF":
            break
        if is_data(line):
            file.fail(f"expected 'KEYWORD : value' or a section, got {quote(line)}; correct the line", file.number)
        if not name.endswith("_SECTION"):
            if parts.take_keyword(file, header) == "TYPE":
                _problem(file, header)  # checked first, since keywords depend on it
            continue
        file.take()
        if value:
            file.fail(f"{name} must be alone on its line, got {quote(value)}; start a new line", file.number)
        if name in texts:
            file.fail(f"{name} appears twice; remove one of them", file.number)
        parts.check_supported(file, name)
        numbers[name] = file.number
        texts[name] = file.take_data()
    problem = _problem(file, header)
    for name, number in numbers.items():
        _check_name(file, name, number, problem)
    return header, texts


def _assemble(
    file: TextFile, problem: str, kind: str, header: parts.Header, sections: dict[str, Floats]
) -> RoutingInstances:
    coordinates, display, matrix = (sections.get(each) for each in (COORDINATES, DISPLAY, WEIGHTS))
    name, comment = name_of(file, header.get("NAME")), header.get("COMMENT", "").strip()
    if kind in SPATIAL or (problem == "ATSP" and kind != "EXPLICIT"):
        assert coordinates is not None
        matrix = _compute_matrix(file, coordinates, kind)
        display = np.array(coordinates[:, :2]) if display is None else display
        kind, coordinates = "EXPLICIT", None
    if problem == "TSP":
        return TSPInstance(name, coordinates, kind, matrix, display, comment)
    if problem == "ATSP":
        return ATSPInstance(name, matrix, coordinates if display is None else display, comment)
    if problem == "CVRP":
        demands = _require(file, sections, DEMANDS, "TYPE CVRP")[:, 0]
        capacity = parts.number(file, header, "CAPACITY")
        vehicles = int(parts.number(file, header, "VEHICLES")) if "VEHICLES" in header else None
        return CVRPInstance(name, demands, capacity, coordinates, kind, matrix, display, vehicles, comment)  # type: ignore[arg-type]
    prizes = _require(file, sections, SCORES, "TYPE OP")[:, 0]
    return OPInstance(
        name, prizes, parts.number(file, header, "COST_LIMIT"), coordinates, kind, matrix, display, comment
    )
