"""Compiled rounds of the prize search: remove nodes, insert others, shorten the tour, accept the result or undo it.

Sources: Schrimpf, Schneider, Stamm-Wilbrandt and Dueck 2000, "Record breaking optimization results using the ruin and
recreate principle", Journal of Computational Physics 159; Christiaens and Vanden Berghe 2020, "Slack induction by
string removals for vehicle routing problems", Transportation Science 54 (removal of strings, insertion with noise);
Kobeaga, Merino and Lozano 2018, "An efficient evolutionary algorithm for the orienteering problem", Computers and
Operations Research 90 (the lowest prizes for their detours are removed until the tour is short enough).

What differs: there is one tour, whose nodes are optional; a round may also begin with the insertion of nodes that do
not fit. The acceptance counts unused length as a prize.
"""

import math

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, Floats, nearest, wrap
from mdpzoo_combinatorial.local_search.kernels.records import record
from mdpzoo_combinatorial.local_search.kernels.xorshift import below, seeded
from mdpzoo_combinatorial.local_search.prize_shortening import shorten
from mdpzoo_combinatorial.local_search.prize_tours import (
    NODE,
    PROGRESS,
    Integers,
    Search,
    fill,
    insert,
    length,
    measure,
    place_for,
    remove,
    uniform,
)

NEAR = 20  # neighbours of a node that moves and insertions consider
MOST_TAKEN = 12  # nodes that a round removes at most
FORCED = 0.4  # share of the rounds that insert nodes even if they do not fit
BLUR = 0.5  # largest share of a prize that noise takes away
SLACK = 0.3  # value of unused length, in units of the best tour's prize per length
WARMTH = 0.03  # temperature at the beginning of a cycle, in units of the best tour's prize
COOLED = 0.02  # temperature at its end, in units of the one at its beginning


@borrowing
def _take_run(s: Search) -> None:
    """Removes consecutive nodes from the tour."""
    size = 1 + below(s.random, min(MOST_TAKEN, s.progress.count - 1))
    place = below(s.random, s.progress.count)
    for _ in range(size):
        if s.tour[place] == 0:
            place = wrap(place + 1, s.progress.count)
        remove(s, s.tour[place])
        if place == s.progress.count:
            place = 0


@borrowing
def _take_near(s: Search) -> None:
    """Removes a random node of the tour and most of its near nodes."""
    size = 1 + below(s.random, min(MOST_TAKEN, s.progress.count - 1))
    middle = s.tour[below(s.random, s.progress.count)]
    for k in range(-1, s.near.shape[1]):
        node = middle if k < 0 else s.near[middle, k]
        if size > 0 and node != 0 and s.position[node] >= 0 and (k < 0 or below(s.random, 4) > 0):
            remove(s, node)
            size -= 1


@borrowing
def _force(s: Search) -> None:
    """Inserts a random node and up to two near it, whether they fit or not, and keeps them from being dropped."""
    m = s.nodes.shape[0]
    node = 1 + below(s.random, m - 1)
    while s.position[node] >= 0:
        node = max(1, wrap(node + 1, m))
    for other in range(m):
        s.nodes[other].weight = s.nodes[other].prize * (1.0 - BLUR * uniform(s.random))
    measure(s)
    more = 1 + below(s.random, 3)
    for k in range(-1, s.near.shape[1]):
        other = node if k < 0 else s.near[node, k]
        if more > 0 and s.position[other] < 0:
            insert(s, other, place_for(s, other)[1])
            s.nodes[other].weight = np.inf
            more -= 1


@borrowing
def drop(s: Search) -> None:
    """Removes the node with the lowest weight for its detour until the tour is short enough."""
    while length(s) > s.progress.limit and s.progress.count > 1:
        least, chosen, count = np.inf, s.tour[0], s.progress.count
        for place in range(count):
            node = s.tour[place]
            if node == 0:
                continue
            a, b = s.tour[wrap(place - 1, count)], s.tour[wrap(place + 1, count)]
            ratio = s.nodes[node].weight / max(s.costs[a, node] + s.costs[node, b] - s.costs[a, b], 1e-12)
            if chosen == 0 or ratio < least:
                least, chosen = ratio, node
        remove(s, chosen)


@borrowing
def prize_of(s: Search) -> float:
    """The sum of the prizes on the tour."""
    prize = 0.0
    for place in range(s.progress.count):
        prize += s.nodes[s.tour[place]].prize
    return prize


@borrowing
def keep(s: Search) -> None:
    """Accepts the tour."""
    s.progress.kept_count = s.progress.count
    s.progress.kept_prize, s.progress.kept_length = prize_of(s), length(s)
    for place in range(s.progress.count):
        s.kept[place] = s.tour[place]


@borrowing
def keep_best(s: Search) -> None:
    """Makes the accepted tour the best one."""
    s.progress.best_count = s.progress.kept_count
    s.progress.best_prize, s.progress.best_length = s.progress.kept_prize, s.progress.kept_length
    for place in range(s.progress.kept_count):
        s.best[place] = s.kept[place]


@borrowing
def restore(s: Search, kept: Integers, size: int) -> None:
    """Replaces the tour by ``kept`` or ``best``."""
    for node in range(s.nodes.shape[0]):
        s.position[node] = -1
        s.nodes[node].waiting = 0
    s.progress.count = size
    for place in range(size):
        s.tour[place] = kept[place]
        s.position[kept[place]] = place


@borrowing
def _accept(s: Search, temperature: float, epsilon: float) -> None:
    """Accepts the tour unless it loses too much prize and unused length; otherwise restores the accepted one."""
    prize, long = prize_of(s), length(s)
    density = SLACK * s.progress.best_prize / s.progress.limit
    loss = s.progress.kept_prize - prize + density * (long - s.progress.kept_length)
    if temperature < np.inf and (long > s.progress.limit or loss > -temperature * math.log(uniform(s.random))):
        restore(s, s.kept, s.progress.kept_count)
        return
    keep(s)
    equal = 1e-9 * s.progress.best_prize
    if prize > s.progress.best_prize + equal or (
        prize > s.progress.best_prize - equal and long < s.progress.best_length - epsilon
    ):
        keep_best(s)


@borrowing
def anneal(s: Search, first: int, last: int, rounds: int, epsilon: float) -> None:
    """Makes the rounds from ``first`` up to ``last`` of a cycle of ``rounds``; a cycle begins with the best tour.

    Round -1, before the first cycle, makes the first tour short enough, fills it and accepts it.
    """
    if first == 0:
        restore(s, s.best, s.progress.best_count)
        keep(s)
    for k in range(first, last):
        temperature, blur, long = np.inf, 0.0, True
        if k >= 0:
            temperature = WARMTH * s.progress.best_prize * COOLED ** (k / rounds)
            long = s.progress.count < s.nodes.shape[0] and uniform(s.random) < FORCED
            if long:
                _force(s)
                shorten(s, epsilon)
            elif s.progress.count > 1:
                if below(s.random, 2) == 0:
                    _take_run(s)
                else:
                    _take_near(s)
        if long:
            drop(s)
        if k >= 0:
            blur = BLUR * uniform(s.random)
        fill(s, blur)
        while shorten(s, epsilon):
            fill(s, 0.0)
        _accept(s, temperature, epsilon)


def prepared(costs: Floats, prizes: Floats, limit: float, start: Integers, seed: int, stream: int) -> Search:
    """Returns a search that begins with the tour ``start``, of nodes of the instance that ``reduced`` returns."""
    m, count = len(prizes), len(start)
    symmetric = np.array_equal(costs, costs.T)
    nodes, tour, position = np.zeros(m, NODE), np.zeros(m, np.int64), np.full(m, -1)
    tour[:count] = start
    position[start] = np.arange(count)
    nodes["prize"], nodes["weight"], nodes["waiting"] = prizes, prizes, 1
    return Search(
        costs=costs,
        back=costs if symmetric else np.ascontiguousarray(costs.T),
        near=nearest(EMPTY, costs, min(NEAR, m - 1)).astype(np.int64),
        nodes=nodes,
        position=position,
        edge=np.zeros(m),
        tour=tour,
        spare=np.zeros(m, np.int64),
        kept=np.zeros(m, np.int64),
        best=np.zeros(m, np.int64),
        progress=record(PROGRESS, limit=limit, symmetric=symmetric, count=count, best_prize=-1.0),
        random=np.full(1, seeded(seed, stream), np.uint64),
    )


def reduced(costs: Floats, prizes: Floats, limit: float) -> tuple[Integers, Floats, Floats]:
    """Returns the depot and the nodes with a prize within reach, their costs with a diagonal of 0, and their prizes."""
    reached = (prizes > 0.0) & (costs[0] + costs[:, 0] <= limit)
    reached[0] = True
    nodes = np.flatnonzero(reached)
    less, gains = costs[np.ix_(nodes, nodes)], prizes[nodes]
    np.fill_diagonal(less, 0.0)
    gains[0] = 0.0
    return nodes, less, gains


def from_depot(s: Search, nodes: Integers) -> Integers:
    """Returns the best tour as nodes of the whole instance, beginning with the depot."""
    tour = s.best[: s.progress.best_count]
    return nodes[np.roll(tour, -int(np.argmin(tour)))]
