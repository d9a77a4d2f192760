"""Compiled ruin and recreate for routes of limited capacity: strings of near routes go out, and come back greedily.

Source: Christiaens and Vanden Berghe 2020, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54: removal of adjacent strings, split strings, greedy insertion with blinks, annealing.

What differs: temperatures are in mean edges of the first solution, strings are shorter, as runs are short, and a route
of its own is a position like any other. Which positions blink is drawn as the distance to the next one that does. A
change ends as soon as it costs too much, and is undone from copies of the routes that it touched.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, inlined
from mdpzoo_combinatorial.local_search.kernels.xorshift import below
from mdpzoo_combinatorial.local_search.route_state import (
    BEST,
    BLINKS,
    NOW,
    OUT,
    ROWS,
    TOUCHED,
    Search,
    empty,
    keep_best,
    put,
    settle,
    take_out,
    undo,
)

REMOVED = 10.0  # customers that go out at a time, on average
LONGEST = 8.0  # customers in one string
SPLIT = 0.5  # probability that a string leaves customers inside it where they are
DEEPER = 0.01  # probability that it leaves one more
BLINK = 0.01  # probability that a position is overlooked
HOT, COLD = 1.0, 0.02  # first and last temperature, in mean edges
STEP = 256  # iterations at one temperature


@borrowing
def _uniform(random: NDArray[np.uint64]) -> float:
    """A number in (0, 1)."""
    return (float(below(random, 2_147_483_648)) + 0.5) / 2_147_483_648.0


@inlined
def _string(s: Search, node: int, longest: float) -> float:
    """Takes out a string of its route that a customer stands in; returns the change of the cost."""
    r = s.route[node]
    size, place = s.size[r], 1
    while s.order[r, place] != node:
        place += 1
    taken = min(int(1.0 + _uniform(s.random) * min(float(size), longest)), size)
    kept = 0
    if 1 < taken < size and _uniform(s.random) < SPLIT:
        kept = 1
        while taken + kept < size and _uniform(s.random) < DEEPER:
            kept += 1
    window = taken + kept
    low, high = max(1, place - window + 1), min(place, size - window + 1)
    first = low + below(s.random, high - low + 1)
    kept_from = first + 1 + below(s.random, taken - 1) if kept else 0
    return take_out(s, r, first, kept_from, kept, taken)


@inlined
def _ruin(s: Search) -> float:
    """Takes strings out of routes around a random customer; returns the change of the cost."""
    customers = s.route.shape[0] - 1
    longest = min(LONGEST, customers / s.counters[ROWS])
    strings = int(1.0 + _uniform(s.random) * max(1.0, 4.0 * REMOVED / (1.0 + longest) - 1.0))
    centre = 1 + below(s.random, customers)
    change = 0.0
    for k in range(-1, s.near.shape[1]):
        if s.counters[TOUCHED] >= strings:
            break
        node = centre if k < 0 else s.near[centre, k]
        if node != 0 and s.route[node] >= 0 and not s.marked[s.route[node]]:
            change += _string(s, node, longest)
    return change


@inlined
def _sort(s: Search) -> None:
    """Orders who is out: at random, largest demand first, farthest from the depot first, or nearest first."""
    count, draw = s.counters[OUT], below(s.random, 11)
    for k in range(count):
        node = s.out[k]
        if draw < 4:
            key = _uniform(s.random)
        elif draw < 8:
            key = -float(s.demands[node])
        elif draw < 10:
            key = -s.costs[0, node]
        else:
            key = s.costs[0, node]
        slot = k
        while slot > 0 and s.keys[slot - 1] > key:
            s.keys[slot], s.out[slot] = s.keys[slot - 1], s.out[slot - 1]
            slot -= 1
        s.keys[slot], s.out[slot] = key, node


@borrowing
def _until_blink(random: NDArray[np.uint64]) -> int:
    """How many positions are seen before one is overlooked."""
    return int(math.log(_uniform(random)) / math.log(1.0 - BLINK))


@inlined
def _insert(s: Search, node: int) -> float:
    """Puts a customer where it costs least of what is not overlooked; returns the cost, infinite if nothing is free."""
    most = s.capacity - s.demands[node]
    ahead, behind = s.costs[node], s.back[node]
    least, best, after = np.inf, -1, 0
    blinks = s.counters[BLINKS]
    for r in range(s.counters[ROWS]):
        if s.load[r] > most or s.size[r] == 0:
            continue
        row, edges, positions = s.order[r], s.edges[r], s.size[r] + 1
        if blinks >= positions:
            blinks -= positions
            low, place = np.inf, 0
            for p in range(positions):
                cost = behind[row[p]] + ahead[row[p + 1]] - edges[p]
                place = p if cost < low else place
                low = min(cost, low)
            if low < least:
                least, best, after = low, r, place
            continue
        for p in range(positions):
            if blinks == 0:
                blinks = _until_blink(s.random)
                continue
            blinks -= 1
            cost = behind[row[p]] + ahead[row[p + 1]] - edges[p]
            if cost < least:
                least, best, after = cost, r, p
    s.counters[BLINKS] = blinks
    alone = ahead[0] + behind[0]
    if alone < least:
        best, after = empty(s), 0
        if best < 0:
            return np.inf
        least = alone
    put(s, node, best, after)
    return least


@borrowing
def anneal(s: Search, first: int, last: int, total: int, hot: float, cold: float) -> None:
    """Ruins and recreates, from iteration ``first`` (a multiple of ``STEP``) to ``last`` of ``total``.

    Args:
        s: the search, changed in place.
        first: the first iteration of this call.
        last: the one behind its last.
        total: iterations over which the temperature falls.
        hot: the temperature of iteration 0, in units of cost.
        cold: that of the last.
    """
    temperature, epsilon = hot, 1e-12 * s.worth[BEST]
    for iteration in range(first, last):
        if iteration % STEP == 0:
            temperature = hot * (cold / hot) ** (iteration / total)
        rows = s.counters[ROWS]
        s.counters[TOUCHED] = 0
        s.counters[OUT] = 0
        change = _ruin(s)
        limit = -temperature * math.log(_uniform(s.random))
        _sort(s)
        for k in range(s.counters[OUT]):
            change += _insert(s, s.out[k])
            if change >= limit:  # what is still out can only add to it, or nearly, where costs are distances
                break
        if change < limit:
            settle(s)
            s.worth[NOW] += change
            if s.worth[NOW] < s.worth[BEST] - epsilon:
                keep_best(s)
        else:
            undo(s, rows)
