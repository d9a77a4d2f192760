"""Compiled Or-opt for asymmetric tours: two adjacent segments are swapped, and none is reversed.

Sources: Or 1976; Kanellakis and Papadimitriou 1980, "Local search for the asymmetric traveling salesman problem",
Operations Research 28 (3-opt without reversal). Segments may have any length; two of the three new edges of a move are
to near neighbours. Applying a move takes O(n), trying one O(k^2).
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled
from mdpzoo_combinatorial.local_search.kernels.neighbours import wrap

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@compiled
def _swap(tour: Integers, position: Integers, first: int, middle: int, last: int) -> None:
    """Swaps positions first..middle with middle + 1..last of the tour."""
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
        position[kept[k]] = where


@compiled
def _improve_at(
    costs: Floats, towards: Integers, from_: Integers, tour: Integers, position: Integers, a: int, epsilon: float
) -> tuple[float, int, int]:
    """Applies the first improving move that removes the edge after a; returns its gain, or 0, and b and c.

    a, [a1 .. b], [b1 .. c], c1 becomes a, [b1 .. c], [a1 .. b], c1: the new edges are (a, b1), (c, a1) and (b, c1).
    """
    n = tour.shape[0]
    a1 = tour[wrap(position[a] + 1, n)]
    g0 = costs[a, a1]
    for b1 in towards[a]:
        g1 = g0 - costs[a, b1]
        if g1 <= epsilon:
            break
        if b1 == a1:
            continue
        b = tour[wrap(position[b1] - 1, n)]
        g2 = g1 + costs[b, b1]
        far = wrap(position[b1] - position[a], n)
        for c in from_[a1]:
            g3 = g2 - costs[c, a1]
            if g3 + costs[c, tour[wrap(position[c] + 1, n)]] <= epsilon:
                continue
            if wrap(position[c] - position[a], n) < far or c == a:
                continue  # c must come after b1, and before the tour returns to a
            c1 = tour[wrap(position[c] + 1, n)]
            gain = g3 + costs[c, c1] - costs[b, c1]
            if gain > epsilon:
                _swap(tour, position, position[a1], position[b], position[c])
                return gain, b, c
    return 0.0, a, a


@compiled
def descend(
    costs: Floats,
    towards: Integers,
    from_: Integers,
    tour: Integers,
    active: NDArray[np.bool_],
    epsilon: float,
    rounds: int,
) -> bool:
    """Processes at most ``rounds`` active nodes; returns whether a local optimum is reached.

    Args:
        costs: ``[n, n]``, from the row's node to the column's.
        towards: ``[n, k]``, the cheapest successors of each node.
        from_: ``[n, k]``, the cheapest predecessors of each node.
        tour: ``[n]``, changed in place.
        active: ``[n]``, the nodes to process (the complement of don't-look bits), changed in place.
        epsilon: smaller gains are considered rounding errors.
        rounds: maximum number of nodes to process.
    """
    n = tour.shape[0]
    position = np.empty(n, np.int64)
    for k in range(n):
        position[tour[k]] = k
    tried = 0
    while True:
        none = True
        for a in range(n):
            if not active[a]:
                continue
            if tried >= rounds:
                return False
            none = False
            tried += 1
            a1 = tour[wrap(position[a] + 1, n)]
            gain, b, c = _improve_at(costs, towards, from_, tour, position, a, epsilon)
            active[a] = gain > 0.0
            if gain > 0.0:
                for node in (a1, b, c):
                    active[node] = True
                    active[tour[wrap(position[node] - 1, n)]] = True
        if none:
            return True
