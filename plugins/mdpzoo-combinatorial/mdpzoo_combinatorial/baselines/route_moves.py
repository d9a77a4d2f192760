"""Compiled local search on routes of limited capacity: relocate, exchange, 2-opt, 2-opt* and its reversed form.

Sources: Or 1976 (segments of one to three customers), Croes 1958 (2-opt), Potvin and Rousseau 1995, "An exchange
heuristic for routeing problems with time windows", Journal of the Operational Research Society 46 (2-opt*). Every move
makes an edge between a customer and one of its near neighbours; the first that gains is made, until none gains.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LONGEST = 3  # customers that one move carries along


class Routes(NamedTuple):
    """The arrays of one search over n nodes on R routes; place 0 and place size + 1 of a route are the depot."""

    costs: Floats  # [n, n], symmetric
    demands: Integers  # [n]
    capacity: int
    order: Integers  # [R, n + 1], a row is depot, customers, depot
    size: Integers  # [R], customers of a route
    route: Integers  # [n], which route a customer is on
    place: Integers  # [n], and where
    loaded: Integers  # [R, n + 1], the load up to and including a place
    spare: Integers  # [2, n + 1], where new routes are written


@borrowing
def _written(s: Routes, r: int, row: int, count: int) -> None:
    """Makes the first ``count`` places of a row of ``spare`` the customers of route r."""
    load = 0
    s.order[r, 0] = 0
    s.loaded[r, 0] = 0
    for k in range(count):
        node = s.spare[row, k]
        load += s.demands[node]
        s.order[r, k + 1] = node
        s.route[node] = r
        s.place[node] = k + 1
        s.loaded[r, k + 1] = load
    s.order[r, count + 1] = 0
    s.size[r] = count


@borrowing
def _copied(s: Routes, r: int, first: int, last: int, row: int, count: int) -> int:
    """Appends the places first..last of route r, backwards where last < first, to a row of ``spare``."""
    step = 1 if first <= last else -1
    place = first
    while True:
        s.spare[row, count] = s.order[r, place]
        count += 1
        if place == last:
            return count
        place += step


@borrowing
def _piece(s: Routes, r: int, first: int, last: int, row: int, count: int) -> int:
    """As ``_copied``, for a piece that runs forwards and may be empty."""
    return _copied(s, r, first, last, row, count) if first <= last else count


@borrowing
def _relocate(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Moves one to three customers that end at u to the side of v; returns the gain, or 0."""
    ru, rv, pu, pv = s.route[u], s.route[v], s.place[u], s.place[v]
    for carried in range(1, LONGEST + 1):
        for direction in (1, -1):  # where the segment goes on from u
            if carried == 1 and direction == -1:
                continue
            low = min(pu, pu + direction * (carried - 1))
            high = low + carried - 1
            if low < 1 or high > s.size[ru] or (ru == rv and low <= pv <= high):
                continue
            load = s.loaded[ru, high] - s.loaded[ru, low - 1]
            if ru != rv and s.loaded[rv, s.size[rv]] + load > s.capacity:
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
    """Moves the places low..high of route ru behind the place ``after`` of route rv."""
    first, last = (low, high) if forwards else (high, low)
    if ru != rv:
        count = _piece(s, rv, 1, after, 0, 0)
        count = _copied(s, ru, first, last, 0, count)
        count = _piece(s, rv, after + 1, s.size[rv], 0, count)
        rest = _piece(s, ru, 1, low - 1, 1, 0)
        rest = _piece(s, ru, high + 1, s.size[ru], 1, rest)
        _written(s, rv, 0, count)
        _written(s, ru, 1, rest)
        return
    if after < low:
        count = _piece(s, ru, 1, after, 0, 0)
        count = _copied(s, ru, first, last, 0, count)
        count = _piece(s, ru, after + 1, low - 1, 0, count)
        count = _piece(s, ru, high + 1, s.size[ru], 0, count)
    else:
        count = _piece(s, ru, 1, low - 1, 0, 0)
        count = _piece(s, ru, high + 1, after, 0, count)
        count = _copied(s, ru, first, last, 0, count)
        count = _piece(s, ru, after + 1, s.size[ru], 0, count)
    _written(s, ru, 0, count)


@borrowing
def _exchange(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Exchanges u with a neighbour of v on its route, so that u comes to stand beside v; returns the gain, or 0."""
    ru, rv, pu = s.route[u], s.route[v], s.place[u]
    for side in (1, -1):
        py = s.place[v] + side
        y = s.order[rv, py]
        if y == 0 or y == u or (ru == rv and abs(py - pu) == 1):
            continue
        change = s.demands[y] - s.demands[u]
        if ru != rv and (
            s.loaded[ru, s.size[ru]] + change > s.capacity or s.loaded[rv, s.size[rv]] - change > s.capacity
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
                count = _piece(s, r, 1, s.size[r], 0, 0)
                _written(s, r, 0, count)
            return gain
    return 0.0


@borrowing
def _turn(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Joins u and v head to head or tail to tail, 2-opt on one route, 2-opt* on two; returns the gain, or 0."""
    ru, rv, pu, pv = s.route[u], s.route[v], s.place[u], s.place[v]
    for side in (1, -1):  # 1: the edges behind u and v go, -1: those before them
        after, beyond = s.order[ru, pu + side], s.order[rv, pv + side]
        gain = s.costs[u, after] + s.costs[v, beyond] - s.costs[u, v] - s.costs[after, beyond]
        if gain <= epsilon:
            continue
        cut, other = (pu, pv) if side == 1 else (pu - 1, pv - 1)  # the last places that stay in front
        if ru == rv:
            low, high = min(cut, other) + 1, max(cut, other)
            count = _piece(s, ru, 1, low - 1, 0, 0)
            count = _copied(s, ru, high, low, 0, count)
            count = _piece(s, ru, high + 1, s.size[ru], 0, count)
            _written(s, ru, 0, count)
            return gain
        heads = s.loaded[ru, cut] + s.loaded[rv, other]
        tails = s.loaded[ru, s.size[ru]] + s.loaded[rv, s.size[rv]] - heads
        if heads > s.capacity or tails > s.capacity:
            continue
        count = _piece(s, ru, 1, cut, 0, 0)
        if other >= 1:
            count = _copied(s, rv, other, 1, 0, count)
        rest = 0
        if s.size[ru] > cut:
            rest = _copied(s, ru, s.size[ru], cut + 1, 1, 0)
        rest = _piece(s, rv, other + 1, s.size[rv], 1, rest)
        _written(s, ru, 0, count)
        _written(s, rv, 1, rest)
        return gain
    return 0.0


@borrowing
def _crossed(s: Routes, u: int, v: int, epsilon: float) -> float:
    """2-opt*: what is before and with u goes on with v and what follows it; returns the gain, or 0."""
    ru, rv, pu, pv = s.route[u], s.route[v], s.place[u], s.place[v]
    if ru == rv:
        return 0.0
    after, before = s.order[ru, pu + 1], s.order[rv, pv - 1]
    gain = s.costs[u, after] + s.costs[before, v] - s.costs[u, v] - s.costs[before, after]
    if gain <= epsilon:
        return 0.0
    one = s.loaded[ru, pu] + s.loaded[rv, s.size[rv]] - s.loaded[rv, pv - 1]
    two = s.loaded[rv, pv - 1] + s.loaded[ru, s.size[ru]] - s.loaded[ru, pu]
    if one > s.capacity or two > s.capacity:
        return 0.0
    count = _piece(s, ru, 1, pu, 0, 0)
    count = _piece(s, rv, pv, s.size[rv], 0, count)
    rest = _piece(s, rv, 1, pv - 1, 1, 0)
    rest = _piece(s, ru, pu + 1, s.size[ru], 1, rest)
    _written(s, ru, 0, count)
    _written(s, rv, 1, rest)
    return gain


@borrowing
def _moved(s: Routes, u: int, v: int, epsilon: float) -> float:
    """Makes the first move that gains by an edge between u and v; returns the gain, or 0."""
    gain = _relocate(s, u, v, epsilon)
    if gain == 0.0:
        gain = _turn(s, u, v, epsilon)
    if gain == 0.0:
        gain = _crossed(s, u, v, epsilon)
    if gain == 0.0:
        gain = _crossed(s, v, u, epsilon)
    if gain == 0.0:
        gain = _exchange(s, u, v, epsilon)
    return gain


@borrowing
def descend(s: Routes, neighbours: NDArray[np.int32], waiting: NDArray[np.bool_], epsilon: float, rounds: int) -> bool:
    """Tries the customers that wait, so many at most; returns whether none is left.

    Args:
        s: the routes, changed in place.
        neighbours: ``[n, k]``, nearest first.
        waiting: ``[n]``, whose neighbourhood has changed since it was tried.
        epsilon: smaller gains are rounding.
        rounds: customers to try.
    """
    tried = 0
    while True:
        none = True
        for u in range(1, waiting.shape[0]):
            if not waiting[u]:
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
                if _moved(s, u, v, epsilon) > 0.0:
                    for r in (before, beyond):
                        for k in range(1, s.size[r] + 1):
                            waiting[s.order[r, k]] = True
                    gained = True
                    break
            waiting[u] = gained
        if none:
            return True


@compiled
def prepared(costs: Floats, demands: Integers, capacity: int, flat: Integers, sizes: Integers) -> Routes:
    """Begins with routes ``[R]`` of so many customers each, all of them one behind the other in ``flat``."""
    n, count = demands.shape[0], sizes.shape[0]
    order, loaded = np.zeros((count, n + 1), np.int64), np.zeros((count, n + 1), np.int64)
    route, place, spare = np.zeros(n, np.int64), np.zeros(n, np.int64), np.zeros((2, n + 1), np.int64)
    s = Routes(costs, demands, capacity, order, np.zeros(count, np.int64), route, place, loaded, spare)
    begin = 0
    for r in range(count):
        s.spare[0, : sizes[r]] = flat[begin : begin + sizes[r]]
        _written(s, r, 0, sizes[r])
        begin += sizes[r]
    return s
