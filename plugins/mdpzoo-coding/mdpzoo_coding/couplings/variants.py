"""Two other orders in which to pick pairs, compiled; with the greedy order they make the best of three.

*Match first* pairs equal masses, the largest first, and is greedy where none are equal. *Zero-seeking* pairs the masses
that differ least. Both look at every pair in each step, so they are for small supports: O(n m (n + m)).
"""

import numpy as np

from mdpzoo.compiling import compiled


@compiled
def _matching(first, second, close):  # type: ignore[no-untyped-def]
    """Returns the largest pair of equal masses, or the largest of each; ties: lowest indices."""
    row = column = -1
    for i in range(len(first)):
        if first[i] > 0 and (row < 0 or first[i] > first[row]):
            for j in range(len(second)):
                if second[j] > 0 and abs(first[i] - second[j]) <= close:
                    row, column = i, j
                    break
    return (row, column) if row >= 0 else (np.argmax(first), np.argmax(second))


@compiled
def _nearest(first, second):  # type: ignore[no-untyped-def]
    """Returns the pair of masses that differ least, then the one with more mass; ties: lowest indices."""
    row = column = -1
    for i in range(len(first)):
        for j in range(len(second)):
            if first[i] > 0 and second[j] > 0:
                if row < 0:
                    row, column = i, j
                    continue
                mine, best = abs(first[i] - second[j]), abs(first[row] - second[column])
                more = min(first[i], second[j]) > min(first[row], second[column])
                if mine < best or (mine == best and more):
                    row, column = i, j
    return row, column


@compiled
def by_pairs(p, q, close, seeks_zero):  # type: ignore[no-untyped-def]
    """Couples two small marginals.

    Args:
        p: ``[n]`` float64 or int64, not negative.
        q: ``[m]`` of the same type and the same sum.
        close: masses that differ by no more than this are equal; of the same type, 0 for integers.
        seeks_zero: zero-seeking; else match first.

    Returns:
        Rows, columns (int64) and masses, in the order of creation.
    """
    first, second = p.copy(), q.copy()
    most = len(p) + len(q)
    rows, columns, masses = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most, p.dtype)
    count = 0
    while first.max() > 0 and second.max() > 0:
        i, j = _nearest(first, second) if seeks_zero else _matching(first, second, close)
        mass = min(first[i], second[j])
        rows[count], columns[count], masses[count] = i, j, mass
        count += 1
        both = abs(first[i] - second[j]) <= close
        first[i] -= first[i] if both else mass
        second[j] -= second[j] if both else mass
    return rows[:count], columns[:count], masses[:count]
