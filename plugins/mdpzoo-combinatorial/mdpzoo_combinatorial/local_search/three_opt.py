"""Compiled moves of the tour search: 3-opt on an array tour, segment swaps as kicks, all of them undone by a log.

Sources: Lin 1965 (3-opt), Bentley 1992 (neighbour lists, don't-look bits), Martin, Otto and Felten 1991 (kick, repair,
keep what is not worse), Johnson and McGeoch 1997 (localised kicks, array tours).

What differs: every change is a list of reversals, so a repair that fails is undone by repeating that list backwards,
at the cost of the repair and not of ``n``. Integers that wrap and a state of its own make it independent of any global
random stream.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, compiled
from mdpzoo_combinatorial.local_search.neighbours import (
    Floats,
    Integers,
    distance,
    extent,
    full_matrix,
    greedy,
    nearest,
    tour_length,
    wrap,
)

NEIGHBOURS = 8  # candidates a node
LONGEST_SEGMENT = 30  # nodes in one half of a kick
MATRIX_LIMIT = 1_000  # nodes up to which distances are stored (8 MB)
LOG_SIZE = 3_000  # reversals that one repair may use


class Search(NamedTuple):
    """The arrays of one search; `counters` are the head and the size of the queue, and the size of the log."""

    points: Floats  # [n, 2], or [0, 0] where the matrix is given
    matrix: Floats  # [n, n], or [0, 0]
    neighbours: Integers  # [n, k], nearest first
    tour: Integers  # [n]
    position: Integers  # [n], the inverse of `tour`
    queue: Integers  # [n], a ring
    queued: NDArray[np.bool_]  # [n]
    log: Integers  # [LOG_SIZE, 2], first and last place of each reversal
    counters: NDArray[np.int64]  # [3]
    random: NDArray[np.uint64]  # [1]


@borrowing
def seeded(seed: int, stream: int) -> np.uint64:
    """A state of xorshift64*, never 0, from two integers by splitmix64."""
    z = np.uint64(seed) + (np.uint64(stream) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    for _ in range(2):
        z += np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return z | np.uint64(1)


@borrowing
def below(random: NDArray[np.uint64], bound: int) -> np.int64:
    """A uniform integer in ``[0, bound)``."""
    x = random[0]
    x ^= x >> np.uint64(12)
    x ^= x << np.uint64(25)
    x ^= x >> np.uint64(27)
    random[0] = x
    return np.int64(((x * np.uint64(0x2545F4914F6CDD1D)) >> np.uint64(33)) % np.uint64(bound))


@borrowing
def _push(s: Search, node: int) -> None:
    if not s.queued[node]:
        s.queued[node] = True
        s.queue[wrap(s.counters[0] + s.counters[1], s.queue.shape[0])] = node
        s.counters[1] += 1


@borrowing
def _reverse(s: Search, first: int, last: int) -> None:
    """Reverses the places first..last of the ring, or, the same tour, their complement where that is shorter."""
    tour, position = s.tour, s.position
    n = tour.shape[0]
    inside = wrap(last - first, n) + 1
    if 2 * inside > n:
        first, last, inside = wrap(last + 1, n), wrap(first - 1, n), n - inside
    for _ in range(inside // 2):
        a, b = tour[first], tour[last]
        tour[first], tour[last] = b, a
        position[b], position[a] = first, last
        first, last = wrap(first + 1, n), wrap(last - 1, n)


@borrowing
def _flip(s: Search, t1: int, t2: int, t3: int, t4: int) -> None:
    """Replaces the edges (t1, t2) and (t3, t4) by (t2, t3) and (t4, t1), whichever way round the array runs."""
    n = s.tour.shape[0]
    if s.tour[wrap(s.position[t1] + 1, n)] == t2:
        first, last = s.position[t2], s.position[t4]
    else:
        first, last = s.position[t4], s.position[t2]
    _reverse(s, first, last)
    size = s.counters[2]
    if size < s.log.shape[0]:
        s.log[size, 0], s.log[size, 1] = first, last
    s.counters[2] = size + 1


@borrowing
def _swap(s: Search, t1: int, t2: int, t3: int, t4: int, t5: int, t6: int) -> None:
    """Turns t1, [t2..t5], [t6..t3], t4 into t1, [t6..t3], [t2..t5], t4."""
    _flip(s, t1, t2, t4, t3)
    _flip(s, t1, t3, t5, t6)
    _flip(s, t3, t5, t4, t2)


@borrowing
def _closing(s: Search, t1: int, t2: int, t3: int, t4: int, gain: float, epsilon: float, sign: int) -> float:
    """Looks for t5 and t6 that complete a 3-opt move, makes it and returns its gain, or 0.

    Places ``r`` count from t2, in the direction in which t1 is the last.
    """
    n = s.tour.shape[0]
    p2 = s.position[t2]
    r3 = wrap((s.position[t3] - p2) * sign, n)
    r4 = wrap((s.position[t4] - p2) * sign, n)
    for k in range(s.neighbours.shape[1]):
        t5 = s.neighbours[t4, k]
        g2 = gain - distance(s.points, s.matrix, t4, t5)
        if g2 <= epsilon:
            break
        r5 = wrap((s.position[t5] - p2) * sign, n)
        for step in (-1, 1):
            r6 = r5 + step
            if r4 < r3:  # a second flip; it may not touch the new edge, nor close through t1 or t4
                if (r5 < r4) != (step == 1) or r5 == r3 or r5 == n - 1 or r6 == r4:
                    continue
            elif r5 > r3 or r6 < 0 or r6 > r3:  # t2..t3 is a ring: t5 and t6 open it
                continue
            t6 = s.tour[wrap(p2 + sign * r6, n)]
            total = g2 + distance(s.points, s.matrix, t5, t6) - distance(s.points, s.matrix, t6, t1)
            if total > epsilon:
                if r4 < r3:
                    _flip(s, t1, t2, t3, t4)
                    _flip(s, t1, t4, t5, t6)
                elif step == -1:
                    _flip(s, t1, t2, t5, t6)
                    _flip(s, t2, t5, t4, t3)
                else:
                    _swap(s, t1, t2, t3, t4, t5, t6)
                _push(s, t5)
                _push(s, t6)
                return total
    return 0.0


@borrowing
def _improve_at(s: Search, t1: int, epsilon: float) -> float:
    """Makes the first improving 2-opt or 3-opt move that removes an edge of t1; returns its gain, or 0."""
    n = s.tour.shape[0]
    for sign in (1, -1):
        t2 = s.tour[wrap(s.position[t1] + sign, n)]
        g0 = distance(s.points, s.matrix, t1, t2)
        for k in range(s.neighbours.shape[1]):
            t3 = s.neighbours[t2, k]
            g1 = g0 - distance(s.points, s.matrix, t2, t3)
            if g1 <= epsilon:
                break
            if t3 == t1:
                continue
            for side in (-sign, sign):
                t4 = s.tour[wrap(s.position[t3] + side, n)]
                if t4 == t2:
                    continue
                g2 = g1 + distance(s.points, s.matrix, t3, t4)
                gain = g2 - distance(s.points, s.matrix, t4, t1)
                if side == -sign and gain > epsilon:
                    _flip(s, t1, t2, t3, t4)
                else:
                    gain = _closing(s, t1, t2, t3, t4, g2, epsilon, sign)
                if gain > 0.0:
                    for node in (t1, t2, t3, t4):
                        _push(s, node)
                    return gain
    return 0.0


@borrowing
def improve(s: Search, epsilon: float, reversals: int) -> float:
    """Empties the queue of dirty nodes, or stops near so many reversals; returns the whole gain."""
    gain = 0.0
    n = s.tour.shape[0]
    while s.counters[1] > 0 and s.counters[2] + 3 <= reversals:
        t1 = s.queue[s.counters[0]]
        s.counters[0] = wrap(s.counters[0] + 1, n)
        s.counters[1] -= 1
        s.queued[t1] = False
        gain += _improve_at(s, t1, epsilon)
    return gain


@borrowing
def _kick(s: Search) -> float:
    """Swaps two neighbouring segments at a random place; returns what that costs."""
    n = s.tour.shape[0]
    reach = min(LONGEST_SEGMENT, (n - 2) // 2)
    first, one = below(s.random, n), 1 + below(s.random, reach)
    two = one + 1 + below(s.random, reach)
    t1, t2 = s.tour[first], s.tour[(first + 1) % n]
    t5, t6 = s.tour[(first + one) % n], s.tour[(first + one + 1) % n]
    t3, t4 = s.tour[(first + two) % n], s.tour[(first + two + 1) % n]
    cost = distance(s.points, s.matrix, t1, t6) - distance(s.points, s.matrix, t1, t2)
    cost += distance(s.points, s.matrix, t3, t2) - distance(s.points, s.matrix, t5, t6)
    cost += distance(s.points, s.matrix, t5, t4) - distance(s.points, s.matrix, t3, t4)
    _swap(s, t1, t2, t3, t4, t5, t6)
    for node in (t1, t2, t3, t4, t5, t6):
        _push(s, node)
    return cost


@borrowing
def iterate(s: Search, iterations: int, epsilon: float) -> None:
    """Kicks, repairs and keeps what is not worse, so many times."""
    for _ in range(iterations):
        s.counters[2] = 0
        cost = _kick(s) - improve(s, epsilon, s.log.shape[0])
        if cost > 0.0:
            for k in range(s.counters[2] - 1, -1, -1):
                _reverse(s, s.log[k, 0], s.log[k, 1])


@compiled
def prepared(points: Floats, matrix: Floats, neighbours: Integers, start: Integers, seed: int, stream: int) -> Search:
    """A search whose nodes are all dirty."""
    n = start.shape[0]
    tour = start.astype(np.int32)
    position = np.empty(n, np.int32)
    for place in range(n):
        position[tour[place]] = place
    random = np.full(1, seeded(seed, stream), np.uint64)
    log, counters = np.empty((LOG_SIZE, 2), np.int32), np.array([0, n, 0])
    return Search(points, matrix, neighbours, tour, position, tour.copy(), np.ones(n, np.bool_), log, counters, random)


@compiled
def solve_batch(coordinates: Floats, iterations: int, seed: int, empty: Floats) -> tuple[NDArray[np.int64], Floats]:
    """Solves each instance in turn, on a stream of its own."""
    batch, n = coordinates.shape[:2]
    tours, lengths = np.empty((batch, n), np.int64), np.empty(batch)
    for b in range(batch):
        points = coordinates[b]
        matrix = full_matrix(points) if n <= MATRIX_LIMIT else empty
        neighbours = nearest(points, empty, min(NEIGHBOURS, n - 1))
        start = greedy(points, empty, neighbours, 0)
        if n > 3:
            s = prepared(points, matrix, neighbours, start, seed, b)
            epsilon = resolution(points)
            improve(s, epsilon, np.iinfo(np.int64).max)
            iterate(s, iterations, epsilon)
            start = s.tour
        tours[b] = start
        lengths[b] = tour_length(points, empty, start)
    return tours, lengths


@compiled
def resolution(array: Floats) -> float:
    """The smallest gain that is not rounding: 1e-12 of the largest distance, roughly."""
    return 1e-12 * extent(array)
