"""All five problems as OR-tools': guided local search on its routing model, branch and bound for the knapsack.

Source: Perron and Furnon, OR-tools, version 9.15; Voudouris and Tsang 1999 (guided local search). It runs in a process
of its own (``child_process.py``), so that every better answer is at hand when the time is up.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.clarke_wright import joined
from mdpzoo_combinatorial.baselines.descent import stored
from mdpzoo_combinatorial.baselines.external.child_process import answers
from mdpzoo_combinatorial.baselines.external.stand_ins import standing_in
from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.baselines.scaling import LIMIT, factor, limited, whole, whole_limit, whole_up
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance
from mdpzoo_combinatorial.instances.checking import in_whole_units
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

LARGEST_COST = 10_000_000.0
LARGEST_PRIZE = 10_000.0
LEAST = 0.05  # seconds that it may search
SPARE = 3  # vehicles more than the savings heuristic takes
LARGEST_WHOLE = 2.0**53  # of values and weights as integers


def ortools(instance: Any, seed: int, budget: Budget) -> Found:
    """Searches until the time is up, 10 seconds where there is no limit; a knapsack until its optimum is proven.

    The seed changes nothing: OR-tools draws none.
    """
    budget = limited(budget)
    if isinstance(instance, KnapsackInstance):
        return _knapsack(instance, budget)
    if instance.num_nodes <= 2:
        return standing_in(instance)
    best, least = None, float("inf")
    for rounds, routes in enumerate(answers("ortools_child.py", _task(instance, budget), budget), 1):
        solution = [route[1:] for route in routes if route[1:]] if PROBLEMS[instance.problem].routes else routes[0]
        objective = instance.objective(solution)
        if (worth := -objective if instance.maximise else objective) < least:
            best, least = solution, worth
        budget.tell(rounds, abs(least))
    return standing_in(instance) if best is None else Found(best)


def _task(instance: Any, budget: Budget) -> dict[str, Any]:
    costs = stored(instance, "ortools")
    by = factor(costs, instance.integral, LARGEST_COST)
    matrix = whole_up(costs, by) if PROBLEMS[instance.problem].length_limited else whole(costs, by)
    task = {"matrix": matrix.tolist(), "vehicles": 1, "seconds": max(LEAST, budget.seconds or LIMIT)}
    if isinstance(instance, CVRPInstance):
        task |= {"demands": instance.demands.tolist(), "capacity": instance.capacity}
        task |= {"vehicles": len(joined(instance)) + SPARE}
    if isinstance(instance, OPInstance):
        limit = whole_limit(instance.limit + instance.tolerance, by, matrix)
        integral = bool((instance.prizes == np.floor(instance.prizes)).all())
        worth = whole(instance.prizes, factor(instance.prizes, integral, LARGEST_PRIZE)) * (limit + 1)
        task |= {"worth": worth.tolist(), "limit": limit}
    return task


def _knapsack(instance: KnapsackInstance, budget: Budget) -> Found:
    units, exact_values = instance.in_units, in_whole_units(instance.values.tolist())
    values = instance.values if exact_values is None else np.array(exact_values, np.float64)
    values_by = factor(values, exact_values is not None, LARGEST_WHOLE)
    weights_by = factor([*units.weights, units.capacity], units.exact, LARGEST_WHOLE)
    fits = np.flatnonzero(units.weights <= units.capacity)
    task = {
        "values": whole(values[fits], values_by).tolist(),
        "weights": whole_up(units.weights[fits], weights_by).tolist(),
        "capacity": int(np.floor(units.capacity * weights_by)),
        "seconds": max(LEAST, budget.seconds or LIMIT),
    }
    for answer in answers("ortools_child.py", task, budget) if len(fits) else ():
        exact = exact_values is not None and units.exact and values_by == weights_by == 1.0
        return Found(fits[answer["items"]].tolist(), bool(exact and answer["optimal"]))
    return standing_in(instance)
