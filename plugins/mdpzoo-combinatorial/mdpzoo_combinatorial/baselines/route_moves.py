"""Compiled local search on routes of limited capacity: relocate, exchange, 2-opt, 2-opt* and its reversed form.

Sources: Or 1976 (segments of one to three customers), Croes 1958 (2-opt), Potvin and Rousseau 1995, "An exchange
heuristic for routeing problems with time windows", Journal of the Operational Research Society 46 (2-opt*). Every move
adds an edge between a customer and one of its nearest neighbours; the first improving move is applied, until there is
none.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MAX_SEGMENT = 3  # customers that one move relocates


class Routes(NamedTuple):
    """The state of one search over n nodes on R routes; positions 0 and size + 1 of a route are the depot."""

    costs: Floats  # [n, n], symmetric
    demands: Integers  # [n]
    capacity: int
    order: Integers  # [R, n + 1], a row is depot, customers, depot
    size: Integers  # [R], customers of a route
    route: Integers  # [n], the route of a customer
    position: Integers  # [n], the position of a customer on its route
    load_to: Integers  # [R, n + 1], cumulative load up to and including a position
    spare: Integers  # [2, n + 1], buffer for new routes


@borrowing
def _write_route(s: Routes, r: int, row: int, count: int) -> None:
    """Sets the customers of route r to the first ``count`` entries of a row of ``spare``."""
    load = 0
    s.order[r, 0] = 0
    s.load_to[r, 0] = 0
    for k in range(count):
        node = s.spare[row, k]
        load += s.demands[node]
        s.order[r, k + 1] = node
        s.route[node] = r
        s.position[node] = k + 1
        s.load_to[r, k + 1] = load
    s.order[r, count + 1] = 0
    s.size[r] = count


@borrowing
def _append(s: Routes, r: int, first: int, last: int, row: int, count: int) -> int:
    """Appends positions first..last of route r, reversed if last < first, to a row of ``spare``; returns its length."""
    step = 1 if first <= last else -1
    position = first
    while True:
        s.spare[row, count] = s.order[r, position]
        count += 1
        if position == last:
            return count
        position += step


@borrowing
def _append_forwards(s: Routes, r: int, first: int, last: int, row: int, count: int) -> int:
    """As ``_append``, for a segment that is not reversed and may be empty."""
    return _append(s, r, first, last, row, count) if first <= last else count


@borrowing
def _relocate(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Relocates a segment of one to three customers, with u at one end, next to v; returns the improvement, or 0."""
    ru, rv, pu, pv = s.route[u], s.route[v], s.position[u], s.position[v]
    for length in range(1, MAX_SEGMENT + 1):
        for direction in (1, -1):  # the direction of the segment from u
            if length == 1 and direction == -1:
                continue
            low = min(pu, pu + direction * (length - 1))
            high = low + length - 1
            if low < 1 or high > s.size[ru] or (ru == rv and low <= pv <= high):
                continue
            load = s.load_to[ru, high] - s.load_to[ru, low - 1]
            if ru != rv and s.load_to[rv, s.size[rv]] + load > s.capacity:
                break
            a, b = s.order[ru, low - 1], s.order[ru, high + 1]
            other = s.order[ru, high] if pu == low else s.order[ru, low]
            freed = s.costs[a, s.order[ru, low]] + s.costs[s.order[ru, high], b] - s.costs[a, b]
            for side in (1, -1):
                w = s.order[rv, pv + side]
                if ru == rv and low <= pv + side <= high:
                    continue
                gain = freed - s.costs[u, v] - s.costs[other, w] + s.costs[v, w]
                if gain > epsilon:
                    _carry(s, ru, low, high, rv, pv if side == 1 else pv - 1, (pu == low) == (side == 1))
                    return gain
    return 0.0


@borrowing
def _carry(s: Routes, ru: int, low: int, high: int, rv: int, after: int, forwards: bool) -> None:
    """Moves positions low..high of route ru behind position ``after`` of route rv."""
    first, last = (low, high) if forwards else (high, low)
    if ru != rv:
        count = _append_forwards(s, rv, 1, after, 0, 0)
        count = _append(s, ru, first, last, 0, count)
        count = _append_forwards(s, rv, after + 1, s.size[rv], 0, count)
        rest = _append_forwards(s, ru, 1, low - 1, 1, 0)
        rest = _append_forwards(s, ru, high + 1, s.size[ru], 1, rest)
        _write_route(s, rv, 0, count)
        _write_route(s, ru, 1, rest)
        return
    if after < low:
        count = _append_forwards(s, ru, 1, after, 0, 0)
        count = _append(s, ru, first, last, 0, count)
        count = _append_forwards(s, ru, after + 1, low - 1, 0, count)
        count = _append_forwards(s, ru, high + 1, s.size[ru], 0, count)
    else:
        count = _append_forwards(s, ru, 1, low - 1, 0, 0)
        count = _append_forwards(s, ru, high + 1, after, 0, count)
        count = _append(s, ru, first, last, 0, count)
        count = _append_forwards(s, ru, after + 1, s.size[ru], 0, count)
    _write_route(s, ru, 0, count)


@borrowing
def _exchange(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Exchanges u with a neighbour of v on its route, so that u is next to v; returns the improvement, or 0."""
    ru, rv, pu = s.route[u], s.route[v], s.position[u]
    for side in (1, -1):
        py = s.position[v] + side
        y = s.order[rv, py]
        if y == 0 or y == u or (ru == rv and abs(py - pu) == 1):
            continue
        change = s.demands[y] - s.demands[u]
        if ru != rv and (
            s.load_to[ru, s.size[ru]] + change > s.capacity or s.load_to[rv, s.size[rv]] - change > s.capacity
        ):
            continue
        a, b = s.order[ru, pu - 1], s.order[ru, pu + 1]
        c, d = s.order[rv, py - 1], s.order[rv, py + 1]
        gain = s.costs[a, u] + s.costs[u, b] + s.costs[c, y] + s.costs[y, d]
        gain -= s.costs[a, y] + s.costs[y, b] + s.costs[c, u] + s.costs[u, d]
        if gain > epsilon:
            s.order[ru, pu] = y
            s.order[rv, py] = u
            for r in (ru, rv):
                count = _append_forwards(s, r, 1, s.size[r], 0, 0)
                _write_route(s, r, 0, count)
            return gain
    return 0.0


@borrowing
def _turn(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Joins u and v and reverses a part: 2-opt on one route, reversed 2-opt* on two; returns the improvement, or 0."""
    ru, rv, pu, pv = s.route[u], s.route[v], s.position[u], s.position[v]
    for side in (1, -1):  # 1: removes the edges after u and v, -1: those before them
        after, beyond = s.order[ru, pu + side], s.order[rv, pv + side]
        gain = s.costs[u, after] + s.costs[v, beyond] - s.costs[u, v] - s.costs[after, beyond]
        if gain <= epsilon:
            continue
        cut, other = (pu, pv) if side == 1 else (pu - 1, pv - 1)  # the last positions before the removed edges
        if ru == rv:
            low, high = min(cut, other) + 1, max(cut, other)
            count = _append_forwards(s, ru, 1, low - 1, 0, 0)
            count = _append(s, ru, high, low, 0, count)
            count = _append_forwards(s, ru, high + 1, s.size[ru], 0, count)
            _write_route(s, ru, 0, count)
            return gain
        heads = s.load_to[ru, cut] + s.load_to[rv, other]
        tails = s.load_to[ru, s.size[ru]] + s.load_to[rv, s.size[rv]] - heads
        if heads > s.capacity or tails > s.capacity:
            continue
        count = _append_forwards(s, ru, 1, cut, 0, 0)
        if other >= 1:
            count = _append(s, rv, other, 1, 0, count)
        rest = 0
        if s.size[ru] > cut:
            rest = _append(s, ru, s.size[ru], cut + 1, 1, 0)
        rest = _append_forwards(s, rv, other + 1, s.size[rv], 1, rest)
        _write_route(s, ru, 0, count)
        _write_route(s, rv, 1, rest)
        return gain
    return 0.0


@borrowing
def _cross(s: Routes, u: int, v: int, epsilon: float) -> float:
    """2-opt*: joins the part of a route up to u to the part from v on; returns the improvement, or 0."""
    ru, rv, pu, pv = s.route[u], s.route[v], s.position[u], s.position[v]
    if ru == rv:
        return 0.0
    after, before = s.order[ru, pu + 1], s.order[rv, pv - 1]
    gain = s.costs[u, after] + s.costs[before, v] - s.costs[u, v] - s.costs[before, after]
    if gain <= epsilon:
        return 0.0
    one = s.load_to[ru, pu] + s.load_to[rv, s.size[rv]] - s.load_to[rv, pv - 1]
    two = s.load_to[rv, pv - 1] + s.load_to[ru, s.size[ru]] - s.load_to[ru, pu]
    if one > s.capacity or two > s.capacity:
        return 0.0
    count = _append_forwards(s, ru, 1, pu, 0, 0)
    count = _append_forwards(s, rv, pv, s.size[rv], 0, count)
    rest = _append_forwards(s, rv, 1, pv - 1, 1, 0)
    rest = _append_forwards(s, ru, pu + 1, s.size[ru], 1, rest)
    _write_route(s, ru, 0, count)
    _write_route(s, rv, 1, rest)
    return gain


@borrowing
def _move(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Applies the first improving move that adds an edge between u and v; returns the improvement, or 0."""
    gain = _relocate(s, u, v, epsilon)
    if gain == 0.0:
        gain = _turn(s, u, v, epsilon)
    if gain == 0.0:
        gain = _cross(s, u, v, epsilon)
    if gain == 0.0:
        gain = _cross(s, v, u, epsilon)
    if gain == 0.0:
        gain = _exchange(s, u, v, epsilon)
    return gain


@borrowing
def descend(s: Routes, neighbours: NDArray[np.int32], active: NDArray[np.bool_], epsilon: float, rounds: int) -> bool:
    """Processes at most ``rounds`` active customers; returns whether a local optimum is reached.

    Args:
        s: the routes, changed in place.
        neighbours: ``[n, k]``, nearest first.
        active: ``[n]``, the customers to process (the complement of don't-look bits), changed in place.
        epsilon: smaller improvements are considered rounding errors.
        rounds: maximum number of customers to process.
    """
    tried = 0
    while True:
        none = True
        for u in range(1, active.shape[0]):
            if not active[u]:
                continue
            if tried >= rounds:
                return False
            none = False
            tried += 1
            gained = False
            for v in neighbours[u]:
                if v == 0 or v == u:
                    continue
                before, beyond = s.route[u], s.route[v]
                if _move(s, u, v, epsilon) > 0.0:
                    for r in (before, beyond):
                        for k in range(1, s.size[r] + 1):
                            active[s.order[r, k]] = True
                    gained = True
                    break
            active[u] = gained
        if none:
            return True


@compiled
def create_routes(costs: Floats, demands: Integers, capacity: int, flat: Integers, sizes: Integers) -> Routes:
    """Creates the state for R routes of ``sizes`` ``[R]`` customers each, concatenated in ``flat``."""
    n, count = demands.shape[0], sizes.shape[0]
    order, load_to = np.zeros((count, n + 1), np.int64), np.zeros((count, n + 1), np.int64)
    route, position, spare = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((2, n + 1), np.int64)
    s = Routes(costs, demands, capacity, order, np.zeros(count, np.int64), route, position, load_to, spare)
    begin = 0
    for r in range(count):
        s.spare[0, : sizes[r]] = flat[begin : begin + sizes[r]]
        _write_route(s, r, 0, sizes[r])
        begin += sizes[r]
    return s
