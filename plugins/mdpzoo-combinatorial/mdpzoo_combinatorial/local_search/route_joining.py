"""Compiled joining of routes at their ends, the inner loop of the savings heuristic.

Source: Clarke and Wright 1964, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
Research 12; the parallel version.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, compiled

Integers = NDArray[np.int64]


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


@borrowing
def _turn(following: Integers, before: Integers, start: int) -> None:
    """Reverses the route that begins with ``start``."""
    node = start
    while node:
        ahead = following[node]
        following[node], before[node] = before[node], ahead
        node = ahead
