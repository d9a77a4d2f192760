"""Compiled joining of routes at their ends, the inner loop of the savings heuristic.

Source: Clarke and Wright 1964, "Scheduling of vehicles from a central depot to a number of delivery points", Operations
Research 12; the parallel version.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing

Integers = NDArray[np.int64]


def join(first: Integers, second: Integers, demands: Integers, capacity: int) -> tuple[Integers, Integers]:
    """Joins routes at their ends, beginning with one route for each customer.

    Args:
        first: ``[m]`` customers; pairs (first, second) are processed in this order.
        second: ``[m]`` customers.
        demands: ``[n]``.
        capacity: of a vehicle.

    Returns:
        The successor and the predecessor of each customer, ``[n]`` each, 0 if that is the depot.
    """
    n = len(demands)
    successor, before = np.zeros(n, np.int64), np.zeros(n, np.int64)
    _join(first, second, capacity, successor, before, np.arange(n), demands.copy(), np.arange(n))
    return successor, before


@borrowing
def _join(
    first: Integers,
    second: Integers,
    capacity: int,
    successor: Integers,
    before: Integers,
    route: Integers,
    load: Integers,
    last: Integers,
) -> None:
    """Fills ``successor`` and ``before``; for a customer at an end of a route, ``last`` is the other end."""
    for k in range(first.shape[0]):
        i, j = first[k], second[k]
        if route[i] == route[j] or load[route[i]] + load[route[j]] > capacity:
            continue
        if (successor[i] and before[i]) or (successor[j] and before[j]):
            continue  # inside a route
        if successor[i]:  # i must be the last customer of its route
            _turn(successor, before, i)
        if before[j]:  # and j the first one of its route
            _turn(successor, before, last[j])
        head, tail = last[i], last[j]
        load[route[i]] += load[route[j]]
        name = route[i]
        successor[i], before[j] = j, i
        node = j
        while node:
            route[node] = name
            node = successor[node]
        last[head], last[tail] = tail, head


@borrowing
def _turn(successor: Integers, before: Integers, start: int) -> None:
    """Reverses the route that begins with ``start``."""
    node = start
    while node:
        ahead = successor[node]
        successor[node], before[node] = before[node], ahead
        node = ahead
