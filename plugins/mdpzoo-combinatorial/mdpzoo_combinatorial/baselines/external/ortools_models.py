"""OR-tools for all five problems: guided local search on its routing model, branch and bound for the knapsack.

Source: Perron and Furnon, OR-tools, version 9.15; Voudouris and Tsang 1999 (guided local search). It runs in a child
process (``child_process.py``), so that its best solution is available when the time limit is reached.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.clarke_wright import savings_routes
from mdpzoo_combinatorial.baselines.descent import distance_matrix_of
from mdpzoo_combinatorial.baselines.external.child_process import answers
from mdpzoo_combinatorial.baselines.external.stand_ins import stand_in
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.baselines.scaling import (
    LIMIT,
    integer_limit,
    scale_factor,
    to_integers,
    to_integers_up,
    with_limit,
)
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance
from mdpzoo_combinatorial.instances.checking import in_whole_units
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

LARGEST_COST = 10_000_000.0
LARGEST_PRIZE = 10_000.0
MIN_SECONDS = 0.05  # of a search
SPARE_VEHICLES = 3  # in addition to the number of routes of the savings heuristic
LARGEST_INTEGER = 2.0**53  # for values and weights


def ortools(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Searches until the time limit, by default 10 seconds; for a knapsack, until the optimum is proven.

    The seed is not used, since OR-tools has none.
    """
    budget = with_limit(budget)
    if isinstance(instance, KnapsackInstance):
        return _knapsack(instance, budget)
    if instance.num_nodes <= 2:
        return stand_in(instance)
    best, least = None, float("inf")
    for rounds, routes in enumerate(answers("ortools_child.py", _task(instance, budget), budget), 1):
        solution = [route[1:] for route in routes if route[1:]] if PROBLEMS[instance.problem].routes else routes[0]
        objective = instance.objective(solution)
        if (cost := -objective if instance.maximise else objective) < least:
            best, least = solution, cost
        budget.tell(rounds, abs(least))
    return stand_in(instance) if best is None else SolverResult(best)


def _task(instance: Any, budget: Budget) -> dict[str, Any]:
    costs = distance_matrix_of(instance, "ortools")
    by = scale_factor(costs, instance.integral, LARGEST_COST)
    matrix = to_integers_up(costs, by) if PROBLEMS[instance.problem].length_limited else to_integers(costs, by)
    task = {"matrix": matrix.tolist(), "vehicles": 1, "seconds": max(MIN_SECONDS, budget.seconds or LIMIT)}
    if isinstance(instance, CVRPInstance):
        task |= {"demands": instance.demands.tolist(), "capacity": instance.capacity}
        task |= {"vehicles": len(savings_routes(instance)) + SPARE_VEHICLES}
    if isinstance(instance, OPInstance):
        limit = integer_limit(instance.limit + instance.tolerance, by, matrix)
        integral = bool((instance.prizes == np.floor(instance.prizes)).all())
        penalties = to_integers(instance.prizes, scale_factor(instance.prizes, integral, LARGEST_PRIZE)) * (limit + 1)
        task |= {"penalties": penalties.tolist(), "limit": limit}
    return task


def _knapsack(instance: KnapsackInstance, budget: Budget) -> SolverResult:
    units, exact_values = instance.in_units, in_whole_units(instance.values.tolist())
    values = instance.values if exact_values is None else np.array(exact_values, np.float64)
    values_by = scale_factor(values, exact_values is not None, LARGEST_INTEGER)
    weights_by = scale_factor([*units.weights, units.capacity], units.exact, LARGEST_INTEGER)
    fits = np.flatnonzero(units.weights <= units.capacity)
    task = {
        "values": to_integers(values[fits], values_by).tolist(),
        "weights": to_integers_up(units.weights[fits], weights_by).tolist(),
        "capacity": int(np.floor(units.capacity * weights_by)),
        "seconds": max(MIN_SECONDS, budget.seconds or LIMIT),
    }
    for answer in answers("ortools_child.py", task, budget) if len(fits) else ():
        exact = exact_values is not None and units.exact and values_by == weights_by == 1.0
        return SolverResult(fits[answer["items"]].tolist(), bool(exact and answer["optimal"]))
    return stand_in(instance)
