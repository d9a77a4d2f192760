"""Compiled ruin and recreate for routes of limited capacity: strings of customers are removed and inserted greedily.

Source: Christiaens and Vanden Berghe 2020, "Slack Induction by String Removals for Vehicle Routing Problems",
Transportation Science 54: removal of adjacent strings, split strings, greedy insertion with blinks, annealing.

What differs: temperatures are in units of the mean edge of the first solution; strings are shorter, since runs are
short; a new route is a position like any other. Blinks are sampled as the number of positions until the next one. A
change is abandoned as soon as it costs too much, and undone from copies of the modified routes.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, inlined
from mdpzoo_combinatorial.local_search.kernels.xorshift import below
from mdpzoo_combinatorial.local_search.route_state import (
    Search,
    empty,
    keep_best,
    put,
    settle,
    take_out,
    undo,
)

MEAN_REMOVED = 10.0  # customers that an iteration removes, on average
LONGEST = 8.0  # maximum number of customers in a string
SPLIT = 0.5  # probability that a string is split, which preserves customers in its middle
DEEPER = 0.01  # probability that one more customer is preserved
BLINK = 0.01  # probability that a position is skipped
HOT, COLD = 1.0, 0.02  # first and last temperature, in mean edges
LARGEST = 1 << 31  # bound of the random integers from which uniform numbers are computed
STEP = 256  # iterations at one temperature


@borrowing
def _uniform(random: NDArray[np.uint64]) -> float:
    """Draws a uniform number in (0, 1)."""
    return (below(random, LARGEST) + 0.5) / LARGEST


@inlined
def _string(s: Search, node: int, longest: float) -> float:
    """Removes a string that contains a customer from its route; returns the change of the cost."""
    r = s.customers[node].route
    size, place = s.routes[r].size, 1
    while s.order[r, place] != node:
        place += 1
    taken = min(int(1.0 + _uniform(s.random) * min(size, longest)), size)
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


@borrowing
def _ruin(s: Search) -> float:
    """Removes strings from the routes around a random customer; returns the change of the cost."""
    customers = s.customers.shape[0] - 1
    longest = min(LONGEST, customers / s.progress.rows)
    strings = int(1.0 + _uniform(s.random) * max(1.0, 4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0))
    centre = 1 + below(s.random, customers)
    change = 0.0
    for k in range(-1, s.near.shape[1]):
        if s.progress.touched_count >= strings:
            break
        node = centre if k < 0 else s.near[centre, k]
        if node != 0 and s.customers[node].route >= 0 and not s.routes[s.customers[node].route].touched:
            change += _string(s, node, longest)
    return change


@borrowing
def _sort(s: Search) -> None:
    """Sorts the removed customers: at random, largest demand first, farthest from the depot first, or nearest first."""
    count, draw = s.progress.removed_count, below(s.random, 11)
    for k in range(count):
        node = s.removed[k].customer
        if draw < 4:
            key = _uniform(s.random)
        elif draw < 8:
            key = -1.0 * s.customers[node].demand
        elif draw < 10:
            key = -s.costs[0, node]
        else:
            key = s.costs[0, node]
        slot = k
        while slot > 0 and s.removed[slot - 1].key > key:
            s.removed[slot].key, s.removed[slot].customer = s.removed[slot - 1].key, s.removed[slot - 1].customer
            slot -= 1
        s.removed[slot].key, s.removed[slot].customer = key, node


@borrowing
def _until_blink(random: NDArray[np.uint64]) -> int:
    """Draws the number of positions that are tried before one is skipped."""
    return int(math.log(_uniform(random)) / math.log(1.0 - BLINK))


@inlined
def _insert(s: Search, node: int) -> float:
    """Inserts a customer at the cheapest position that is not skipped; returns its cost, infinite if there is none."""
    most = s.progress.capacity - s.customers[node].demand
    ahead, behind = s.costs[node], s.back[node]
    least, best, after = np.inf, -1, 0
    blinks = s.progress.blinks
    for r in range(s.progress.rows):
        if s.routes[r].load > most or s.routes[r].size == 0:
            continue
        row, edges, positions = s.order[r], s.edges[r], s.routes[r].size + 1
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
    s.progress.blinks = blinks
    alone = ahead[0] + behind[0]
    if alone < least:
        least, best, after = alone, empty(s), 0
        if best < 0:
            return np.inf
    put(s, node, best, after + 1)
    return least


@borrowing
def _insert_all(s: Search, change: float, limit: float) -> float:
    """Inserts the removed customers in order, until the change costs too much; returns the total change."""
    for k in range(s.progress.removed_count):
        change += _insert(s, s.removed[k].customer)
        if change >= limit:  # further insertions cannot decrease it if costs satisfy the triangle inequality
            break
    return change


@borrowing
def anneal(s: Search, first: int, last: int, total: int, hot: float, cold: float) -> None:
    """Applies ruin and recreate from iteration ``first`` (a multiple of ``STEP``) to ``last`` of ``total``.

    Args:
        s: the search, changed in place.
        first: the first iteration of this call.
        last: the first iteration after this call.
        total: iterations over which the temperature falls.
        hot: the temperature of iteration 0, in units of cost.
        cold: the temperature of the last iteration.
    """
    temperature, epsilon = hot, 1e-12 * s.progress.best
    for iteration in range(first, last):
        if iteration % STEP == 0:
            temperature = hot * (cold / hot) ** (iteration / total)
        rows = s.progress.rows
        s.progress.touched_count = 0
        s.progress.removed_count = 0
        change = _ruin(s)
        limit = -temperature * math.log(_uniform(s.random))
        _sort(s)
        change = _insert_all(s, change, limit)
        if change < limit:
            settle(s)
            s.progress.cost += change
            if s.progress.cost < s.progress.best - epsilon:
                keep_best(s)
        else:
            undo(s, rows)
