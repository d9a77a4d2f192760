"""Iterated local search for the four routing problems, compiled and without an extra: what most answers come from.

TSP: iterated Lin-Kernighan (``symmetric_search.py``). ATSP: kicks and 3-opt without reversals
(``asymmetric_search.py``). CVRP: ruin and recreate (``route_search.py``). OP: ``prize_search.py``. Each names its
sources.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.descent import costs_of, stored
from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.baselines.scaling import limited
from mdpzoo_combinatorial.baselines.table import SMALL
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search import symmetric_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

ID = "iterated-local-search"
ENOUGH = 5_000  # iterations, after which it does


def iterated_local_search(instance: Any, seed: int, budget: Budget) -> Found:
    """Searches until the time is up, 10 seconds where there is no limit; of up to ``SMALL`` nodes, ``ENOUGH`` rounds.

    Raises:
        SettingError: more than ``MATRIX_NODES`` nodes; a TSP with coordinates in the plane may have any number.
    """
    iterations = ENOUGH if instance.num_nodes <= SMALL else None
    if iterations is None and budget.seconds is None:
        budget = limited(budget)
    return Found(resolve(PROBLEMS[instance.problem].iterated)(instance, iterations, seed, budget))


def symmetric_tour(instance: TSPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """A tour of symmetric costs."""
    points, matrix = costs_of(instance, ID)
    tour, _ = symmetric_search.search(points, matrix, iterations=iterations, seed=seed, budget=budget)
    return np.roll(tour, -int(np.flatnonzero(tour == 0)[0])).tolist()


def asymmetric_tour(instance: ATSPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """A tour of asymmetric costs."""
    from mdpzoo_combinatorial.local_search import asymmetric_search

    tour, _ = asymmetric_search.search(stored(instance, ID), iterations=iterations, seed=seed, budget=budget)
    return tour.tolist()


def routes(instance: CVRPInstance, iterations: int | None, seed: int, budget: Budget) -> list[list[int]]:
    """Routes of vehicles with a capacity."""
    from mdpzoo_combinatorial.local_search import route_search

    costs, demands, capacity = stored(instance, ID), instance.demands, instance.capacity
    return route_search.search(costs, demands, capacity, iterations=iterations, seed=seed, budget=budget)[0]


def prize_tour(instance: OPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """A tour of limited length that collects prizes."""
    from mdpzoo_combinatorial.local_search import prize_search

    limit = instance.limit + 0.5 * instance.tolerance  # half of what rounding may add
    costs, prizes = stored(instance, ID), instance.prizes
    return list(prize_search.search(costs, prizes, limit, iterations=iterations, seed=seed, budget=budget))
