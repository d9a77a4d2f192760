"""Compiled local search for orienteering: 2-opt and Or-opt shorten the tour; nodes are inserted and exchanged.

Sources: Croes 1958 (2-opt), Or 1976 (Or-opt), Chao, Golden and Wasil 1996, "A fast and effective heuristic for the
orienteering problem", European Journal of Operational Research 88 (insertion and exchange). Every move increases the
pair (prize, -length) in lexicographic order, so the search terminates.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MAX_SEGMENT = 3  # customers that an Or-opt move relocates


@compiled
def length(costs: Floats, tour: Integers, count: int) -> float:
    """Returns the length of the closed tour through the first ``count`` nodes."""
    total = costs[tour[count - 1], tour[0]]
    for k in range(count - 1):
        total += costs[tour[k], tour[k + 1]]
    return total


@compiled
def _two_opt(costs: Floats, tour: Integers, count: int, epsilon: float) -> bool:
    """Reverses the first segment whose reversal shortens the tour."""
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
    """Relocates the first segment of one to three customers whose relocation shortens the tour."""
    rest = np.empty(count, np.int64)
    for moved in range(1, min(MAX_SEGMENT, count - 2) + 1):
        for low in range(1, count - moved + 1):
            high = low + moved - 1
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
                    continue  # its current position
                c, d = rest[k], rest[(k + 1) % kept]
                base = freed + costs[c, d]
                for reverse in (False, True):
                    one, two = (last, first) if reverse else (first, last)
                    if base - costs[c, one] - costs[two, d] > epsilon:
                        segment = tour[low : high + 1].copy()
                        tour[: k + 1] = rest[: k + 1]
                        tour[k + 1 : k + 1 + moved] = segment[::-1] if reverse else segment
                        tour[k + 1 + moved : count] = rest[k + 1 : kept]
                        return True
    return False


@compiled
def shorten(costs: Floats, tour: Integers, count: int, epsilon: float) -> None:
    """Applies 2-opt and Or-opt moves in place until none shortens the tour."""
    while _two_opt(costs, tour, count, epsilon) or _or_opt(costs, tour, count, epsilon):
        pass


@compiled
def _cheapest_insertion(costs: Floats, tour: Integers, count: int, node: int, without: int) -> tuple[float, int]:
    """Returns the least detour for a node and the position before it; ignores the node at position ``without``."""
    least, best_position = np.inf, -1
    for k in range(count):
        if k == without:
            continue
        successor = (k + 1) % count
        if successor == without:
            successor = (successor + 1) % count
        detour = costs[tour[k], node] + costs[node, tour[successor]] - costs[tour[k], tour[successor]]
        if detour < least:
            least, best_position = detour, k
    return least, best_position


@compiled
def insert_all(
    costs: Floats, prizes: Floats, room: float, tour: Integers, inside: NDArray[np.bool_], count: int
) -> int:
    """Inserts the node with the highest ratio of prize to detour while one fits; returns the new number of nodes.

    Args:
        costs: ``[n, n]``, symmetric.
        prizes: ``[n]``.
        room: remaining length of the tour.
        tour: ``[n]``; the first ``count`` entries are the tour.
        inside: ``[n]``, whether a node is on the tour.
        count: nodes on the tour.
    """
    while True:
        best, chosen, position, added = 0.0, -1, -1, 0.0
        for node in range(prizes.shape[0]):
            if inside[node] or prizes[node] <= 0.0:
                continue
            detour, after = _cheapest_insertion(costs, tour, count, node, -1)
            if detour <= room:
                ratio = prizes[node] / max(detour, 1e-12)
                if ratio > best:
                    best, chosen, position, added = ratio, node, after, detour
        if chosen < 0:
            return count
        tour[position + 2 : count + 1] = tour[position + 1 : count].copy()
        tour[position + 1] = chosen
        inside[chosen] = True
        count += 1
        room -= added


@compiled
def exchange(
    costs: Floats, prizes: Floats, room: float, tour: Integers, inside: NDArray[np.bool_], count: int, epsilon: float
) -> bool:
    """Replaces a node by one outside, for a larger prize within the limit, or for a shorter tour with an equal prize.

    Applies the exchange that adds the largest prize, then the one that shortens most; returns False if there is none.
    """
    highest, least, out, chosen, position = 0.0, -epsilon, -1, -1, -1
    for place in range(1, count):
        node = tour[place]
        a, b = tour[place - 1], tour[(place + 1) % count]
        freed = costs[a, node] + costs[node, b] - costs[a, b]
        for other in range(prizes.shape[0]):
            added = prizes[other] - prizes[node]
            if inside[other] or added < highest:
                continue
            detour, after = _cheapest_insertion(costs, tour, count, other, place)
            if detour - freed <= room and (added > highest or detour - freed < least):
                highest, least, out, chosen, position = added, detour - freed, place, other, after
    if out < 0:
        return False
    inside[tour[out]], inside[chosen] = False, True
    kept = np.empty(count, np.int64)
    size = 0
    for k in range(count):
        if k != out:
            kept[size] = tour[k]
            size += 1
        if k == position:
            kept[size] = chosen
            size += 1
    tour[:count] = kept
    return True
