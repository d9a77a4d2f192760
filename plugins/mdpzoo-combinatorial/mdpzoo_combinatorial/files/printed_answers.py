"""Reads solutions as solvers print them: lists of nodes or items, and their objective.

==================  ===============================================================================================
labelled lists      ``Route #1: 5 2 7``, ``Vehicle 1: 0 5 2 0``, ``Items: 0 4 7``; numbers may be separated by commas
                    and arrows, and followed by ``Cost: 34``
objective           ``Cost 784``, ``Objective: 784``, ``Value 123``; other lines with at most one number are ignored
                    (``Time 1.2``, ``# found by ...``)
sections            ``TOUR_SECTION`` of TSPLIB95 and LKH, ``NODE_SEQUENCE_SECTION`` of OPLib
numbers only        a permutation, which Concorde precedes by its length; or Concorde's edges, ``i j length``
==================  ===============================================================================================
"""

import re
from typing import NamedTuple

from mdpzoo_combinatorial.files.hostile_text import TextFile, numbers_of, quote
from mdpzoo_combinatorial.files.tours import take_nodes
from mdpzoo_combinatorial.files.tsplib_sections import KEYWORDS, keyword_of
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance

LABEL = re.compile(r"[#\s]*(?:route|vehicle|tour|trip|items?)\s*#?\s*[0-9]*\s*:(.*)", re.IGNORECASE)
SEPARATORS = re.compile(r"->|[,;()\[\]]")
TRAILING = re.compile(r"\s*\b(?:cost|load|length|distance|demand|duration)\b.*", re.IGNORECASE)
AMOUNT = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")
PRIZE, LENGTH = "value|profit|score|prize|objective", "cost|objective|length"  # names of an objective


class Printed(NamedTuple):
    """The content of a file, before its numbers are converted to nodes or items.

    Attributes:
        lists: as printed.
        first: the number of the first node or item in this format; None: solvers differ.
        objective: as the file states it; None if it does not.
        slack: half a unit of the last digit of the objective.
        depot_optional: whether lists may omit the depot.
    """

    lists: list[list[int]]
    first: int | None
    objective: float | None = None
    slack: float = 0.0
    depot_optional: bool = True


def read_printed(file: TextFile, instance: Instance) -> Printed:
    """Reads a solution file in a text format.

    Args:
        file: an unread file.
        instance: the instance to be solved.
    Raises:
        InstanceError: if the file is not valid; the message is one sentence.
    """
    keyword = keyword_of(file.peek() or "")[0]
    if keyword in KEYWORDS or keyword.endswith("_SECTION"):
        return _read_section(file, instance)
    if isinstance(instance, KnapsackInstance | CVRPInstance) or _numbers(file.peek() or "") is None:
        return _read_lists(file, instance)
    return _read_numbers(file, instance)


def parse_amount(file: TextFile, text: str | None) -> tuple[float | None, float]:
    """Returns the first number of a text, and half a unit of its last digit."""
    if text is None:
        return None, 0.0
    found = AMOUNT.search(text)
    if found is None:
        file.fail(f"expected a number as the objective, got {quote(text)}; correct it", file.number)
    number = numbers_of(file, found[0])[0]
    digits = re.fullmatch(r"[-+]?[0-9]*\.?([0-9]*)", found[0])
    return number, 0.5 * 10.0 ** -len(digits[1]) if digits else 0.0


def _numbers(line: str) -> list[float] | None:
    """Returns the numbers of a line; None if it contains anything else."""
    try:
        return [float(each) for each in SEPARATORS.sub(" ", line).split()]
    except ValueError:
        return None


def _read_section(file: TextFile, instance: Instance) -> Printed:
    section = "NODE_SEQUENCE_SECTION" if isinstance(instance, OPInstance) else "TOUR_SECTION"
    copies = instance.num_customers if isinstance(instance, CVRPInstance) else 0  # of the depot, as LKH writes routes
    size = instance.num_items if isinstance(instance, KnapsackInstance) else instance.num_nodes
    header, nodes = take_nodes(file, section, size, copies)
    return Printed([nodes.tolist()], 1, *parse_amount(file, header.get("ROUTE_SCORE")), depot_optional=False)


def _read_lists(file: TextFile, instance: Instance) -> Printed:
    """Reads labelled lists, of about as many numbers as a solution has at most, and the objective."""
    example = "Items: 0 4 7" if isinstance(instance, KnapsackInstance) else "Route #1: 5 2 7"
    objective_line = re.compile(
        rf"[#\s]*(?:total\s+)?({PRIZE if instance.maximise else LENGTH})\b\s*[:=]?(.*)", re.IGNORECASE
    )
    size = instance.num_items if isinstance(instance, KnapsackInstance) else instance.num_nodes
    lists: list[list[int]] = []
    objective: tuple[float | None, float] = (None, 0.0)
    allowed = 4 * size + 100
    while (line := file.peek()) is not None:
        file.take()
        if found := LABEL.fullmatch(line):
            lists.append(_integers(file, TRAILING.sub("", found[1])))
            allowed -= max(len(lists[-1]), 2)
            if allowed < 0:
                file.fail(f"more numbers than a solution of size {size} can have; pass the right file", file.number)
        elif found := objective_line.fullmatch(line):
            again = parse_amount(file, found[2])
            if objective[0] not in (None, again[0]):
                file.fail(f"a second {found[1].lower()}, {quote(line)}; remove one of the two", file.number)
            objective = again
        elif not _is_remark(line):
            file.fail(f"expected {example!r} or one line 'Cost 123', got {quote(line)}", file.number)
    if not lists:
        file.fail(f"the file has no line such as {example!r}; add the solution")
    defined = isinstance(instance, KnapsackInstance | CVRPInstance)  # by this package's format, and by CVRPLIB
    return Printed(lists, 0 if defined else None, *objective)


def _is_remark(text: str) -> bool:
    """Returns whether a line is a comment: it begins with ``#``, or is not only numbers and has at most one number."""
    return text.startswith("#") or (
        len(AMOUNT.findall(text)) <= 1 and not re.fullmatch(r"[-+.0-9\s]*[0-9][-+.0-9\s]*", text)
    )


def _integers(file: TextFile, text: str) -> list[int]:
    numbers = numbers_of(file, SEPARATORS.sub(" ", text))
    integers = [int(each) for each in numbers]
    if integers != numbers:
        file.fail(f"expected integers, got {quote(text)}; correct the line", file.number)
    return integers


def _read_numbers(file: TextFile, instance: Instance) -> Printed:
    """Reads a tour in a file of numbers only."""
    size = instance.num_nodes  # type: ignore[union-attr]
    rows: list[list[int]] = []
    while (line := file.peek()) is not None:
        file.take()
        rows.append(_integers(file, line))
        if len(rows) > size + 2:
            file.fail(f"more lines than a tour of {size} nodes can have; pass the right file", file.number)
    if rows[0] == [size, size] and len(rows) == size + 1 and all(len(row) == 3 for row in rows[1:]):
        return Printed([_order_edges(file, [(row[0], row[1]) for row in rows[1:]])], 0, depot_optional=False)
    listed = [node for row in rows for node in row]
    if listed and listed[0] == size and len(listed) == size + 1:
        listed = listed[1:]
    return Printed([listed], None, depot_optional=False)


def _order_edges(file: TextFile, edges: list[tuple[int, int]]) -> list[int]:
    """Returns the nodes of a tour in order, from its edges in any order."""
    beside: dict[int, list[int]] = {}
    for a, b in edges:
        beside.setdefault(a, []).append(b)
        beside.setdefault(b, []).append(a)
    tour = [edges[0][0]]
    before, here = -1, tour[0]
    while len(tour) < len(edges) and len(beside[here]) == 2:
        first, second = beside[here]
        before, here = here, second if first == before else first
        tour.append(here)
    if len(set(tour)) < len(edges):
        file.fail("the edges do not form one closed tour; pass a tour")
    return tour
