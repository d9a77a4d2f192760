"""Compiled moves of the search for asymmetric tours: adjacent segments swap places, and none is reversed.

Sources: Kanellakis and Papadimitriou 1980, "Local search for the asymmetric traveling salesman problem", Operations
Research 28 (3-opt without reversal, double bridge); Cirasella, Johnson, McGeoch and Zhang 2001, "The asymmetric
traveling salesman problem: algorithms, instance generators, and tests" (iterated 3-opt with neighbour lists).

What differs: kicks are double bridges of three short adjacent segments, each change is a list of exchanges of two
adjacent segments, and a repair that fails is undone by the reverse exchanges.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, Floats, greedy, nearest, wrap
from mdpzoo_combinatorial.local_search.kernels.records import record
from mdpzoo_combinatorial.local_search.kernels.xorshift import below, seeded

Integers = NDArray[np.int64]  # of one width, so that no function is compiled twice
NEIGHBOURS = 10  # candidates of a node, in each direction
LONGEST_SEGMENT = 30  # maximum number of nodes in each of the three segments of a kick
LOG_SIZE = 1_000  # exchanges in one repair
UNLIMITED = np.iinfo(np.int64).max
PROGRESS = np.dtype([
    ("head", "i8"),  # index of the first node in `queue`
    ("waiting", "i8"),  # nodes in `queue`
    ("logged", "i8"),  # exchanges in `log`
])  # fmt: skip


class Search(NamedTuple):
    """State of a search over n nodes."""

    costs: Floats  # [n, n], from the row's node to the column's
    towards: Integers  # [n, k], the cheapest successors of each node
    back: Integers  # [n, k], its cheapest predecessors
    tour: Integers  # [n]
    position: Integers  # [n], the inverse of `tour`
    moved: Integers  # [n], scratch space for an exchange
    queue: Integers  # [n], a ring buffer of nodes whose edges have changed
    queued: NDArray[np.bool_]  # [n], whether a node is in `queue`
    log: Integers  # [LOG_SIZE, 3], first position and sizes of the two segments of each exchange
    progress: Any  # a record of PROGRESS
    random: NDArray[np.uint64]  # [1]


@borrowing
def _push(s: Search, node: int) -> None:
    if not s.queued[node]:
        s.queued[node] = True
        s.queue[wrap(s.progress.head + s.progress.waiting, s.queue.shape[0])] = node
        s.progress.waiting += 1


@borrowing
def _exchange(s: Search, first: int, one: int, two: int) -> None:
    """Swaps the ``one`` nodes from position ``first`` of the tour with the ``two`` nodes after them."""
    tour, position, moved = s.tour, s.position, s.moved
    n = tour.shape[0]
    source = wrap(first + one, n)
    for k in range(two):
        moved[k] = tour[source]
        source = wrap(source + 1, n)
    source = first
    for k in range(two, one + two):
        moved[k] = tour[source]
        source = wrap(source + 1, n)
    place = first
    for k in range(one + two):
        tour[place] = moved[k]
        position[moved[k]] = place
        place = wrap(place + 1, n)


@borrowing
def _move(s: Search, first: int, one: int, two: int) -> None:
    """Creates the same tour as ``_exchange`` by swapping the shortest two of its three segments, and logs the swap."""
    n = s.tour.shape[0]
    rest = n - one - two
    if one >= two and one >= rest:
        first, one, two = wrap(first + one, n), two, rest
    elif two >= rest:
        first, one, two = wrap(first - rest, n), rest, one
    _exchange(s, first, one, two)
    size = s.progress.logged
    if size < s.log.shape[0]:
        s.log[size, 0], s.log[size, 1], s.log[size, 2] = first, one, two
    s.progress.logged = size + 1


@borrowing
def _apply(s: Search, a1: int, b1: int, c1: int) -> None:
    """Turns a, [a1 .. b], [b1 .. c], c1 into a, [b1 .. c], [a1 .. b], c1 and queues the ends of the removed edges."""
    n = s.tour.shape[0]
    for node in (a1, b1, c1):
        _push(s, node)
        _push(s, s.tour[wrap(s.position[node] - 1, n)])
    first, middle = s.position[a1], s.position[b1]
    _move(s, first, wrap(middle - first, n), wrap(s.position[c1] - middle, n))


@borrowing
def _improve_behind(s: Search, a: int, epsilon: float) -> float:
    """Applies the first improving exchange replacing a -> a1 by a -> b1 and b -> b1 by b -> c1; returns its gain."""
    n = s.tour.shape[0]
    a1 = s.tour[wrap(s.position[a] + 1, n)]
    g0 = s.costs[a, a1]
    for i in range(s.towards.shape[1]):
        b1 = s.towards[a, i]
        g1 = g0 - s.costs[a, b1]
        if g1 <= epsilon:
            break
        b = s.tour[wrap(s.position[b1] - 1, n)]
        far = wrap(s.position[b1] - s.position[a], n)
        g2 = g1 + s.costs[b, b1]
        for j in range(s.towards.shape[1]):
            c1 = s.towards[b, j]
            g3 = g2 - s.costs[b, c1]
            if g3 <= epsilon:
                break
            r = wrap(s.position[c1] - s.position[a], n)
            if c1 != a and r <= far:
                continue  # c1 must come after b1
            c = s.tour[wrap(s.position[c1] - 1, n)]
            gain = g3 + s.costs[c, c1] - s.costs[c, a1]
            if gain > epsilon:
                _apply(s, a1, b1, c1)
                return gain
    return 0.0


@borrowing
def _improve_before(s: Search, a1: int, epsilon: float) -> float:
    """Applies the first improving exchange replacing a -> a1 by c -> a1 and c -> c1 by b -> c1; returns the gain."""
    n = s.tour.shape[0]
    a = s.tour[wrap(s.position[a1] - 1, n)]
    g0 = s.costs[a, a1]
    for i in range(s.back.shape[1]):
        c = s.back[a1, i]
        g1 = g0 - s.costs[c, a1]
        if g1 <= epsilon:
            break
        c1 = s.tour[wrap(s.position[c] + 1, n)]
        far = wrap(s.position[c] - s.position[a1], n)
        g2 = g1 + s.costs[c, c1]
        for j in range(s.back.shape[1]):
            b = s.back[c1, j]
            g3 = g2 - s.costs[b, c1]
            if g3 <= epsilon:
                break
            if wrap(s.position[b] - s.position[a1], n) >= far:
                continue  # b must come before c
            b1 = s.tour[wrap(s.position[b] + 1, n)]
            gain = g3 + s.costs[b, b1] - s.costs[a, b1]
            if gain > epsilon:
                _apply(s, a1, b1, c1)
                return gain
    return 0.0


@borrowing
def improve(s: Search, epsilon: float, exchanges: int) -> float:
    """Applies improving moves until the queue is empty or ``exchanges`` are logged; returns the total gain."""
    gain = 0.0
    n = s.tour.shape[0]
    while s.progress.waiting > 0 and s.progress.logged < exchanges:
        node = s.queue[s.progress.head]
        s.progress.head = wrap(s.progress.head + 1, n)
        s.progress.waiting -= 1
        s.queued[node] = False
        found = _improve_behind(s, node, epsilon)
        if found <= 0.0:
            found = _improve_before(s, node, epsilon)
        gain += found
    return gain


@borrowing
def _kick(s: Search) -> float:
    """Reorders three adjacent segments b, c, d at a random position to d, c, b; returns the increase of the length."""
    n = s.tour.shape[0]
    reach = min(LONGEST_SEGMENT, (n - 1) // 3)
    first = below(s.random, n)
    one, two, three = 1 + below(s.random, reach), 1 + below(s.random, reach), 1 + below(s.random, reach)
    tour, costs = s.tour, s.costs
    a, b = tour[wrap(first - 1, n)], tour[first]
    b1, c = tour[wrap(first + one - 1, n)], tour[wrap(first + one, n)]
    c1, d = tour[wrap(first + one + two - 1, n)], tour[wrap(first + one + two, n)]
    d1, a1 = tour[wrap(first + one + two + three - 1, n)], tour[wrap(first + one + two + three, n)]
    cost = costs[a, d] + costs[d1, c] + costs[c1, b] + costs[b1, a1]
    cost -= costs[a, b] + costs[b1, c] + costs[c1, d] + costs[d1, a1]
    for node in (a, b, b1, c, c1, d, d1, a1):
        _push(s, node)
    _move(s, first, one, two + three)
    _move(s, s.position[c], two, three)
    return cost


@borrowing
def iterate(s: Search, iterations: int, epsilon: float) -> None:
    """Applies a kick and repairs it, ``iterations`` times; worse results are undone."""
    for _ in range(iterations):
        s.progress.logged = 0
        cost = _kick(s) - improve(s, epsilon, s.log.shape[0])
        if cost > 0.0:
            for k in range(s.progress.logged - 1, -1, -1):
                _exchange(s, s.log[k, 0], s.log[k, 2], s.log[k, 1])


def create_search(costs: Floats, start: Integers, seed: int, stream: int) -> Search:
    """Returns a search whose nodes are all queued."""
    n = len(start)
    k = min(NEIGHBOURS, n - 1)
    return Search(
        costs=costs,
        towards=nearest(EMPTY, costs, k).astype(np.int64),
        back=nearest(EMPTY, np.ascontiguousarray(costs.T), k).astype(np.int64),
        tour=start.copy(),
        position=np.argsort(start),
        moved=np.empty(n, np.int64),
        queue=start.copy(),
        queued=np.ones(n, np.bool_),
        log=np.empty((LOG_SIZE, 3), np.int64),
        progress=record(PROGRESS, waiting=n),
        random=np.full(1, seeded(seed, stream), np.uint64),
    )


def nearest_tour(costs: Floats) -> Integers:
    """Returns the nearest-neighbour tour from node 0."""
    return greedy(EMPTY, costs, nearest(EMPTY, costs, min(NEIGHBOURS, len(costs) - 1)), 0).astype(np.int64)


def from_zero(tour: Integers) -> Integers:
    """Returns the tour rotated so that it begins with node 0."""
    return np.roll(tour, -int(np.flatnonzero(tour == 0)[0]))
