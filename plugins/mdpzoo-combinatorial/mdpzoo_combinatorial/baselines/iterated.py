"""Compiled iterated local search for the four routing problems, the default solver of most instances.

TSP: iterated Lin-Kernighan (``symmetric_search.py``). ATSP: perturbations and 3-opt without reversals
(``asymmetric_search.py``). CVRP: ruin and recreate (``route_search.py``). OP: ``prize_search.py``. Sources are in these
modules.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.descent import costs_of, distance_matrix_of
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.baselines.scaling import with_limit
from mdpzoo_combinatorial.baselines.table import SMALL
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search import symmetric_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

ID = "iterated-local-search"
SMALL_ITERATIONS = 5_000  # for instances of up to ``SMALL`` nodes


def iterated_local_search(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Searches until the time limit, by default 10 seconds; small instances get a fixed number of iterations.

    Raises:
        SettingError: if there are more than ``MATRIX_NODES`` nodes, unless it is a TSP with coordinates in the plane.
    """
    iterations = SMALL_ITERATIONS if instance.num_nodes <= SMALL else None
    if iterations is None and budget.seconds is None:
        budget = with_limit(budget)
    return SolverResult(resolve(PROBLEMS[instance.problem].iterated)(instance, iterations, seed, budget))


def symmetric_tour(instance: TSPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """Returns a tour for symmetric costs."""
    points, matrix = costs_of(instance, ID)
    tour, _ = symmetric_search.search(points, matrix, iterations=iterations, seed=seed, budget=budget)
    return np.roll(tour, -int(np.flatnonzero(tour == 0)[0])).tolist()


def asymmetric_tour(instance: ATSPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """Returns a tour for asymmetric costs."""
    from mdpzoo_combinatorial.local_search import asymmetric_search

    tour, _ = asymmetric_search.search(
        distance_matrix_of(instance, ID), iterations=iterations, seed=seed, budget=budget
    )
    return tour.tolist()


def routes(instance: CVRPInstance, iterations: int | None, seed: int, budget: Budget) -> list[list[int]]:
    """Returns routes for vehicles of limited capacity."""
    from mdpzoo_combinatorial.local_search import route_search

    costs, demands, capacity = distance_matrix_of(instance, ID), instance.demands, instance.capacity
    return route_search.search(costs, demands, capacity, iterations=iterations, seed=seed, budget=budget)[0]


def prize_tour(instance: OPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """Returns a tour of limited length that collects prizes."""
    from mdpzoo_combinatorial.local_search import prize_search

    limit = instance.limit + 0.5 * instance.tolerance  # half of the tolerance for rounding
    costs, prizes = distance_matrix_of(instance, ID), instance.prizes
    return list(prize_search.search(costs, prizes, limit, iterations=iterations, seed=seed, budget=budget))
