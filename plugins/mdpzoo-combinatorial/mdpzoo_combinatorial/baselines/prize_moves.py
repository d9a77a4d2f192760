"""Compiled local search for orienteering: shorten the tour by 2-opt and Or-opt, insert prizes, exchange them.

Sources: Croes 1958 (2-opt), Or 1976 (Or-opt), Chao, Golden and Wasil 1996, "A fast and effective heuristic for the
orienteering problem", European Journal of Operational Research 88 (insertion and exchange). Every step makes the pair
(prize, -length) larger in lexicographic order, so it ends.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
LONGEST = 3  # customers that an Or-opt move carries along


@compiled
def length(costs: Floats, tour: Integers, count: int) -> float:
    """The length of the closed tour through the first ``count`` nodes."""
    total = costs[tour[count - 1], tour[0]]
    for k in range(count - 1):
        total += costs[tour[k], tour[k + 1]]
    return total


@compiled
def _two_opt(costs: Floats, tour: Integers, count: int, epsilon: float) -> bool:
    """Reverses the first piece whose reversal shortens the tour."""
    for i in range(count - 2):
        for j in range(i + 2, count):
            after = tour[(j + 1) % count]
            if after == tour[i]:
                continue
            gain = costs[tour[i], tour[i + 1]] + costs[tour[j], after]
            gain -= costs[tour[i], tour[j]] + costs[tour[i + 1], after]
            if gain > epsilon:
                tour[i + 1 : j + 1] = tour[i + 1 : j + 1][::-1].copy()
                return True
    return False


@compiled
def _or_opt(costs: Floats, tour: Integers, count: int, epsilon: float) -> bool:
    """Moves the first piece of one to three customers whose move shortens the tour."""
    rest = np.empty(count, np.int64)
    for carried in range(1, min(LONGEST, count - 2) + 1):
        for low in range(1, count - carried + 1):
            high = low + carried - 1
            first, last = tour[low], tour[high]
            a, b = tour[low - 1], tour[(high + 1) % count]
            freed = costs[a, first] + costs[last, b] - costs[a, b]
            if freed <= epsilon:
                continue
            kept = 0
            for k in range(count):
                if k < low or k > high:
                    rest[kept] = tour[k]
                    kept += 1
            for k in range(kept):
                if k == low - 1:
                    continue  # where it has been
                c, d = rest[k], rest[(k + 1) % kept]
                base = freed + costs[c, d]
                for back in (False, True):
                    one, two = (last, first) if back else (first, last)
                    if base - costs[c, one] - costs[two, d] > epsilon:
                        piece = tour[low : high + 1].copy()
                        tour[: k + 1] = rest[: k + 1]
                        tour[k + 1 : k + 1 + carried] = piece[::-1] if back else piece
                        tour[k + 1 + carried : count] = rest[k + 1 : kept]
                        return True
    return False


@compiled
def shorten(costs: Floats, tour: Integers, count: int, epsilon: float) -> None:
    """Makes 2-opt and Or-opt moves in place until none shortens the tour."""
    while _two_opt(costs, tour, count, epsilon) or _or_opt(costs, tour, count, epsilon):
        pass


@compiled
def _place_for(costs: Floats, tour: Integers, count: int, node: int, without: int) -> tuple[float, int]:
    """What it costs to insert a node, and behind which place; as if the one at place ``without`` were not there."""
    least, where = np.inf, -1
    for k in range(count):
        if k == without:
            continue
        following = (k + 1) % count
        if following == without:
            following = (following + 1) % count
        more = costs[tour[k], node] + costs[node, tour[following]] - costs[tour[k], tour[following]]
        if more < least:
            least, where = more, k
    return least, where


@compiled
def insert_all(
    costs: Floats, prizes: Floats, room: float, tour: Integers, inside: NDArray[np.bool_], count: int
) -> int:
    """Inserts the prize that is largest for its detour, as long as one fits; returns the number of nodes then.

    Args:
        costs: ``[n, n]``, symmetric.
        prizes: ``[n]``.
        room: how much longer the tour may get.
        tour: ``[n]``, of which the first ``count`` are on the tour.
        inside: ``[n]``, which are.
        count: how many.
    """
    while True:
        best, chosen, where, price = 0.0, -1, -1, 0.0
        for node in range(prizes.shape[0]):
            if inside[node] or prizes[node] <= 0.0:
                continue
            more, place = _place_for(costs, tour, count, node, -1)
            if more <= room:
                worth = prizes[node] / max(more, 1e-12)
                if worth > best:
                    best, chosen, where, price = worth, node, place, more
        if chosen < 0:
            return count
        tour[where + 2 : count + 1] = tour[where + 1 : count].copy()
        tour[where + 1] = chosen
        inside[chosen] = True
        count += 1
        room -= price


@compiled
def exchange(
    costs: Floats, prizes: Floats, room: float, tour: Integers, inside: NDArray[np.bool_], count: int, epsilon: float
) -> bool:
    """Puts a larger prize in the place of a smaller one where it fits, or an equal one where it is nearer.

    Of all such exchanges the one that gains most, then shortens most; False where there is none.
    """
    most, least, out, chosen, where = 0.0, -epsilon, -1, -1, -1
    for place in range(1, count):
        node = tour[place]
        a, b = tour[place - 1], tour[(place + 1) % count]
        freed = costs[a, node] + costs[node, b] - costs[a, b]
        for other in range(prizes.shape[0]):
            gain = prizes[other] - prizes[node]
            if inside[other] or gain < most:
                continue
            more, behind = _place_for(costs, tour, count, other, place)
            if more - freed <= room and (gain > most or more - freed < least):
                most, least, out, chosen, where = gain, more - freed, place, other, behind
    if out < 0:
        return False
    inside[tour[out]], inside[chosen] = False, True
    kept = np.empty(count, np.int64)
    size = 0
    for k in range(count):
        if k != out:
            kept[size] = tour[k]
            size += 1
        if k == where:
            kept[size] = chosen
            size += 1
    tour[:count] = kept
    return True
