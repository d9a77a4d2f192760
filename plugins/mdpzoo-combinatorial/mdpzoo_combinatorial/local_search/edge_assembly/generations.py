"""Generations of a population: every tour takes over edges of another, if the gain is worth the loss of diversity.

Source: Nagata and Kobayashi 2013. An offspring is a tour with one AB-cycle exchanged (their single strategy). The
offspring with the highest ratio of gain to lost entropy of the population's edges replaces the tour.

What differs: there is no second stage with larger sets of cycles.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.edge_assembly.ab_cycles import divide
from mdpzoo_combinatorial.local_search.edge_assembly.exchanges import assemble
from mdpzoo_combinatorial.local_search.edge_assembly.populations import Population, follow, link, restore
from mdpzoo_combinatorial.local_search.kernels.xorshift import below

LEAST_LOSS = 1e-9  # of entropy; exchanges that cost less, or increase it, are compared by length alone


@borrowing
def generation(s: Population, order: NDArray[np.int64], offspring: int, epsilon: float) -> float:
    """Mates every tour in the order with the next one, except the last; returns the sum of the gains.

    Args:
        s: the population.
        order: numbers of tours.
        offspring: how many exchanges each tour may try.
        epsilon: smallest gain.
    """
    total = 0.0
    for k in range(order.shape[0] - 1):
        total += _mate(s, order[k], order[k + 1], offspring, epsilon)
    return total


@borrowing
def _mate(s: Population, tour: int, partner: int, offspring: int, epsilon: float) -> float:
    """Applies the best of up to ``offspring`` exchanges with the partner to a tour; returns its gain, or 0."""
    link(s.tours[tour], s.links)
    link(s.tours[partner], s.others)
    divide(s)
    cycles = s.counts.cycles
    if cycles == 0:
        return 0.0
    for place in range(s.position.shape[0]):
        s.position[s.tours[tour, place]] = place
    for cycle in range(cycles):
        s.order[cycle] = cycle
    best, chosen = 0.0, -1
    for k in range(min(offspring, cycles)):
        drawn = k + below(s.random, cycles - k)
        cycle = s.order[drawn]
        s.order[drawn] = s.order[k]
        if assemble(s, s.tours[tour], cycle) and s.counts.gain > epsilon:
            worth = s.counts.gain / max(LEAST_LOSS, -s.counts.entropy)
            if worth > best:
                best, chosen = worth, cycle
        restore(s)
    if chosen < 0:
        return 0.0
    assemble(s, s.tours[tour], chosen)
    follow(s.links, s.tours[tour])
    s.lengths[tour] -= s.counts.gain
    return s.counts.gain
