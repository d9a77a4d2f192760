"""Routes of limited capacity as arrays, for a search whose changes modify few routes and can be undone.

The initial routes are those of the savings heuristic for pairs of near neighbours (``route_joining.py``, with its
source). A route is copied before its first change, so that undoing takes as long as the change.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, inlined
from mdpzoo_combinatorial.local_search.kernels.records import record
from mdpzoo_combinatorial.local_search.kernels.xorshift import seeded
from mdpzoo_combinatorial.local_search.route_joining import join

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Nodes = NDArray[np.int32]
Records = NDArray[np.void]
SPARE = 8  # additional routes beyond twice the initial number
CUSTOMER = np.dtype([("demand", "i8"), ("route", "i8")])  # route: -1 if the customer is on none
ROUTE = np.dtype([
    ("size", "i8"),  # customers
    ("load", "i8"),
    ("touched", "i8"),  # whether the current change has modified the route
    ("old_size", "i8"),  # before that
    ("old_load", "i8"),
    ("best_size", "i8"),
])  # fmt: skip
REMOVED = np.dtype([("key", "f8"), ("customer", "i8")])  # customers are inserted in ascending order of their keys
PROGRESS = np.dtype([
    ("capacity", "i8"),
    ("rows", "i8"),  # of `order` in use
    ("touched_count", "i8"),
    ("removed_count", "i8"),
    ("blinks", "i8"),  # positions until the next one that is skipped
    ("cost", "f8"),  # of the current routes
    ("best", "f8"),  # cost of the best routes
])  # fmt: skip


class Search(NamedTuple):
    """State of a search over n nodes on at most R routes with at most W customers each; node 0 is the depot.

    A row of `order` is depot, customers, depot; rows from `progress.rows` on are unused. Arrays named `old` hold the
    touched routes as they were before the current change, arrays named `best` the best solution so far.
    """

    costs: Floats  # [n, n]
    back: Floats  # [n, n], its transpose, or the same array if it is symmetric
    near: Nodes  # [n, k], nearest first
    customers: Records  # [n] of CUSTOMER
    routes: Records  # [R] of ROUTE
    order: Nodes  # [R, W + 2]
    edges: Floats  # [R, W + 1], costs between consecutive nodes of a row
    old_order: Nodes  # [R, W + 2]
    old_edges: Floats  # [R, W + 1]
    best_order: Nodes  # [R, W + 2]
    touched: Integers  # [R], routes that the current change has modified
    removed: Records  # [n] of REMOVED, customers that are on no route
    progress: Any  # a record of PROGRESS
    random: NDArray[np.uint64]  # [1]


@inlined
def touch(s: Search, r: int) -> None:
    """Copies a route before its first change."""
    if s.routes[r].touched:
        return
    s.routes[r].touched = 1
    s.touched[s.progress.touched_count] = r
    s.progress.touched_count += 1
    size = s.routes[r].size
    s.routes[r].old_size, s.routes[r].old_load = size, s.routes[r].load
    for k in range(size + 1):
        s.old_order[r, k] = s.order[r, k]
        s.old_edges[r, k] = s.edges[r, k]


@borrowing
def undo(s: Search, rows: int) -> None:
    """Restores the touched routes; ``rows`` were in use before the change."""
    for k in range(s.progress.touched_count):
        r = s.touched[k]
        s.routes[r].touched = 0
        size = s.routes[r].old_size
        s.routes[r].size, s.routes[r].load = size, s.routes[r].old_load
        for p in range(size + 1):
            node = s.old_order[r, p]
            s.order[r, p] = node
            s.edges[r, p] = s.old_edges[r, p]
            s.customers[node].route = r
        s.order[r, size + 1] = 0
    s.progress.rows = rows


@borrowing
def settle(s: Search) -> None:
    """Accepts the change, and moves the last routes to rows that have become empty."""
    for k in range(s.progress.touched_count):
        s.routes[s.touched[k]].touched = 0
    for k in range(s.progress.touched_count):
        r = s.touched[k]
        while r < s.progress.rows and s.routes[r].size == 0:
            last = s.progress.rows - 1
            s.progress.rows = last
            if last == r:
                break
            s.routes[r].size, s.routes[r].load = s.routes[last].size, s.routes[last].load
            for p in range(s.routes[r].size + 1):
                node = s.order[last, p]
                s.order[r, p] = node
                s.edges[r, p] = s.edges[last, p]
                s.customers[node].route = r
            s.order[r, s.routes[r].size + 1] = 0


@borrowing
def keep_best(s: Search) -> None:
    """Makes the current routes the incumbent."""
    s.progress.best = s.progress.cost
    for r in range(s.routes.shape[0]):
        size = s.routes[r].size if r < s.progress.rows else 0
        s.routes[r].best_size = size
        for p in range(1, size + 1):
            s.best_order[r, p] = s.order[r, p]


@inlined
def take_out(s: Search, r: int, first: int, kept_from: int, kept: int, taken: int) -> float:
    """Removes ``taken`` customers from position ``first`` on, except ``kept`` customers from position ``kept_from`` on.

    Returns:
        The change of the cost.
    """
    touch(s, r)
    size, last = s.routes[r].size, first + taken + kept - 1
    change, write = 0.0, first
    for p in range(first - 1, last + 1):
        change -= s.edges[r, p]
    for p in range(first, last + 1):
        node = s.order[r, p]
        if kept_from <= p < kept_from + kept:
            s.order[r, write] = node
            write += 1
        else:
            s.customers[node].route = -1
            s.routes[r].load -= s.customers[node].demand
            s.removed[s.progress.removed_count].customer = node
            s.progress.removed_count += 1
    for p in range(last + 1, size + 2):
        s.order[r, p - taken] = s.order[r, p]
    for p in range(last + 1, size + 1):
        s.edges[r, p - taken] = s.edges[r, p]
    for p in range(first - 1, write):
        s.edges[r, p] = s.costs[s.order[r, p], s.order[r, p + 1]]
        change += s.edges[r, p]
    s.routes[r].size = size - taken
    return change


@inlined
def empty(s: Search) -> int:
    """Returns a route without customers, or -1 if all rows are in use."""
    for k in range(s.progress.touched_count):
        if s.routes[s.touched[k]].size == 0:
            return s.touched[k]
    r = s.progress.rows
    if r == s.routes.shape[0]:
        return -1
    s.progress.rows = r + 1
    s.routes[r].size, s.routes[r].load = 0, 0
    s.order[r, 0], s.order[r, 1], s.edges[r, 0] = 0, 0, 0.0
    return r


@inlined
def put(s: Search, node: int, r: int, place: int) -> None:
    """Inserts a customer at a position of a route, from 1 to its size + 1."""
    touch(s, r)
    size = s.routes[r].size
    for p in range(size + 1, place - 1, -1):
        s.order[r, p + 1] = s.order[r, p]
    for p in range(size, place - 1, -1):
        s.edges[r, p + 1] = s.edges[r, p]
    s.order[r, place] = node
    s.edges[r, place - 1] = s.costs[s.order[r, place - 1], node]
    s.edges[r, place] = s.costs[node, s.order[r, place + 1]]
    s.routes[r].size = size + 1
    s.routes[r].load += s.customers[node].demand
    s.customers[node].route = r


def savings_routes(
    costs: Floats, back: Floats, demands: Integers, capacity: int, near: Nodes
) -> tuple[Integers, Integers]:
    """Returns the routes of the savings heuristic for near pairs: customers ``[n - 1]``, sizes ``[R]``."""
    n, k = near.shape
    first, second = np.repeat(np.arange(n), k), near.ravel().astype(np.int64)
    trips = costs[first, 0] + costs[0, first] + costs[second, 0] + costs[0, second]
    saved = 0.5 * (trips - costs[first, second] - back[first, second])
    useful = np.flatnonzero((first > 0) & (first < second) & (saved > 0.0))
    order = useful[np.argsort(-saved[useful], kind="stable")]
    successor, before = (each.tolist() for each in join(first[order], second[order], demands, capacity))
    flat: list[int] = []
    sizes: list[int] = []
    for head in range(1, n):
        if before[head] == 0:
            done, node = len(flat), head
            while node != 0:
                flat.append(node)
                node = successor[node]
            sizes.append(len(flat) - done)
    return np.array(flat, np.int64), np.array(sizes, np.int64)


def create_search(
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
    """Returns a search that starts from routes of ``sizes`` customers, concatenated in ``flat``."""
    n, used = len(demands), len(sizes)
    rows = min(n - 1, 2 * used + SPARE)
    width = int(np.count_nonzero(np.cumsum(np.sort(demands[1:])) <= capacity))  # customers that fit on a route
    order, edges = np.zeros((rows, width + 2), np.int32), np.zeros((rows, width + 1))
    routes, customers = np.zeros(rows, ROUTE), np.zeros(n, CUSTOMER)
    routes["size"][:used], routes["best_size"][:used] = sizes, sizes
    customers["demand"], customers["route"] = demands, -1
    for r, row in enumerate(np.split(flat, np.cumsum(sizes)[:-1])):
        order[r, 1 : len(row) + 1] = row
        routes["load"][r] = demands[row].sum()
        customers["route"][row] = r
        edges[r, : len(row) + 1] = costs[order[r, : len(row) + 1], order[r, 1 : len(row) + 2]]
    cost = float(np.cumsum(edges)[-1])
    return Search(
        costs=costs,
        back=back,
        near=near,
        customers=customers,
        routes=routes,
        order=order,
        edges=edges,
        old_order=np.zeros_like(order),
        old_edges=np.zeros_like(edges),
        best_order=order.copy(),
        touched=np.zeros(rows, np.int64),
        removed=np.zeros(n, REMOVED),
        progress=record(PROGRESS, capacity=capacity, rows=used, cost=cost, best=cost),
        random=np.full(1, seeded(seed, stream), np.uint64),
    )
