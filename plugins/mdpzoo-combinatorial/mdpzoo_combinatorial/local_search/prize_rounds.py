"""Compiled rounds of the prize search: take nodes off the tour, put others on, shorten it, accept it or go back.

Sources: Schrimpf, Schneider, Stamm-Wilbrandt and Dueck 2000, "Record breaking optimization results using the ruin and
recreate principle", Journal of Computational Physics 159; Christiaens and Vanden Berghe 2020, "Slack induction by
string removals for vehicle routing problems", Transportation Science 54 (runs of neighbours go, insertion is blurred);
Kobeaga, Merino and Lozano 2018, "An efficient evolutionary algorithm for the orienteering problem", Computers and
Operations Research 90 (the least prizes for their detours go until the tour is short enough).

What differs: there is one tour and its nodes are optional; a round may also begin by forcing nodes on. Annealing
weighs the length that is left, as a prize that could still be had.
"""

import math

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, Floats, nearest, wrap
from mdpzoo_combinatorial.local_search.kernels.xorshift import below, seeded
from mdpzoo_combinatorial.local_search.prize_tours import (
    Integers,
    Search,
    fill,
    insert,
    length,
    measure,
    place_for,
    remove,
    shorten,
    uniform,
)

NEAR = 20  # neighbours of a node that moves and insertions consider
MOST_TAKEN = 12  # nodes that a round takes off
FORCED = 0.4  # share of the rounds that force nodes on
BLUR = 0.5  # by how much of its worth an insertion is mistaken, at most
SLACK = 0.3  # what length left is worth, in the best tour's prize per length
WARMTH = 0.03  # of the best tour's prize, the temperature at the beginning of a cycle
COOLED = 0.02  # of that, the temperature at its end


@borrowing
def _take_run(s: Search) -> None:
    """Takes neighbours on the tour off it."""
    size = 1 + below(s.random, min(MOST_TAKEN, s.size[0] - 1))
    place = below(s.random, s.size[0])
    for _ in range(size):
        if s.tour[place] == 0:
            place = wrap(place + 1, s.size[0])
        remove(s, s.tour[place])
        if place == s.size[0]:
            place = 0


@borrowing
def _take_near(s: Search) -> None:
    """Takes most nodes near a random one of the tour off it."""
    size = 1 + below(s.random, min(MOST_TAKEN, s.size[0] - 1))
    middle = s.tour[below(s.random, s.size[0])]
    if middle != 0:
        remove(s, middle)
        size -= 1
    for k in range(s.near.shape[1]):
        node = s.near[middle, k]
        if size > 0 and node != 0 and s.position[node] >= 0 and below(s.random, 4) > 0:
            remove(s, node)
            size -= 1


@borrowing
def _force(s: Search, epsilon: float) -> None:
    """Puts a random node and up to two near it on the tour, then drops others until it is short enough."""
    m = s.prizes.shape[0]
    node = 1 + below(s.random, m - 1)
    while s.position[node] >= 0:
        node = max(1, wrap(node + 1, m))
    for other in range(m):
        s.weight[other] = s.prizes[other] * (1.0 - BLUR * uniform(s.random))
    measure(s)
    insert(s, node, place_for(s, node)[1])
    s.weight[node] = np.inf
    more = below(s.random, 3)
    for k in range(s.near.shape[1]):
        other = s.near[node, k]
        if more > 0 and s.position[other] < 0:
            insert(s, other, place_for(s, other)[1])
            s.weight[other] = np.inf
            more -= 1
    shorten(s, epsilon)
    drop(s)


@borrowing
def drop(s: Search) -> None:
    """Takes off what seems to be the least prize for its detour, until the tour is short enough."""
    while length(s) > s.limit[0] and s.size[0] > 1:
        least, chosen, count = np.inf, s.tour[0], s.size[0]
        for place in range(count):
            node = s.tour[place]
            if node == 0:
                continue
            a, b = s.tour[wrap(place - 1, count)], s.tour[wrap(place + 1, count)]
            ratio = s.weight[node] / max(s.costs[a, node] + s.costs[node, b] - s.costs[a, b], 1e-12)
            if chosen == 0 or ratio < least:
                least, chosen = ratio, node
        remove(s, chosen)


@borrowing
def keep(s: Search, to: Integers, at: int) -> None:
    """Copies the tour, and its prize and length to ``worth[at]`` and behind."""
    prize = 0.0
    for place in range(s.size[0]):
        to[place] = s.tour[place]
        prize += s.prizes[s.tour[place]]
    to[-1] = s.size[0]
    s.worth[at], s.worth[at + 1] = prize, length(s)


@borrowing
def restore(s: Search, kept: Integers) -> None:
    """Makes a tour that was kept the tour again."""
    s.position[:] = -1
    s.waiting[:] = False
    s.size[0] = kept[-1]
    for place in range(kept[-1]):
        s.tour[place] = kept[place]
        s.position[kept[place]] = place


@borrowing
def settle(s: Search, epsilon: float) -> None:
    """Shortens the tour and fills it, until neither is possible."""
    while shorten(s, epsilon):
        fill(s, 0.0)


@borrowing
def _accept(s: Search, temperature: float, epsilon: float) -> None:
    """Keeps the tour where its prize, and the length that is left, are not too much less than before."""
    prize, long = 0.0, length(s)
    for place in range(s.size[0]):
        prize += s.prizes[s.tour[place]]
    density = SLACK * s.worth[2] / s.limit[0]
    loss = s.worth[0] - prize + density * (long - s.worth[1])
    if long > s.limit[0] or loss > -temperature * math.log(uniform(s.random)):
        restore(s, s.kept)
        return
    keep(s, s.kept, 0)
    equal = 1e-9 * s.worth[2]
    if prize > s.worth[2] + equal or (prize > s.worth[2] - equal and long < s.worth[3] - epsilon):
        keep(s, s.best, 2)


@borrowing
def anneal(s: Search, first: int, last: int, rounds: int, epsilon: float) -> None:
    """Makes the rounds first..last of a cycle of so many; the first begins with the best tour."""
    if first == 0:
        restore(s, s.best)
        keep(s, s.kept, 0)
    for k in range(first, last):
        temperature = WARMTH * s.worth[2] * COOLED ** (k / rounds)
        if s.size[0] < s.prizes.shape[0] and uniform(s.random) < FORCED:
            _force(s, epsilon)
        elif s.size[0] > 1:
            if below(s.random, 2) == 0:
                _take_run(s)
            else:
                _take_near(s)
        fill(s, BLUR * uniform(s.random))
        settle(s, epsilon)
        _accept(s, temperature, epsilon)


@borrowing
def begin(s: Search, epsilon: float) -> None:
    """Fills and shortens the first tour."""
    for node in range(s.prizes.shape[0]):
        s.weight[node] = s.prizes[node]
    drop(s)
    fill(s, 0.0)
    settle(s, epsilon)
    keep(s, s.best, 2)


def prepared(costs: Floats, prizes: Floats, limit: float, start: Integers, seed: int, stream: int) -> Search:
    """A search whose tour is ``start``, of nodes of the reduced instance that ``reduced`` returns."""
    m, count = len(prizes), len(start)
    symmetric = np.array_equal(costs, costs.T)
    tour, position = np.zeros(m, np.int64), np.full(m, -1)
    tour[:count] = start
    position[start] = np.arange(count)
    return Search(
        costs,
        costs if symmetric else np.ascontiguousarray(costs.T),
        prizes,
        nearest(EMPTY, costs, min(NEAR, m - 1)).astype(np.int64),
        np.full(1, limit),
        np.full(1, symmetric),
        tour,
        np.full(1, count),
        position,
        np.ones(m, np.bool_),
        np.empty(m, np.int64),
        np.empty(m),
        np.empty(m),
        np.empty(m, np.int64),
        np.empty(m),
        np.zeros(m + 1, np.int64),
        np.zeros(m + 1, np.int64),
        np.zeros(4),
        np.full(1, seeded(seed, stream), np.uint64),
    )


def reduced(costs: Floats, prizes: Floats, limit: float) -> tuple[Integers, Floats, Floats]:
    """The depot and the nodes with a prize that a round trip reaches; their costs, 0 on the diagonal, and prizes."""
    reached = (prizes > 0.0) & (costs[0] + costs[:, 0] <= limit)
    reached[0] = True
    nodes = np.flatnonzero(reached)
    less, gains = costs[np.ix_(nodes, nodes)], prizes[nodes]
    np.fill_diagonal(less, 0.0)
    gains[0] = 0.0
    return nodes, less, gains


def from_depot(s: Search, nodes: Integers) -> Integers:
    """The best tour in the instance's own numbers, beginning with the depot."""
    tour = s.best[: s.best[-1]]
    return nodes[np.roll(tour, -int(np.argmin(tour)))]
