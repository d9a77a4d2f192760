"""The savings heuristic for routes of limited capacity, the parallel version.

Source: Clarke and Wright 1964, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
Research 12. What differs: with more than ``ALL_PAIRS`` customers, only pairs of near neighbours are considered, so that
memory grows linearly.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.instances import CVRPInstance
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.route_joining import join

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ALL_PAIRS = 2_000  # largest number of customers for which all pairs are stored, 16 bytes each
NEAR = 100  # neighbours of each customer in larger instances


def savings(instance: CVRPInstance, seed: int, budget: Budget) -> SolverResult:
    """Starts with one route for each customer and joins ends of routes in descending order of savings."""
    return SolverResult(savings_routes(instance))


def savings_routes(instance: CVRPInstance) -> list[list[int]]:
    """Returns the routes of the savings heuristic, in O(n^2 log n) time up to ``ALL_PAIRS`` customers."""
    first, second, saved = _pairs(instance)
    order = np.argsort(-saved, kind="stable")
    order = order[saved[order] > 0]
    successor, predecessor = join(first[order], second[order], instance.demands, instance.capacity)
    routes = []
    for start in np.flatnonzero(predecessor[1:] == 0) + 1:
        route = [int(start)]
        while successor[route[-1]]:
            route.append(int(successor[route[-1]]))
        routes.append(route)
    return routes


def _pairs(instance: CVRPInstance) -> tuple[Integers, Integers, Floats]:
    """Returns pairs of customers i < j and the saving of the edge between them, ``[pairs]`` each."""
    customers = np.arange(1, instance.num_nodes)
    home = np.concatenate(([0.0], instance.distance(customers, 0)))
    firsts, seconds, saved = [], [], []
    for i in customers[:-1] if len(customers) <= ALL_PAIRS else customers:
        others = np.arange(i + 1, instance.num_nodes) if len(customers) <= ALL_PAIRS else customers[customers != i]
        far = instance.distance(i, others)
        if len(customers) > ALL_PAIRS:
            near = np.argpartition(far, NEAR)[:NEAR]
            near = near[others[near] > i]
            others, far = others[near], far[near]
        firsts.append(np.full(len(others), i))
        seconds.append(others)
        saved.append(home[i] + home[others] - far)
    if not firsts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(saved)
