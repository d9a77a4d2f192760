"""The savings heuristic for routes of limited capacity, the parallel version.

Source: Clarke and Wright 1964, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
Research 12. What differs: with more than ``ALL_PAIRS`` customers only pairs of near neighbours are considered, so that
memory grows linearly.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled
from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.budget import Budget
from mdpzoo_combinatorial.instances import CVRPInstance

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


@compiled
def join(first: Integers, second: Integers, demands: Integers, capacity: int) -> tuple[Integers, Integers]:
    """Joins routes at their ends; returns each customer's successor and predecessor, 0 where that is the depot."""
    n = demands.shape[0]
    following, before = np.zeros(n, np.int64), np.zeros(n, np.int64)
    route, load = np.arange(n), demands.copy()
    last = np.arange(n)  # of the route that is called by its own name: the other end, for a customer at an end
    for k in range(first.shape[0]):
        i, j = first[k], second[k]
        if route[i] == route[j] or load[route[i]] + load[route[j]] > capacity:
            continue
        if (following[i] and before[i]) or (following[j] and before[j]):
            continue  # inside a route
        if following[i]:  # i must be a last customer
            _turn(following, before, i)
        if before[j]:  # j must be a first one
            _turn(following, before, last[j])
        head, tail = last[i], last[j]
        load[route[i]] += load[route[j]]
        name = route[i]
        following[i], before[j] = j, i
        node = j
        while node:
            route[node] = name
            node = following[node]
        last[head], last[tail] = tail, head
    return following, before


@compiled
def _turn(following: Integers, before: Integers, start: int) -> None:
    """Reverses the route that begins with ``start``."""
    node = start
    while node:
        ahead = following[node]
        following[node], before[node] = before[node], ahead
        node = ahead
