"""Reads and writes solution files.

Formats that are written: TSPLIB95's ``.tour`` for TSP and ATSP (nodes from 1), CVRPLIB's ``.sol`` (customers from 1,
the depot is 0), OPLib's ``.sol`` (nodes from 1), and for a knapsack lines ``Items: 0 4 7`` (items from 0) and
``Value 123``. Formats that are read: these, the output of other solvers (``printed_answers``), the output of
``mdpzoo solve --json``, and the solution alone as JSON.
"""

import json
import os
from typing import Any, NamedTuple

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import TextFile, quote, write_atomically
from mdpzoo_combinatorial.files.numbering import solution_of
from mdpzoo_combinatorial.files.printed_answers import Printed, read_printed
from mdpzoo_combinatorial.files.tours import plain_name, write_nodes
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance, RoutingInstance

MAX_JSON = 2 * 2**20  # characters; nested lists take forty times as much memory
ITEMS_A_LINE = 1_000
SOLUTION_KEYS = ("solution", "routes", "tour", "items")
OBJECTIVE_KEYS = ("objective", "cost", "length", "value")


class Claim(NamedTuple):
    """The content of a solution file.

    Attributes:
        solution: nodes or items counted from 0, as the instance expects it; not validated.
        objective: as the file states it; None if it does not.
        slack: rounding error of the objective, half a unit of its last digit.
    """

    solution: Any
    objective: float | None
    slack: float = 0.0


def read_claim(path: str | os.PathLike[str], instance: Instance, ids_from: int | None = None) -> Claim:
    """Reads a solution file without validating the solution.

    Args:
        path: of a file in one of the formats above.
        instance: the instance to be solved.
        ids_from: the number of the first node or item, 0 or 1; None: detected, see ``numbering``.
    Raises:
        InstanceError: if the file cannot be read, or is of another format or problem.
    """
    long = TextFile(path, longest=MAX_JSON)
    first = long.peek()
    if first is None:
        long.fail("the file is empty; pass the file of a solution")
    if first.startswith(("{", "[")):
        claim = _read_json(long, instance)
        lists = _lists(claim.solution)
        printed = Printed(lists, 0, claim.objective, claim.slack)
        return claim._replace(solution=solution_of(long, printed, instance, ids_from)) if lists else claim
    file = TextFile(path)
    printed = read_printed(file, instance)
    return Claim(solution_of(file, printed, instance, ids_from), printed.objective, printed.slack)


def _read_json(file: TextFile, instance: Instance) -> Claim:
    text, size = [], 0
    while file.peek() is not None:
        text.append(file.take())
        size += len(text[-1])
        if size > MAX_JSON:
            file.fail(f"a solution in JSON has at most {MAX_JSON} characters; write a .tour or .sol file")
    try:
        value = json.loads("\n".join(text))
    except (ValueError, RecursionError):
        file.fail("this is not valid JSON; pass the output of 'mdpzoo solve --json'")
    if isinstance(value, list):
        return Claim(value, None)
    key = next((key for key in SOLUTION_KEYS if key in value), None)
    if key is None:
        file.fail("the key 'solution' is missing; pass the output of 'mdpzoo solve --json'")
    if value.get("problem", instance.problem) != instance.problem:
        kind = quote(value["problem"])
        file.fail(f"the solution is for {kind}, but the instance is a {instance.problem}; pass the right file")
    objective = next((value[each] for each in OBJECTIVE_KEYS if each in value), None)
    if objective is not None and (isinstance(objective, bool) or not isinstance(objective, int | float)):
        file.fail(f"the objective must be a number, got {quote(objective)}; correct it")
    if objective is not None and not -1e15 < objective < 1e15:
        file.fail(f"the objective must be finite and below 1e15, got {quote(objective)}; correct it")
    return Claim(value[key], objective)


def _lists(solution: Any) -> list[list[int]]:
    """Returns a list of integers, or a list of such lists, as a list of lists; an empty list for anything else."""
    lists = solution if isinstance(solution, list) and all(isinstance(each, list) for each in solution) else [solution]
    integers = all(isinstance(part, list) and all(type(each) is int for each in part) for part in lists)
    return lists if integers else []


def read_solution(path: str | os.PathLike[str], instance: Instance) -> Any:
    """Reads a solution file and returns the solution in canonical form, validated against the instance.

    Args:
        path: of a ``.tour``, ``.sol`` or JSON file, see the module.
        instance: the solved instance.
    Raises:
        InstanceError: if the file or the solution is not valid; the message is one sentence.
    """
    claim = read_claim(path, instance)
    try:
        return instance.validate(claim.solution)
    except InstanceError as error:
        raise InstanceError(f"{ascii(os.fspath(path))}: {error}; correct the solution") from None


def write_solution(
    path: str | os.PathLike[str], solution: Any, instance: Instance, *, objective: float | None = None
) -> None:
    """Writes a solution atomically: a ``.tour`` file for TSP and ATSP, a ``.sol`` file for the others.

    Args:
        path: of the file, which is replaced if it exists.
        solution: of the instance.
        instance: the solved instance.
        objective: of a solution that is already validated and in canonical form; None: it is validated here.
    Raises:
        InstanceError: if it is not a solution, the instance's name has several lines, or the file cannot be written.
    """
    if objective is None:
        solution = instance.validate(solution)
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
