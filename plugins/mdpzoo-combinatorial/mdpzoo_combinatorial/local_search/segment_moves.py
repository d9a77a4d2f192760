"""Compiled Or-opt for asymmetric tours: two neighbouring segments change places, and none is reversed.

Sources: Or 1976; Kanellakis and Papadimitriou 1980, "Local search for the asymmetric traveling salesman problem",
Operations Research 28 (3-opt without reversal). Segments may be of any length; both new edges that a move chooses lead
to near neighbours. Costs O(n) for a move made, O(k^2) for one tried.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled
from mdpzoo_combinatorial.local_search.kernels.neighbours import wrap

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def _swapped(tour: Integers, place: Integers, first: int, middle: int, last: int) -> None:
    """Changes first..middle with middle + 1..last, places of the ring."""
    n = tour.shape[0]
    one, two = wrap(middle - first, n) + 1, wrap(last - middle, n)
    kept = np.empty(one + two, np.int64)
    for k in range(two):
        kept[k] = tour[(middle + 1 + k) % n]
    for k in range(one):
        kept[two + k] = tour[(first + k) % n]
    for k in range(one + two):
        where = (first + k) % n
        tour[where] = kept[k]
        place[kept[k]] = where


@compiled
def _improve_at(
    costs: Floats, towards: Integers, from_: Integers, tour: Integers, place: Integers, a: int, epsilon: float
) -> tuple[float, int, int]:
    """Makes the first gaining move that removes the edge behind a; returns its gain, or 0, and two ends that it moved.

    a, [a1 .. b], [b1 .. c], c1 becomes a, [b1 .. c], [a1 .. b], c1: the new edges are (a, b1), (c, a1) and (b, c1).
    """
    n = tour.shape[0]
    a1 = tour[wrap(place[a] + 1, n)]
    g0 = costs[a, a1]
    for b1 in towards[a]:
        g1 = g0 - costs[a, b1]
        if g1 <= epsilon:
            break
        if b1 == a1:
            continue
        b = tour[wrap(place[b1] - 1, n)]
        g2 = g1 + costs[b, b1]
        far = wrap(place[b1] - place[a], n)
        for c in from_[a1]:
            g3 = g2 - costs[c, a1]
            if g3 + costs[c, tour[wrap(place[c] + 1, n)]] <= epsilon:
                continue
            if wrap(place[c] - place[a], n) < far or c == a:
                continue  # c must lie behind b1, and before a comes round again
            c1 = tour[wrap(place[c] + 1, n)]
            gain = g3 + costs[c, c1] - costs[b, c1]
            if gain > epsilon:
                _swapped(tour, place, place[a1], place[b], place[c])
                return gain, b, c
    return 0.0, a, a


@compiled
def descend(
    costs: Floats,
    towards: Integers,
    from_: Integers,
    tour: Integers,
    waiting: NDArray[np.bool_],
    epsilon: float,
    rounds: int,
) -> bool:
    """Tries the nodes that wait, so many at most; returns whether none is left.

    Args:
        costs: ``[n, n]``, from the row's node to the column's.
        towards: ``[n, k]``, the nodes that each one reaches most cheaply.
        from_: ``[n, k]``, those from which each one is reached most cheaply.
        tour: ``[n]``, changed in place.
        waiting: ``[n]``, whose edges have changed since they were tried.
        epsilon: smaller gains are rounding.
        rounds: nodes to try.
    """
    n = tour.shape[0]
    place = np.empty(n, np.int64)
    for k in range(n):
        place[tour[k]] = k
    tried = 0
    while True:
        none = True
        for a in range(n):
            if not waiting[a]:
                continue
            if tried >= rounds:
                return False
            none = False
            tried += 1
            a1 = tour[wrap(place[a] + 1, n)]
            gain, b, c = _improve_at(costs, towards, from_, tour, place, a, epsilon)
            waiting[a] = gain > 0.0
            if gain > 0.0:
                for node in (a1, b, c):
                    waiting[node] = True
                    waiting[tour[wrap(place[node] - 1, n)]] = True
        if none:
            return True
