"""Solution files: what they say, before anything is checked against the instance.

=============  =====================================================================================================
TSP, ATSP      TSPLIB95's ``.tour``: nodes from 1
CVRP           CVRPLIB's ``.sol``: lines ``Route #1: 5 2 7``, customers from 1 (the depot is 0), and ``Cost 784``
OP             ``.sol`` as the authors of OPLib write it: TSPLIB's keywords, ``ROUTE_SCORE``, ``ROUTE_COST``, and a
               ``NODE_SEQUENCE_SECTION`` of nodes from 1, the depot first
Knapsack       ``.sol`` of our own: lines ``Items: 0 4 7``, items from 0, and ``Value 123``
any            the JSON that ``mdpzoo solve --json`` prints, or the solution alone as JSON
=============  =====================================================================================================
"""

import json
import os
import re
from typing import Any, NamedTuple

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import TextFile, numbers_of, shown, write_atomically
from mdpzoo_combinatorial.files.tours import plain_name, take_nodes, write_nodes
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance, RoutingInstance

MAX_JSON = 2 * 2**20  # characters; lists in lists take forty times as much memory
ITEMS_A_LINE = 1_000
SLACK = 1e-6  # by which an objective that is no integer may differ


class Claim(NamedTuple):
    """What a file says.

    Attributes:
        solution: nodes or items counted from 0, as the instance takes it; not checked.
        objective: what the file says of it, or None.
        slack: by how much that may be rounded: half a unit of its last digit.
    """

    solution: Any
    objective: float | None
    slack: float = 0.0


def read_claim(path: str | os.PathLike[str], instance: Instance) -> Claim:
    """Reads a solution file and checks nothing but its form.

    Args:
        path: in one of the formats above.
        instance: what it should solve.
    Raises:
        InstanceError: a file that cannot be read, of another format or another problem.
    """
    long = TextFile(path, longest=MAX_JSON)
    first = long.peek()
    if first is None:
        long.fail("the file is empty; give a solution")
    if first.startswith(("{", "[")):
        return _json(long, instance)
    file = TextFile(path)
    if isinstance(instance, KnapsackInstance):
        return _lists(file, r"items?", "value", "Items: 0 4 7", instance.num_items)
    if isinstance(instance, CVRPInstance):
        return _lists(file, r"route\s*#?\s*[0-9]*", "cost", "Route #1: 5 2 7", instance.num_customers)
    if isinstance(instance, OPInstance):
        header, nodes = take_nodes(file, "NODE_SEQUENCE_SECTION", instance.num_nodes)
        return Claim(nodes, *_rounded(file, header.get("ROUTE_SCORE")))
    return Claim(take_nodes(file, "TOUR_SECTION", instance.num_nodes)[1], None)


def _rounded(file: TextFile, text: str | None) -> tuple[float | None, float]:
    """A number, and half a unit of its last digit."""
    if text is None:
        return None, 0.0
    numbers = numbers_of(file, text)
    if len(numbers) != 1:
        file.fail(f"expected one number as the objective, got {shown(text)}; correct it")
    digits = re.fullmatch(r"[-+]?[0-9]*\.?([0-9]*)", text.strip())
    return numbers[0], 0.5 * 10.0 ** -len(digits[1]) if digits else 0.0


def _lists(file: TextFile, label: str, told: str, example: str, most: int) -> Claim:
    """Reads lines ``label: integers``, not much more than so many integers, and one line with the objective."""
    lists: list[list[int]] = []
    left, listing = 2 * most + 100, re.compile(rf"{label}\s*:(.*)", re.IGNORECASE)
    objective: tuple[float | None, float] = (None, 0.0)
    while (line := file.peek()) is not None:
        file.take()
        if found := listing.fullmatch(line):
            numbers = numbers_of(file, found[1])
            left -= max(len(numbers), 2)
            if left < 0:
                file.fail(f"more numbers than an instance of {most} can need; give its own solution", file.number)
            lists.append([int(each) for each in numbers])
            if lists[-1] != numbers:
                file.fail(f"expected integers, got {shown(line)}; correct the line", file.number)
        elif objective[0] is None and (found := re.fullmatch(rf"{told}\s*[:\s]\s*(.+)", line, re.IGNORECASE)):
            objective = _rounded(file, found[1])
        else:
            file.fail(f"expected {example!r} or one line '{told.title()} 123', got {shown(line)}", file.number)
    if not lists:
        file.fail(f"no line such as {example!r} is there; add them")
    return Claim(lists if told == "cost" else [item for each in lists for item in each], *objective)


def _json(file: TextFile, instance: Instance) -> Claim:
    text, size = [], 0
    while file.peek() is not None:
        text.append(file.take())
        size += len(text[-1])
        if size > MAX_JSON:
            file.fail(f"a solution in JSON has at most {MAX_JSON} characters; write a .tour or .sol file")
    try:
        told = json.loads("\n".join(text))
    except (ValueError, RecursionError):
        file.fail("this is no JSON; give what 'mdpzoo solve --json' printed")
    if isinstance(told, list):
        return Claim(told, None)
    if "solution" not in told:
        file.fail("the key 'solution' is missing; give what 'mdpzoo solve --json' printed")
    if told.get("problem", instance.problem) != instance.problem:
        file.fail(f"the solution is one of {shown(told['problem'])}, the instance a {instance.problem}; give its own")
    objective = told.get("objective")
    if objective is not None and (isinstance(objective, bool) or not isinstance(objective, int | float)):
        file.fail(f"the objective must be a number, got {shown(objective)}; correct it")
    if objective is not None and not -1e15 < objective < 1e15:
        file.fail(f"the objective must be finite and below 1e15, got {shown(objective)}; correct it")
    return Claim(told["solution"], objective)


def read_solution(path: str | os.PathLike[str], instance: Instance) -> Any:
    """Reads a solution file and returns the solution in its canonical form, checked against the instance.

    Args:
        path: ``.tour``, ``.sol`` or JSON, see the module.
        instance: what it solves.
    Raises:
        InstanceError: anything that is wrong with the file or the solution, in one sentence.
    """
    claim = read_claim(path, instance)
    try:
        return instance.checked(claim.solution)
    except InstanceError as error:
        raise InstanceError(f"{ascii(os.fspath(path))}: {error}; correct the solution") from None


def write_solution(
    path: str | os.PathLike[str], solution: Any, instance: Instance, *, objective: float | None = None
) -> None:
    """Writes a solution, whole or not at all: a ``.tour`` file for TSP and ATSP, a ``.sol`` file for the others.

    Args:
        path: where to; replaced where it exists.
        solution: of the instance.
        instance: what it solves.
        objective: of a solution that was checked before and is in canonical form; None: it is checked here.
    Raises:
        InstanceError: not a solution, a name of several lines, a folder that cannot be written.
    """
    if objective is None:
        solution = instance.checked(solution)
        objective = instance.evaluate(solution)
    if isinstance(instance, CVRPInstance):
        lines = [f"Route #{k}: {' '.join(map(str, route))}" for k, route in enumerate(solution, 1)]
        lines.append(f"Cost {objective}")
    elif isinstance(instance, OPInstance):
        lines = [
            f"NAME : {plain_name(instance.name)}",
            "TYPE : OP",
            f"DIMENSION : {instance.num_nodes}",
            f"COST_LIMIT : {instance.limit:.10g}",
            f"ROUTE_NODES : {len(solution)}",
            f"ROUTE_SCORE : {objective}",
            f"ROUTE_COST : {instance.length(solution)}",
            "NODE_SEQUENCE_SECTION",
            *(str(node + 1) for node in solution),
            *("-1", "DEPOT_SECTION", "1", "-1", "EOF"),
        ]
    elif isinstance(instance, KnapsackInstance):
        parts = [solution[k : k + ITEMS_A_LINE] for k in range(0, max(len(solution), 1), ITEMS_A_LINE)]
        lines = [*(f"Items: {' '.join(map(str, part))}".rstrip() for part in parts), f"Value {objective}"]
    else:
        assert isinstance(instance, RoutingInstance)
        return write_nodes(path, solution, instance.name, objective)
    return write_atomically(path, "\n".join([*lines, ""]).encode("ascii"))
