"""Iterated Lin-Kernighan: double-bridge kicks, repairs by chains, and annealed acceptance.

Sources: Martin, Otto and Felten 1991 (double bridge, annealed acceptance), Johnson and McGeoch 1997 (local kicks).
"""

import math

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import wrap
from mdpzoo_combinatorial.local_search.kernels.xorshift import below
from mdpzoo_combinatorial.local_search.lin_kernighan.array_tours import (
    BRIDGE,
    KIND,
    Search,
    exchange,
    keep,
    length_of,
    push,
    undo,
)
from mdpzoo_combinatorial.local_search.lin_kernighan.chains import improve

LONGEST_SEGMENT = 50  # maximum number of nodes in each of the three segments of a kick
OPPOSITE = np.array([5, 4, 7, 6, 1, 0, 3, 2])  # the new neighbour of each of the eight nodes of a kick


@borrowing
def _kick(s: Search) -> float:
    """Reverses the order of three adjacent segments at a random position; returns the increase of the length."""
    n = s.tour.shape[0]
    reach = min(LONGEST_SEGMENT, (n - 1) // 3)
    place = below(s.random, n)
    row = s.chain.shape[0] - 1
    nodes = s.chain[row]
    nodes[KIND] = BRIDGE
    cost = 0.0
    for k in range(0, 8, 2):
        nodes[k], nodes[k + 1] = s.tour[place], s.tour[wrap(place + 1, n)]
        place = wrap(place + 1 + below(s.random, reach), n)
        cost -= length_of(s, nodes[k], nodes[k + 1])
    exchange(s, row)
    for k in range(8):
        push(s, nodes[k])
        cost += 0.5 * length_of(s, nodes[k], nodes[OPPOSITE[k]])
    return cost


@borrowing
def iterate(s: Search, kicks: int, epsilon: float, temperature: float) -> None:
    """Applies ``kicks`` kicks, each with a repair and acceptance by the Metropolis criterion."""
    for _ in range(kicks):
        size = s.progress.logged
        cost = _kick(s) - improve(s, epsilon, s.log.shape[0])
        bound = 0.0
        if temperature > 0.0:
            bound = -temperature * math.log((below(s.random, 1 << 30) + 1) / (1 << 30))
        if cost > bound:
            undo(s, size)
        else:
            s.progress.logged = size
            s.progress.excess += cost
            keep(s, epsilon)
