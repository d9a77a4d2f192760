"""Iterated local search for the four routing problems, compiled and without an extra: what most answers come from.

TSP: kicks and 3-opt (``three_opt.py``). ATSP: the same without reversals (``asymmetric_search.py``). CVRP: ruin and
recreate (``route_search.py``). OP: ``prize_search.py``. Each file names its sources.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.descent import MATRIX_NODES, PLANAR, stored
from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.baselines.scaling import limited
from mdpzoo_combinatorial.baselines.table import SMALL
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search import three_opt
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.neighbours import EMPTY, full_matrix, greedy, nearest, tour_length
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

ID = "iterated-local-search"
ENOUGH = 5_000  # iterations, after which it does
PIECE = 100  # kicks between two looks at the clock
REPORTS = 10  # pieces between two reports


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
    n, kind = instance.num_nodes, instance.edge_weight_type
    points = matrix = EMPTY
    if instance.coordinates is not None and (kind == "EUCLIDEAN" or (n > MATRIX_NODES and kind in PLANAR)):
        points = instance.coordinates
        distances = full_matrix(points) if n <= three_opt.MATRIX_LIMIT else EMPTY
    else:
        distances = matrix = stored(instance, ID)
    if n <= 3:
        return list(range(n))
    near = nearest(points, matrix, min(three_opt.NEIGHBOURS, n - 1))
    search = three_opt.prepared(points, distances, near, greedy(points, matrix, near, 0), seed, 0)
    epsilon = three_opt.resolution(points if matrix.size == 0 else matrix)
    three_opt.improve(search, epsilon, 0)  # compiles both where they are not on disk, before the clock starts
    three_opt.iterate(search, 0, epsilon)
    while search.counters[1] and not budget.spent:
        search.counters[2] = 0  # of the log, which only kicks need
        three_opt.improve(search, epsilon, PIECE)
    pieces = 0
    while not budget.spent and (iterations is None or pieces * PIECE < iterations):
        three_opt.iterate(search, PIECE, epsilon)
        pieces += 1
        if pieces % REPORTS == 0:
            budget.tell(pieces * PIECE, float(tour_length(points, distances, search.tour)))
    return np.roll(search.tour, -int(search.position[0])).tolist()


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
