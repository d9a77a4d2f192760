"""Solution files: what they say, before anything is checked against the instance; and files of our own.

We write TSPLIB95's ``.tour`` for TSP and ATSP (nodes from 1), CVRPLIB's ``.sol`` (customers from 1, the depot is 0),
OPLib's ``.sol`` (nodes from 1) and for a knapsack lines ``Items: 0 4 7`` (items from 0) and ``Value 123``. We read
these, what other solvers print (``printed_answers``), the JSON that ``mdpzoo solve --json`` prints, and the solution
alone as JSON.
"""

import json
import os
from typing import Any, NamedTuple

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import TextFile, shown, write_atomically
from mdpzoo_combinatorial.files.numbering import solution_of
from mdpzoo_combinatorial.files.printed_answers import Printed, read_printed
from mdpzoo_combinatorial.files.tours import plain_name, write_nodes
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance, RoutingInstance

MAX_JSON = 2 * 2**20  # characters; lists in lists take forty times as much memory
ITEMS_A_LINE = 1_000
SOLUTION_KEYS = ("solution", "routes", "tour", "items")
OBJECTIVE_KEYS = ("objective", "cost", "length", "value")


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


def read_claim(path: str | os.PathLike[str], instance: Instance, ids_from: int | None = None) -> Claim:
    """Reads a solution file and checks nothing but its form.

    Args:
        path: in one of the formats above.
        instance: what it should solve.
        ids_from: 0 or 1, what the first node or item is called; None: whatever fits, see ``numbering``.
    Raises:
        InstanceError: a file that cannot be read, of another format or another problem.
    """
    long = TextFile(path, longest=MAX_JSON)
    first = long.peek()
    if first is None:
        long.fail("the file is empty; give a solution")
    if first.startswith(("{", "[")):
        claim = _json(long, instance)
        lists = _lists(claim.solution)
        printed = Printed(lists, 0, claim.objective, claim.slack)
        return claim._replace(solution=solution_of(long, printed, instance, ids_from)) if lists else claim
    file = TextFile(path)
    printed = read_printed(file, instance)
    return Claim(solution_of(file, printed, instance, ids_from), printed.objective, printed.slack)


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
    key = next((key for key in SOLUTION_KEYS if key in told), None)
    if key is None:
        file.fail("the key 'solution' is missing; give what 'mdpzoo solve --json' printed")
    if told.get("problem", instance.problem) != instance.problem:
        file.fail(f"the solution is one of {shown(told['problem'])}, the instance a {instance.problem}; give its own")
    objective = next((told[each] for each in OBJECTIVE_KEYS if each in told), None)
    if objective is not None and (isinstance(objective, bool) or not isinstance(objective, int | float)):
        file.fail(f"the objective must be a number, got {shown(objective)}; correct it")
    if objective is not None and not -1e15 < objective < 1e15:
        file.fail(f"the objective must be finite and below 1e15, got {shown(objective)}; correct it")
    return Claim(told[key], objective)


def _lists(solution: Any) -> list[list[int]]:
    """A list of integers, or lists of them, as lists; nothing of anything else."""
    lists = solution if isinstance(solution, list) and all(isinstance(each, list) for each in solution) else [solution]
    integers = all(isinstance(part, list) and all(type(each) is int for each in part) for part in lists)
    return lists if integers else []


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
        return instance.validate(claim.solution)
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
