"""A script that runs OR-tools on one task and writes each improved solution."""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def _route(model: Any, manager: Any, vehicle: int) -> list[int]:
    """Returns the nodes that a vehicle visits, beginning with the depot."""
    index, nodes = model.Start(vehicle), []
    while not model.IsEnd(index):
        nodes.append(manager.IndexToNode(index))
        index = model.NextVar(index).Value()
    return nodes


def _routing(task: dict[str, Any], write: Callable[[Any], None]) -> None:
    """Guided local search on ``matrix``, ``vehicles``; with ``demands``, ``capacity`` or ``penalties``, ``limit``."""
    from ortools.constraint_solver import pywrapcp, routing_enums_pb2

    matrix, vehicles = task["matrix"], task["vehicles"]
    manager = pywrapcp.RoutingIndexManager(len(matrix), vehicles, 0)
    model = pywrapcp.RoutingModel(manager)
    transit = model.RegisterTransitMatrix(matrix)
    model.SetArcCostEvaluatorOfAllVehicles(transit)
    strategy = routing_enums_pb2.FirstSolutionStrategy.PATH_CHEAPEST_ARC
    if task.get("demands"):
        load = model.RegisterUnaryTransitVector(task["demands"])
        model.AddDimension(load, 0, task["capacity"], True, "load")
        strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    if task.get("penalties"):
        strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
        model.AddDimension(transit, 0, task["limit"], True, "length")
        for node in range(1, len(matrix)):
            model.AddDisjunction([manager.NodeToIndex(node)], task["penalties"][node])
    settings = pywrapcp.DefaultRoutingSearchParameters()
    settings.first_solution_strategy = strategy
    settings.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    settings.time_limit.FromMilliseconds(int(1000 * task["seconds"]))
    best = [float("inf")]

    def report() -> None:
        cost = model.CostVar().Value()
        if cost < best[0]:
            best[0] = cost
            write([_route(model, manager, vehicle) for vehicle in range(vehicles)])

    model.AddAtSolutionCallback(report)
    model.SolveWithParameters(settings)


def _knapsack(task: dict[str, Any], write: Callable[[Any], None]) -> None:
    """Branch and bound: ``values``, ``weights``, ``capacity``."""
    from ortools.algorithms.python import knapsack_solver

    kind = knapsack_solver.SolverType.KNAPSACK_MULTIDIMENSION_BRANCH_AND_BOUND_SOLVER
    solver = knapsack_solver.KnapsackSolver(kind, "knapsack")
    solver.set_time_limit(task["seconds"])
    solver.init(task["values"], [task["weights"]], [task["capacity"]])
    solver.solve()
    items = [item for item in range(len(task["values"])) if solver.best_solution_contains(item)]
    write({"items": items, "optimal": solver.is_solution_optimal()})


def main() -> None:
    """Reads the task from standard input."""
    task = json.load(sys.stdin)
    if task["alarm"] and hasattr(signal, "alarm"):
        signal.alarm(task["alarm"])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)

    def write(answer: Any) -> None:
        out.write(json.dumps(answer) + "\n")
        out.flush()

    solve = _knapsack if "values" in task else _routing
    _import()
    write(None)  # ready
    solve(task, write)


def _import() -> None:
    """Imports OR-tools before the time limit starts."""
    from ortools.algorithms.python import knapsack_solver  # noqa: F401
    from ortools.constraint_solver import pywrapcp  # noqa: F401


if __name__ == "__main__":
    main()
