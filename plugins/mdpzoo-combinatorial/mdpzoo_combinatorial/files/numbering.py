"""From numbers as a solver prints them to nodes and items counted from 0.

Solvers count nodes and items from 0 or from 1, list the depot or leave it out, and repeat the first node of a closed
tour or do not. A list is read in the one way that makes it a solution; where two ways do, the error names both.
"""

from typing import Any

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import TextFile
from mdpzoo_combinatorial.files.printed_answers import Printed
from mdpzoo_combinatorial.instances import CVRPInstance, Instance, KnapsackInstance, OPInstance

SLACK = 1e-6  # by which an objective that is no integer may differ


def solution_of(file: TextFile, printed: Printed, instance: Instance, ids_from: int | None) -> Any:
    """Returns the solution counted from 0; one that is wrong is returned as its format counts.

    Args:
        file: for errors.
        printed: what it says.
        instance: what it should solve.
        ids_from: 0 or 1, what the first node or item is called; None: whatever fits.
    Raises:
        InstanceError: if two ways of counting make it a solution and nothing tells them apart.
    """
    usual = 0 if printed.first is None else printed.first
    if ids_from is not None:
        return _counted(printed, instance, ids_from)
    worth = {first: _objective(instance, _counted(printed, instance, first)) for first in (0, 1)}
    fits = [first for first in (0, 1) if worth[first] is not None]
    told = [first for first in fits if printed.objective is not None and agrees(printed, worth[first])]
    if len(fits) < 2:
        return _counted(printed, instance, fits[0] if fits else usual)
    if usual in told or (printed.first is not None and not told):
        return _counted(printed, instance, usual)
    if len(told) == 1 and printed.first is None:
        return _counted(printed, instance, told[0])
    both = f"worth {worth[0]:.10g} if counted from 0 and {worth[1]:.10g} if counted from 1"
    file.fail(f"the solution is {both}; say which with --ids-from")


def agrees(printed: Any, objective: int | float | None) -> bool:
    """Whether what a file claims is the objective, but for the rounding of its last digit."""
    if objective is None or printed.objective is None:
        return False
    slack = 0.0 if isinstance(objective, int) else max(1.001 * printed.slack, SLACK * abs(objective))
    return bool(abs(printed.objective - objective) <= slack)


def _objective(instance: Instance, solution: Any) -> int | float | None:
    """The objective, or None where it is no solution."""
    try:
        return instance.objective(solution)
    except InstanceError:
        return None


def _counted(printed: Printed, instance: Instance, first: int) -> Any:
    """The solution if ``first`` is what the first node or item is called."""
    lists = [[each - first for each in listed] for listed in printed.lists]
    if isinstance(instance, CVRPInstance):
        depots = {0, *range(instance.num_nodes, 2 * instance.num_nodes)} if not printed.implied else {0}
        return _split(lists, depots)
    listed = [each for part in lists for each in part]
    if isinstance(instance, KnapsackInstance):
        return listed
    if len(listed) > 1 and listed[0] == listed[-1]:
        listed.pop()
    depot_missing = isinstance(instance, OPInstance) or len(listed) == instance.num_nodes - 1
    return [0, *listed] if printed.implied and depot_missing and 0 not in listed else listed


def _split(lists: list[list[int]], depots: set[int]) -> list[list[int]]:
    """Routes without the depot, which lists may begin and end with or have between routes."""
    routes: list[list[int]] = []
    for listed in lists:
        routes.append([])
        for node in listed:
            if node in depots:
                routes.append([])
            else:
                routes[-1].append(node)
    return [route for route in routes if route]
