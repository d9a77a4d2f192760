"""Converts the numbers that a solver prints to nodes and items counted from 0.

Solvers count nodes and items from 0 or from 1, may list the depot or omit it, and may repeat the first node of a tour.
A list is interpreted so that it is a solution; if two interpretations are solutions, the error names both.
"""

from typing import Any

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import TextFile
from mdpzoo_combinatorial.files.printed_answers import Printed
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance

SLACK = 1e-6  # relative tolerance of objectives that are not integers


def solution_of(file: TextFile, printed: Printed, instance: Instance, ids_from: int | None) -> Any:
    """Returns the solution counted from 0; if it is not a solution, converted as its format specifies.

    Args:
        file: for errors.
        printed: the content of the file.
        instance: the instance to be solved.
        ids_from: the number of the first node or item, 0 or 1; None: detected.
    Raises:
        InstanceError: if both 0 and 1 make it a solution and its objective does not decide between them.
    """
    usual = 0 if printed.first is None else printed.first
    if ids_from is not None:
        return _renumber(printed, instance, ids_from)
    objectives = {first: _objective(instance, _renumber(printed, instance, first)) for first in (0, 1)}
    fits = [first for first in (0, 1) if objectives[first] is not None]
    agreeing = [first for first in fits if printed.objective is not None and agrees(printed, objectives[first])]
    if len(fits) < 2:
        return _renumber(printed, instance, fits[0] if fits else usual)
    if usual in agreeing or (printed.first is not None and not agreeing):
        return _renumber(printed, instance, usual)
    if len(agreeing) == 1 and printed.first is None:
        return _renumber(printed, instance, agreeing[0])
    both = f"the objective {objectives[0]:.10g} if counted from 0 and {objectives[1]:.10g} if counted from 1"
    file.fail(f"the solution has {both}; choose one with --ids-from")


def agrees(printed: Any, objective: int | float | None) -> bool:
    """Returns whether the objective in a file is that of its solution, up to rounding of its last digit."""
    if objective is None or printed.objective is None:
        return False
    slack = 0.0 if isinstance(objective, int) else max(1.001 * printed.slack, SLACK * abs(objective))
    return bool(abs(printed.objective - objective) <= slack)


def _objective(instance: Instance, solution: Any) -> int | float | None:
    """Returns the objective; None if it is not a solution."""
    try:
        return instance.objective(solution)
    except InstanceError:
        return None


def _renumber(printed: Printed, instance: Instance, first: int) -> Any:
    """Returns the solution counted from 0 if the first node or item has the number ``first``."""
    lists = [[each - first for each in listed] for listed in printed.lists]
    if isinstance(instance, CVRPInstance):
        depots = {0, *range(instance.num_nodes, 2 * instance.num_nodes)} if not printed.depot_optional else {0}
        return _split(lists, depots)
    listed = [each for part in lists for each in part]
    if isinstance(instance, KnapsackInstance):
        return listed
    if len(listed) > 1 and listed[0] == listed[-1]:
        listed.pop()
    depot_missing = isinstance(instance, OPInstance) or len(listed) == instance.num_nodes - 1
    return [0, *listed] if printed.depot_optional and depot_missing and 0 not in listed else listed


def _split(lists: list[list[int]], depots: set[int]) -> list[list[int]]:
    """Returns routes without the depot, which may be at the ends of lists and between routes."""
    routes: list[list[int]] = []
    for listed in lists:
        routes.append([])
        for node in listed:
            if node in depots:
                routes.append([])
            else:
                routes[-1].append(node)
    return [route for route in routes if route]
