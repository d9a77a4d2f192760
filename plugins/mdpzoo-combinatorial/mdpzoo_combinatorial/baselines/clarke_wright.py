"""The savings heuristic for routes of limited capacity, the parallel version.

Source: Clarke and Wright 1964, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
Research 12. What differs: with more than ``ALL_PAIRS`` customers only pairs of near neighbours are considered, so that
memory grows linearly.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.instances import CVRPInstance
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.route_joining import join

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
ALL_PAIRS = 2_000  # customers; their savings take 16 bytes a pair
NEAR = 100  # neighbours of a customer beyond


def savings(instance: CVRPInstance, seed: int, budget: Budget) -> Found:
    """Begins with a route for every customer and joins ends of routes, the largest saving first."""
    return Found(joined(instance))


def joined(instance: CVRPInstance) -> list[list[int]]:
    """The routes of the savings heuristic. Costs O(n^2 log n) time up to ``ALL_PAIRS`` customers."""
    first, second, saved = _pairs(instance)
    order = np.argsort(-saved, kind="stable")
    order = order[saved[order] > 0]
    following, before = join(first[order], second[order], instance.demands, instance.capacity)
    routes = []
    for start in np.flatnonzero(before[1:] == 0) + 1:
        route = [int(start)]
        while following[route[-1]]:
            route.append(int(following[route[-1]]))
        routes.append(route)
    return routes


def _pairs(instance: CVRPInstance) -> tuple[Integers, Integers, Floats]:
    """Customers i < j and what it saves to go from one to the other instead of home, ``[pairs]`` each."""
    names = np.arange(1, instance.num_nodes)
    home = np.concatenate(([0.0], instance.distance(names, 0)))
    firsts, seconds, saved = [], [], []
    for i in names[:-1] if len(names) <= ALL_PAIRS else names:
        others = np.arange(i + 1, instance.num_nodes) if len(names) <= ALL_PAIRS else names[names != i]
        far = instance.distance(i, others)
        if len(names) > ALL_PAIRS:
            near = np.argpartition(far, NEAR)[:NEAR]
            near = near[others[near] > i]
            others, far = others[near], far[near]
        firsts.append(np.full(len(others), i))
        seconds.append(others)
        saved.append(home[i] + home[others] - far)
    if not firsts:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    return np.concatenate(firsts), np.concatenate(seconds), np.concatenate(saved)
