"""The greedy coupling by two heaps, compiled (Kocaoglu, Dimakis, Vishwanath and Hassibi 2017, algorithm 1).

What differs from the paper: ties are broken, the lower index first, so that two machines build the same coupling; a
heap's root is replaced in place where the paper removes and inserts. Masses are float64 or int64, by the argument.
"""

import math

import numpy as np

from mdpzoo.compiling import compiled
from mdpzoo_coding.couplings.integer_masses import heaviest_first

NEGATIVE, UNEQUAL = 1, 2  # faults of marginals; 0: none
CLOSE = 1e-9  # tolerance for two float sums


@compiled
def _settle(masses, places, size):  # type: ignore[no-untyped-def]
    """Moves the root of a heap down: through the greater child to the bottom, then back up to where it belongs."""
    mass, place = masses[0], places[0]
    at, child = 0, 1
    while child < size:
        other = child + 1
        if other < size and (
            masses[other] > masses[child] or (masses[other] == masses[child] and places[other] < places[child])
        ):
            child = other
        masses[at], places[at] = masses[child], places[child]
        at = child
        child = 2 * at + 1
    while at > 0:
        above = (at - 1) >> 1
        if masses[above] > mass or (masses[above] == mass and places[above] < place):
            break
        masses[at], places[at] = masses[above], places[above]
        at = above
    masses[at], places[at] = mass, place


@compiled
def _sift_in(masses, places, at, size):  # type: ignore[no-untyped-def]
    """Moves the entry ``at`` down until no child comes before it."""
    mass, place = masses[at], places[at]
    child = 2 * at + 1
    while child < size:
        other = child + 1
        if other < size and (
            masses[other] > masses[child] or (masses[other] == masses[child] and places[other] < places[child])
        ):
            child = other
        if mass > masses[child] or (mass == masses[child] and place < places[child]):
            break
        masses[at], places[at] = masses[child], places[child]
        at = child
        child = 2 * at + 1
    masses[at], places[at] = mass, place


@compiled
def _heap(marginal):  # type: ignore[no-untyped-def]
    """Returns a heap of the positive masses: masses, places and size."""
    masses, places, size = np.empty_like(marginal), np.empty(len(marginal), np.int64), 0
    for place in range(len(marginal)):
        if marginal[place] > 0:
            masses[size], places[size] = marginal[place], place
            size += 1
    for at in range(size // 2 - 1, -1, -1):
        _sift_in(masses, places, at, size)
    return masses, places, size


@compiled
def greedy(p, q):  # type: ignore[no-untyped-def]
    """Couples two marginals greedily.

    Args:
        p: ``[n]`` float64 or int64, not negative.
        q: ``[m]`` of the same type and the same sum.

    Returns:
        Rows, columns (int64) and masses, at most n + m - 1, in the order of creation. Costs O((n + m) log(n + m)).
    """
    first, rows_of, left = _heap(p)
    second, columns_of, right = _heap(q)
    most = max(left + right - 1, 0)
    rows, columns, masses = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, p.dtype)
    count = 0
    while left > 0 and right > 0:
        a, b = first[0], second[0]
        rows[count], columns[count], masses[count] = rows_of[0], columns_of[0], min(a, b)
        count += 1
        if a > b:
            first[0] = a - b
            _sift_in(first, rows_of, 0, left)
        else:
            left -= 1
            first[0], rows_of[0] = first[left], rows_of[left]
            _settle(first, rows_of, left)
        if b > a:
            second[0] = b - a
            _sift_in(second, columns_of, 0, right)
        else:
            right -= 1
            second[0], columns_of[0] = second[right], columns_of[right]
            _settle(second, columns_of, right)
    return rows[:count], columns[:count], masses[:count]


@compiled
def greedy_few(p, q):  # type: ignore[no-untyped-def]
    """Computes the result of ``greedy``, faster if few masses meet many: sorts the many once and scans the few.

    Args:
        p: ``[n]`` int64, not negative, sum 2^40.
        q: ``[m]`` int64, not negative, sum 2^40.

    Returns:
        As ``greedy``. Costs O(n^2 + n m + m log m).
    """
    first, second, order, at = p.copy(), q.copy(), heaviest_first(q), 0
    begun, held = np.empty(len(p), np.int64), 0  # columns that have met a row and have mass left
    most = len(p) + len(q)
    rows, columns, masses = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, np.int64)
    count = 0
    while True:
        i = 0
        for k in range(1, len(first)):
            if first[k] > first[i]:
                i = k
        if first[i] == 0:
            break
        j, slot = order[min(at, len(order) - 1)], -1
        for k in range(held):
            other = begun[k]
            if second[other] > second[j] or (second[other] == second[j] and other < j):
                j, slot = other, k
        mass = min(first[i], second[j])
        rows[count], columns[count], masses[count] = i, j, mass
        count += 1
        first[i] -= mass
        second[j] -= mass
        if slot < 0:
            at += 1
            if second[j] > 0:
                begun[held] = j
                held += 1
        elif second[j] == 0:
            held -= 1
            begun[slot] = begun[held]
    return rows[:count], columns[:count], masses[:count]


@compiled
def entropy_of(masses):  # type: ignore[no-untyped-def]
    """Returns the entropy in bits of masses that need not sum to 1."""
    total, weighted = 0.0, 0.0
    for mass in masses:
        if mass > 0:
            total += mass
            weighted += mass * math.log2(mass)
    return max(math.log2(total) - weighted / total, 0.0) if total > 0 else 0.0


@compiled
def fault_of(p, q):  # type: ignore[no-untyped-def]
    """Returns 0 if these are float64 marginals of one joint distribution, otherwise the code of the fault."""
    sums = np.zeros(2)
    for k, marginal in enumerate((p, q)):
        for mass in marginal:
            if not mass >= 0:
                return NEGATIVE
            sums[k] += mass
        if not abs(sums[k] - 1) <= CLOSE:
            return UNEQUAL
    return 0


@compiled
def coupled(p, q):  # type: ignore[no-untyped-def]
    """Checks float64 marginals and couples them: the fault, then rows, columns, masses and entropy."""
    fault = fault_of(p, q)
    if fault:
        return fault, np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0), 0.0
    rows, columns, masses = greedy(p, q)
    return 0, rows, columns, masses, entropy_of(masses)
