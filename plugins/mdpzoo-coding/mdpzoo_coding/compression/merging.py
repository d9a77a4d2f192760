"""Merges of symbols by an encoder of bounded entropy, compiled (Ebrahimi, Chen and Khisti 2024, algorithm 1).

The published algorithm merges the two smallest classes and, where that leaves too much entropy, takes this back, merges
the two largest and tries again. Its large merges form one path, on which the k heaviest symbols are one class. So the
sorted masses and their prefix sums determine where it stops.

What differs from the paper: this closed form instead of matrices. The *improved* search looks, at the node where the
algorithm stops, at every pair of classes. No other node can help: before it, even the merge that takes away most (of
the two largest classes) leaves too much.

All functions take ``f(x) = -x log2 x`` of masses instead of the masses, so that the same code decides on floats and on
integers (``mdpzoo_coding.couplings.integer_masses``).
"""

import math

import numpy as np

from mdpzoo.compiling import compiled

ALONE = -1  # no pair is merged beside the head


@compiled
def stopping_node(heads, items, last, limit):  # type: ignore[no-untyped-def]
    """Finds the node at which algorithm 1 stops.

    Args:
        heads: ``[n]`` f of the sums of the k + 1 heaviest masses.
        items: ``[n]`` f of the masses, heaviest first; n is at least 2.
        last: f of the sum of the two lightest masses.
        limit: the entropy that is allowed, below that of the masses.

    Returns:
        k, such that the k heaviest symbols are merged, and whether the two lightest are, too.
    """
    size = len(items)
    tail = items[0] - items[0]
    for item in items[1:]:
        tail += item
    for k in range(1, size):
        node = heads[k - 1] + tail  # the entropy with the k heaviest symbols in one class
        if k <= size - 2 and node - (items[size - 2] + items[size - 1] - last) <= limit:
            return k, True
        tail -= items[k]
        if k == size - 1 or heads[k] + tail <= limit:
            return k + 1, False
    return size, False


@compiled
def cheapest_pair(masses, head, needed):  # type: ignore[no-untyped-def]
    """Finds the pair of classes whose merge loses least entropy, but enough.

    Args:
        masses: ``[n]`` float64, heaviest first; the ``head`` heaviest are one class.
        head: at least 1.
        needed: bits to lose.

    Returns:
        The loss, and the places of both classes, 0 for the head; the loss is infinite if no pair will do. The loss
        grows with either mass, so two pointers look at all pairs that matter: O(n).
    """
    size = len(masses) - head + 1
    top = masses[:head].sum()
    best, first, second = math.inf, ALONE, ALONE
    j = size - 1
    for i in range(size - 1):
        a = top if i == 0 else masses[head - 1 + i]
        while j > i:
            b = masses[head - 1 + j]
            loss = a * math.log2(1 + b / a) + b * math.log2(1 + a / b)
            if loss >= needed:
                if loss < best:
                    best, first, second = loss, i, j
                break
            j -= 1
        if j <= i:
            break
    return best, first, second


@compiled
def surprises(masses):  # type: ignore[no-untyped-def]
    """Returns f(x) = -x log2 x of each mass, ``[n]`` float64."""
    found = np.zeros(len(masses))
    for k in range(len(masses)):
        if masses[k] > 0:
            found[k] = -masses[k] * math.log2(masses[k])
    return found


@compiled
def by_first_use(labels, masses):  # type: ignore[no-untyped-def]
    """Numbers labels ``[n]`` int64, below n, in the order of first use; symbols without mass get label 0."""
    names, found, used = np.full(len(labels), -1), np.zeros(len(labels), np.int64), 0
    for k in range(len(labels)):
        if masses[k] > 0:
            if names[labels[k]] < 0:
                names[labels[k]] = used
                used += 1
            found[k] = names[labels[k]]
    return found
