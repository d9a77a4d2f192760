"""Pruning of alpha vectors that are best nowhere in the simplex (Lark's filter; White 1991).

Whether a vector is best somewhere is a matrix game: max over beliefs b of the smallest b . (v - w) over the others w.
Its value comes from the simplex method on the column player's program, whose dual prices are the belief.
"""

import numpy as np

from mdpzoo.compiling import compiled, inlined

PIVOTS = 10_000
ZERO = 1e-12


@inlined
def _margin(vectors, kept, kept_count, candidate, table, basis, belief):  # type: ignore[no-untyped-def]
    """Returns a vector's largest margin over all kept ones; writes the belief of this margin to ``belief``."""
    hidden = vectors.shape[1]
    low, high = np.inf, -np.inf
    for y in range(hidden):
        for k in range(kept_count):
            gap = vectors[candidate, y] - vectors[kept[k], y]
            low, high = min(low, gap), max(high, gap)
    scale = max(high - low, ZERO)
    columns = kept_count + hidden
    for y in range(hidden):
        for k in range(kept_count):
            table[y, k] = 1.0 + (vectors[candidate, y] - vectors[kept[k], y] - low) / scale
        for k in range(hidden):
            table[y, kept_count + k] = 1.0 if k == y else 0.0
        table[y, columns], basis[y] = 1.0, kept_count + y
    for k in range(columns + 1):
        table[hidden, k] = -1.0 if k < kept_count else 0.0
    for turn in range(PIVOTS):
        entering, steepest = -1, -ZERO
        for k in range(columns):
            if table[hidden, k] < steepest:
                entering, steepest = k, table[hidden, k]
                if turn > 200:  # Bland's rule from here on, which cannot cycle
                    break
        if entering < 0:
            break
        leaving, least = -1, np.inf
        for y in range(hidden):
            if table[y, entering] > ZERO:
                ratio = table[y, columns] / table[y, entering]
                if ratio < least or (ratio == least and basis[y] < basis[leaving]):
                    leaving, least = y, ratio
        if leaving < 0:
            break
        pivot = table[leaving, entering]
        for k in range(columns + 1):
            table[leaving, k] /= pivot
        for y in range(hidden + 1):
            factor = table[y, entering]
            if y != leaving and factor != 0.0:
                for k in range(columns + 1):
                    table[y, k] -= factor * table[leaving, k]
        basis[leaving] = entering
    total = table[hidden, columns]
    for y in range(hidden):
        belief[y] = table[hidden, kept_count + y] / total
    return (1.0 / total - 1.0) * scale + low


@inlined
def _best_at(vectors, alive, belief):  # type: ignore[no-untyped-def]
    """Returns the vector that is best at a belief; of equals the lexicographically largest one."""
    best, which = -np.inf, -1
    for i in range(len(vectors)):
        if not alive[i]:
            continue
        value = 0.0
        for y in range(len(belief)):
            value += belief[y] * vectors[i, y]
        if which >= 0 and abs(value - best) <= ZERO * (1.0 + abs(best)):
            for y in range(len(belief)):
                if vectors[i, y] != vectors[which, y]:
                    if vectors[i, y] > vectors[which, y]:
                        which, best = i, max(value, best)
                    break
        elif value > best:
            best, which = value, i
    return which


@compiled
def useful(vectors, tolerance):  # type: ignore[no-untyped-def]
    """Returns which of the vectors ``[n, Y]`` are best somewhere by more than a tolerance; indices, ``[kept]``."""
    count, hidden = vectors.shape
    alive = np.ones(count, np.bool_)
    for i in range(count):  # pointwise first: it is cheap
        for k in range(count):
            if k != i and alive[k] and alive[i]:
                below = True
                for y in range(hidden):
                    below &= vectors[i, y] <= vectors[k, y] + tolerance
                alive[i] = not below
    kept, kept_count = np.empty(count, np.int64), 0
    table, basis = np.empty((hidden + 1, count + hidden + 1)), np.empty(hidden, np.int64)
    belief = np.full(hidden, 1.0 / hidden)
    for candidate in range(count):
        while alive[candidate]:
            if kept_count:
                margin = _margin(vectors, kept, kept_count, candidate, table, basis, belief)
                if margin <= tolerance:
                    alive[candidate] = False
                    break
            which = _best_at(vectors, alive, belief)
            alive[which] = False
            kept[kept_count] = which
            kept_count += 1
    return np.sort(kept[:kept_count])
