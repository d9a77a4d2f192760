"""Routes of limited capacity as arrays, for a search that changes a few of them and may want them back.

Begins with the savings heuristic over pairs of near neighbours (``route_joining.py``, with its source). A
route is copied before its first change, so that undoing costs as much as the change and not as much as all routes.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, inlined
from mdpzoo_combinatorial.local_search.kernels.xorshift import seeded
from mdpzoo_combinatorial.local_search.route_joining import join

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Nodes = NDArray[np.int32]
SPARE = 8  # routes more than twice those of the start, for which there is room
ROWS, TOUCHED, OUT, BLINKS = range(4)  # of `counters`
NOW, BEST = range(2)  # of `worth`


class Search(NamedTuple):
    """The arrays of one search over n nodes on at most R routes of at most W customers; node 0 is the depot.

    A row of `order` is depot, customers, depot; those from `counters[ROWS]` on are free. What begins with `old` holds
    the routes that the present change touched as they were, what begins with `best` the best solution so far.
    """

    costs: Floats  # [n, n]
    back: Floats  # [n, n], its transpose, or the same array where it is symmetric
    demands: Integers  # [n]
    capacity: int
    near: Nodes  # [n, k], nearest first
    order: Nodes  # [R, W + 2]
    edges: Floats  # [R, W + 1], the costs between neighbours of a row
    size: Integers  # [R], customers of a route
    load: Integers  # [R]
    route: Nodes  # [n], which route a customer is on, or -1
    old_order: Nodes  # [R, W + 2]
    old_edges: Floats  # [R, W + 1]
    old_size: Integers  # [R]
    old_load: Integers  # [R]
    touched: Integers  # [R], the first `counters[TOUCHED]` are routes
    marked: NDArray[np.bool_]  # [R], whether a route is among them
    out: Nodes  # [n], the first `counters[OUT]` are customers without a route
    keys: Floats  # [n], by which they come back
    best_order: Nodes  # [R, W + 2]
    best_size: Integers  # [R]
    counters: Integers  # [4]: rows in use, touched, out, positions until one blinks
    worth: Floats  # [2]: cost now and of the best
    random: NDArray[np.uint64]  # [1]


@inlined
def touch(s: Search, r: int) -> None:
    """Copies a route before its first change."""
    if s.marked[r]:
        return
    s.marked[r] = True
    s.touched[s.counters[TOUCHED]] = r
    s.counters[TOUCHED] += 1
    size = s.size[r]
    s.old_size[r], s.old_load[r] = size, s.load[r]
    for k in range(size + 1):
        s.old_order[r, k] = s.order[r, k]
        s.old_edges[r, k] = s.edges[r, k]


@inlined
def undo(s: Search, rows: int) -> None:
    """Puts back the routes that were touched; so many rows were in use."""
    for k in range(s.counters[TOUCHED]):
        r = s.touched[k]
        s.marked[r] = False
        size = s.old_size[r]
        s.size[r], s.load[r] = size, s.old_load[r]
        for p in range(size + 1):
            node = s.old_order[r, p]
            s.order[r, p] = node
            s.edges[r, p] = s.old_edges[r, p]
            s.route[node] = r
        s.order[r, size + 1] = 0
    s.counters[ROWS] = rows


@inlined
def settle(s: Search) -> None:
    """Keeps the change, and fills rows that it emptied with the last ones."""
    for k in range(s.counters[TOUCHED]):
        s.marked[s.touched[k]] = False
    for k in range(s.counters[TOUCHED]):
        r = s.touched[k]
        while r < s.counters[ROWS] and s.size[r] == 0:
            last = s.counters[ROWS] - 1
            s.counters[ROWS] = last
            if last == r:
                break
            s.size[r], s.load[r] = s.size[last], s.load[last]
            for p in range(s.size[r] + 1):
                node = s.order[last, p]
                s.order[r, p] = node
                s.edges[r, p] = s.edges[last, p]
                s.route[node] = r
            s.order[r, s.size[r] + 1] = 0


@borrowing
def keep_best(s: Search) -> None:
    """Copies all routes to the best ones."""
    s.worth[BEST] = s.worth[NOW]
    for r in range(s.size.shape[0]):
        size = s.size[r] if r < s.counters[ROWS] else 0
        s.best_size[r] = size
        for p in range(1, size + 1):
            s.best_order[r, p] = s.order[r, p]


@inlined
def take_out(s: Search, r: int, first: int, kept_from: int, kept: int, taken: int) -> float:
    """Takes ``taken`` customers out from the place ``first`` on, but for ``kept`` ones that stand in between.

    Returns:
        The change of the cost.
    """
    touch(s, r)
    size, last = s.size[r], first + taken + kept - 1
    change, write = 0.0, first
    for p in range(first - 1, last + 1):
        change -= s.edges[r, p]
    for p in range(first, last + 1):
        node = s.order[r, p]
        if kept_from <= p < kept_from + kept:
            s.order[r, write] = node
            write += 1
        else:
            s.route[node] = -1
            s.load[r] -= s.demands[node]
            s.out[s.counters[OUT]] = node
            s.counters[OUT] += 1
    for p in range(last + 1, size + 2):
        s.order[r, p - taken] = s.order[r, p]
    for p in range(last + 1, size + 1):
        s.edges[r, p - taken] = s.edges[r, p]
    for p in range(first - 1, write):
        s.edges[r, p] = s.costs[s.order[r, p], s.order[r, p + 1]]
        change += s.edges[r, p]
    s.size[r] = size - taken
    return change


@inlined
def empty(s: Search) -> int:
    """A route without a customer, or -1 where all rows are used."""
    for k in range(s.counters[TOUCHED]):
        if s.size[s.touched[k]] == 0:
            return s.touched[k]
    r = s.counters[ROWS]
    if r == s.size.shape[0]:
        return -1
    s.counters[ROWS] = r + 1
    s.size[r], s.load[r] = 0, 0
    s.order[r, 0], s.order[r, 1], s.edges[r, 0] = 0, 0, 0.0
    return r


@inlined
def put(s: Search, node: int, r: int, after: int) -> None:
    """Puts a customer behind a place of a route."""
    touch(s, r)
    size = s.size[r]
    for p in range(size + 1, after, -1):
        s.order[r, p + 1] = s.order[r, p]
    for p in range(size, after, -1):
        s.edges[r, p + 1] = s.edges[r, p]
    s.order[r, after + 1] = node
    s.edges[r, after] = s.costs[s.order[r, after], node]
    s.edges[r, after + 1] = s.costs[node, s.order[r, after + 2]]
    s.size[r] = size + 1
    s.load[r] += s.demands[node]
    s.route[node] = r


def joined(costs: Floats, back: Floats, demands: Integers, capacity: int, near: Nodes) -> tuple[Integers, Integers]:
    """The routes of the savings heuristic over pairs of near neighbours: their customers ``[n - 1]``, sizes ``[R]``."""
    n, k = near.shape
    first, second = np.repeat(np.arange(n), k), near.ravel().astype(np.int64)
    trips = costs[first, 0] + costs[0, first] + costs[second, 0] + costs[0, second]
    saved = 0.5 * (trips - costs[first, second] - back[first, second])
    useful = np.flatnonzero((first > 0) & (first < second) & (saved > 0.0))
    order = useful[np.argsort(-saved[useful], kind="stable")]
    following, before = (each.tolist() for each in join(first[order], second[order], demands, capacity))
    flat: list[int] = []
    sizes: list[int] = []
    for head in range(1, n):
        if before[head] == 0:
            done, node = len(flat), head
            while node != 0:
                flat.append(node)
                node = following[node]
            sizes.append(len(flat) - done)
    return np.array(flat, np.int64), np.array(sizes, np.int64)


def prepared(
    costs: Floats,
    back: Floats,
    demands: Integers,
    capacity: int,
    near: Nodes,
    flat: Integers,
    sizes: Integers,
    seed: int,
    stream: int,
) -> Search:
    """A search that begins with routes ``[R]`` of so many customers each, one behind the other in ``flat``."""
    n, used = len(demands), len(sizes)
    rows = min(n - 1, 2 * used + SPARE)
    width = int(np.count_nonzero(np.cumsum(np.sort(demands[1:])) <= capacity))  # customers that fit on a route
    order, edges = np.zeros((rows, width + 2), np.int32), np.zeros((rows, width + 1))
    size, load, route = np.zeros(rows, np.int64), np.zeros(rows, np.int64), np.full(n, -1, np.int32)
    size[:used] = sizes
    for r, row in enumerate(np.split(flat, np.cumsum(sizes)[:-1])):
        order[r, 1 : len(row) + 1] = row
        load[r] = demands[row].sum()
        route[row] = r
        edges[r, : len(row) + 1] = costs[order[r, : len(row) + 1], order[r, 1 : len(row) + 2]]
    counters = np.zeros(4, np.int64)
    counters[ROWS] = used
    return Search(
        costs, back, demands, capacity, near, order, edges, size, load, route,
        np.zeros_like(order), np.zeros_like(edges), np.zeros_like(size), np.zeros_like(load),
        np.zeros(rows, np.int64), np.zeros(rows, np.bool_), np.zeros(n, np.int32), np.zeros(n),
        order.copy(), size.copy(), counters, np.full(2, np.cumsum(edges)[-1]),
        np.full(1, seeded(seed, stream), np.uint64),
    )  # fmt: skip
