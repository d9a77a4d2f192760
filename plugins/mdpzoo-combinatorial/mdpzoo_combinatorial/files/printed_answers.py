"""Answers as solvers print them: lists of nodes or items, and what the solver says of their worth.

==================  ===============================================================================================
labelled lists      ``Route #1: 5 2 7``, ``Vehicle 1: 0 5 2 0``, ``Items: 0 4 7``; commas and arrows may stand between
                    the numbers, and ``Cost: 34`` after them
worth               ``Cost 784``, ``Objective: 784``, ``Value 123``; other lines with one number or none say nothing
                    of the answer (``Time 1.2``, ``# found by ...``, a table of a search's results)
sections            ``TOUR_SECTION`` of TSPLIB95 and LKH, ``NODE_SEQUENCE_SECTION`` of OPLib
bare numbers        a permutation, after its length where Concorde writes it; or Concorde's edges, ``i j length``
==================  ===============================================================================================
"""

import re
from typing import NamedTuple

from mdpzoo_combinatorial.files.hostile_text import TextFile, numbers_of, shown
from mdpzoo_combinatorial.files.tours import take_nodes
from mdpzoo_combinatorial.files.tsplib_sections import KEYWORDS, keyword_of
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance

LABEL = re.compile(r"[#\s]*(?:route|vehicle|tour|trip|items?)\s*#?\s*[0-9]*\s*:(.*)", re.IGNORECASE)
BETWEEN = re.compile(r"->|[,;()\[\]]")
AFTER = re.compile(r"\s*\b(?:cost|load|length|distance|demand|duration)\b.*", re.IGNORECASE)
AMOUNT = re.compile(r"[-+]?[0-9]*\.?[0-9]+(?:[eE][-+]?[0-9]+)?")
PRIZE, LENGTH = "value|profit|score|prize|objective", "cost|objective|length"  # what an objective is called


class Printed(NamedTuple):
    """What a file says, before its numbers are nodes or items.

    Attributes:
        lists: as they are printed.
        first: the number that the format gives to the first node or item; None: solvers differ.
        objective: what the file says that the answer is worth, or None.
        slack: half a unit of its last digit.
        implied: whether the depot may be left out of a list.
    """

    lists: list[list[int]]
    first: int | None
    objective: float | None = None
    slack: float = 0.0
    implied: bool = True


def read_printed(file: TextFile, instance: Instance) -> Printed:
    """Reads a solution file that is text.

    Args:
        file: nothing of it was taken yet.
        instance: what it should solve.
    Raises:
        InstanceError: anything that is no such file, in one sentence.
    """
    keyword = keyword_of(file.peek() or "")[0]
    if keyword in KEYWORDS or keyword.endswith("_SECTION"):
        return _section(file, instance)
    if isinstance(instance, KnapsackInstance | CVRPInstance) or _numbers(file.peek() or "") is None:
        return _labelled(file, instance)
    return _bare(file, instance)


def rounded(file: TextFile, text: str | None) -> tuple[float | None, float]:
    """The first number of a text, and half a unit of its last digit."""
    if text is None:
        return None, 0.0
    found = AMOUNT.search(text)
    if found is None:
        file.fail(f"expected a number as the objective, got {shown(text)}; correct it", file.number)
    number = numbers_of(file, found[0])[0]
    digits = re.fullmatch(r"[-+]?[0-9]*\.?([0-9]*)", found[0])
    return number, 0.5 * 10.0 ** -len(digits[1]) if digits else 0.0


def _numbers(line: str) -> list[float] | None:
    """The numbers of a line, or None if there is anything else in it."""
    try:
        return [float(each) for each in BETWEEN.sub(" ", line).split()]
    except ValueError:
        return None


def _section(file: TextFile, instance: Instance) -> Printed:
    section = "NODE_SEQUENCE_SECTION" if isinstance(instance, OPInstance) else "TOUR_SECTION"
    copies = instance.num_customers if isinstance(instance, CVRPInstance) else 0  # of the depot, as LKH writes routes
    size = instance.num_items if isinstance(instance, KnapsackInstance) else instance.num_nodes
    header, nodes = take_nodes(file, section, size, copies)
    return Printed([nodes.tolist()], 1, *rounded(file, header.get("ROUTE_SCORE")), implied=False)


def _labelled(file: TextFile, instance: Instance) -> Printed:
    """Reads labelled lists, not much more numbers than a solution has, and the worth."""
    example = "Items: 0 4 7" if isinstance(instance, KnapsackInstance) else "Route #1: 5 2 7"
    worth = re.compile(rf"[#\s]*(?:total\s+)?({PRIZE if instance.maximise else LENGTH})\b\s*[:=]?(.*)", re.IGNORECASE)
    size = instance.num_items if isinstance(instance, KnapsackInstance) else instance.num_nodes
    lists: list[list[int]] = []
    objective: tuple[float | None, float] = (None, 0.0)
    left = 4 * size + 100
    while (line := file.peek()) is not None:
        file.take()
        if found := LABEL.fullmatch(line):
            lists.append(_integers(file, AFTER.sub("", found[1])))
            left -= max(len(lists[-1]), 2)
            if left < 0:
                file.fail(f"more numbers than an instance of {size} can need; give its own solution", file.number)
        elif found := worth.fullmatch(line):
            again = rounded(file, found[2])
            if objective[0] not in (None, again[0]):
                file.fail(f"a second {found[1].lower()}, {shown(line)}; remove one of the two", file.number)
            objective = again
        elif not _says_nothing(line):
            file.fail(f"expected {example!r} or one line 'Cost 123', got {shown(line)}", file.number)
    if not lists:
        file.fail(f"no line such as {example!r} is there; add them")
    defined = isinstance(instance, KnapsackInstance | CVRPInstance)  # by our own format, and by CVRPLIB
    return Printed(lists, 0 if defined else None, *objective)


def _says_nothing(text: str) -> bool:
    """Whether a text is a remark: it has letters or rules, and at most one number."""
    return text.startswith("#") or (
        len(AMOUNT.findall(text)) <= 1 and not re.fullmatch(r"[-+.0-9\s]*[0-9][-+.0-9\s]*", text)
    )


def _integers(file: TextFile, text: str) -> list[int]:
    numbers = numbers_of(file, BETWEEN.sub(" ", text))
    integers = [int(each) for each in numbers]
    if integers != numbers:
        file.fail(f"expected integers, got {shown(text)}; correct the line", file.number)
    return integers


def _bare(file: TextFile, instance: Instance) -> Printed:
    """Reads a tour that has no words around it."""
    size = instance.num_nodes  # type: ignore[union-attr]
    rows: list[list[int]] = []
    while (line := file.peek()) is not None:
        file.take()
        rows.append(_integers(file, line))
        if len(rows) > size + 2:
            file.fail(f"more lines than a tour of {size} nodes can need; give its own tour", file.number)
    if rows[0] == [size, size] and len(rows) == size + 1 and all(len(row) == 3 for row in rows[1:]):
        return Printed([_around(file, [(row[0], row[1]) for row in rows[1:]])], 0, implied=False)
    listed = [node for row in rows for node in row]
    if listed and listed[0] == size and len(listed) == size + 1:
        listed = listed[1:]
    return Printed([listed], None, implied=False)


def _around(file: TextFile, edges: list[tuple[int, int]]) -> list[int]:
    """The nodes of a closed tour in their order, from its edges in any order."""
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
        file.fail("the edges are not one closed tour; give a tour")
    return tour
