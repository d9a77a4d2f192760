"""A tour as an array with undo: every change is a sequence of reversals, which is logged.

Source: Bentley 1992 (array tours, don't-look bits). Undoing applies the reversals in reverse order, which takes as long
as the change, independently of the number of nodes.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import Floats, Integers, distance, wrap
from mdpzoo_combinatorial.local_search.kernels.records import record
from mdpzoo_combinatorial.local_search.kernels.xorshift import seeded

LOG_SIZE = 3_000  # maximum number of reversals of one repair
PROGRESS = np.dtype([
    ("head", "i8"),  # index of the first node in `queue`
    ("waiting", "i8"),  # nodes in `queue`
    ("logged", "i8"),  # reversals in `log`
    ("open_gain", "f8"),  # partial gain of the best step that does not close the tour
    ("excess", "f8"),  # length of `tour` minus length of `best`
])  # fmt: skip
KIND = 8  # column of `chain` with the kind of the exchange
TWICE, RING, SWAP, BRIDGE = range(4)  # kinds of exchanges
FLIPS = np.array(  # of each kind: the arguments of ``flip``, as indices into t1..t8
    [
        [[0, 1, 2, 3], [0, 3, 4, 5], [-1, 0, 0, 0], [-1, 0, 0, 0]],  # two successive 2-opt moves
        [[0, 1, 4, 5], [1, 4, 3, 2], [-1, 0, 0, 0], [-1, 0, 0, 0]],  # t2..t3 becomes a cycle, opened between t5 and t6
        [[0, 1, 3, 2], [0, 2, 4, 5], [2, 4, 3, 1], [-1, 0, 0, 0]],  # swaps t2..t5 and t6..t3
        [[0, 1, 7, 6], [0, 6, 4, 5], [6, 4, 2, 3], [4, 2, 7, 1]],  # t2..t3, t4..t5, t6..t7 in reverse order
    ],
    np.int8,
)


class Search(NamedTuple):
    """State of a search over n nodes."""

    points: Floats  # [n, 2], or [0, 0] if there is a matrix
    matrix: Floats  # [n, n], or [0, 0]
    neighbours: Integers  # [n, k], nearest first
    tour: Integers  # [n]
    position: Integers  # [n], the inverse of `tour`
    best: Integers  # [n], the incumbent; valid after `iterate`
    queue: Integers  # [n], a ring buffer of the nodes to process
    queued: NDArray[np.bool_]  # [n], whether a node is in `queue` (the complement of don't-look bits)
    log: Integers  # [LOG_SIZE, 2], first and last position of each reversal
    chain: Integers  # [depth + 1, 9], nodes t1..t8 and the kind of each exchange of a move
    progress: Any  # a record of PROGRESS
    random: NDArray[np.uint64]  # [1]


def create_search(
    points: Floats, matrix: Floats, neighbours: Integers, start: Integers, depth: int, seed: int, stream: int
) -> Search:
    """Returns a search with all nodes in the queue; moves have up to ``depth`` steps after the first 3-opt step."""
    n = len(start)
    tour = np.array(start, np.int32)
    return Search(
        points=points,
        matrix=matrix,
        neighbours=neighbours,
        tour=tour,
        position=np.argsort(tour).astype(np.int32),
        best=tour.copy(),
        queue=tour.copy(),
        queued=np.ones(n, np.bool_),
        log=np.empty((LOG_SIZE, 2), np.int32),
        chain=np.zeros((depth + 1, KIND + 1), np.int32),
        progress=record(PROGRESS, waiting=n),
        random=np.full(1, seeded(seed, stream), np.uint64),
    )


@borrowing
def length_of(s: Search, i: int, j: int) -> float:
    """Returns the length of an edge."""
    return distance(s.points, s.matrix, i, j)


@borrowing
def push(s: Search, node: int) -> None:
    """Adds a node to the queue unless it is there."""
    if not s.queued[node]:
        s.queued[node] = True
        s.queue[wrap(s.progress.head + s.progress.waiting, s.queue.shape[0])] = node
        s.progress.waiting += 1


@borrowing
def reverse(s: Search, first: int, last: int) -> None:
    """Reverses positions first..last, or, for the same tour, their complement if that is shorter."""
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
def undo(s: Search, size: int) -> None:
    """Undoes reversals until ``size`` remain in the log."""
    for k in range(s.progress.logged - 1, size - 1, -1):
        reverse(s, s.log[k, 0], s.log[k, 1])
    s.progress.logged = size


@borrowing
def flip(s: Search, t1: int, t2: int, t3: int, t4: int) -> None:
    """Replaces the edges (t1, t2) and (t3, t4) by (t2, t3) and (t4, t1), in either orientation of the tour."""
    n = s.tour.shape[0]
    if s.tour[wrap(s.position[t1] + 1, n)] == t2:
        first, last = s.position[t2], s.position[t4]
    else:
        first, last = s.position[t4], s.position[t2]
    reverse(s, first, last)
    size = s.progress.logged
    s.log[size, 0], s.log[size, 1] = first, last
    s.progress.logged = size + 1


@borrowing
def exchange(s: Search, row: int) -> None:
    """Applies the exchange in a row of the chain."""
    nodes = s.chain[row]
    kind = nodes[KIND]
    for k in range(FLIPS.shape[1]):
        if FLIPS[kind, k, 0] < 0:
            break
        flip(
            s,
            nodes[FLIPS[kind, k, 0]],
            nodes[FLIPS[kind, k, 1]],
            nodes[FLIPS[kind, k, 2]],
            nodes[FLIPS[kind, k, 3]],
        )


@borrowing
def keep(s: Search, epsilon: float) -> None:
    """Copies the tour to ``best`` if it is shorter."""
    if s.progress.excess < -epsilon:
        s.progress.excess = 0.0
        for place in range(s.tour.shape[0]):
            s.best[place] = s.tour[place]
