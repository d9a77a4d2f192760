"""The belief tree's inner loops: growing it by a level, and passing values back.

Nodes are numbered level by level. A node is a visible state and a belief; equal ones of a level are one node, found in
a hash table by the belief rounded to multiples of 2^-44 and compared before they are merged.
"""

import numpy as np

from mdpzoo.compiling import compiled, inlined

GRID = 2.0**44
CLOSE = 2.0**-43  # merged beliefs differ by at most this in each entry
MIX = np.uint64(0xBF58476D1CE4E5B9)
SHIFT = np.uint64(29)
PLAIN, VARIANCE, INTERVALS, BALLS = 0, 1, 2, 3  # kinds of optimism of a backup


@inlined
def _push(kernels, j, belief, after):  # type: ignore[no-untyped-def]
    """Writes the unnormalised belief after branch j; returns its sum."""
    mass = 0.0
    if kernels.shape[2] == 1:
        for y in range(len(belief)):
            after[y] = belief[y] * kernels[j, y, 0]
            mass += after[y]
    else:
        for there in range(len(belief)):
            after[there] = 0.0
            for y in range(len(belief)):
                after[there] += belief[y] * kernels[j, y, there]
            mass += after[there]
    return mass


@inlined
def _best_leaf(leaves, x, belief):  # type: ignore[no-untyped-def]
    """Returns the index of the best vector of ``leaves[x]`` at a belief; the first one of equals."""
    best, which = -np.inf, 0
    for i in range(leaves.shape[1]):
        value = 0.0
        for y in range(len(belief)):
            value += belief[y] * leaves[x, i, y]
        if value > best:
            best, which = value, i
    return which


@inlined
def _key(x, belief):  # type: ignore[no-untyped-def]
    key = np.uint64(x + 1) * MIX
    for y in range(len(belief)):
        key = (key ^ np.uint64(np.rint(belief[y] * GRID))) * MIX
        key ^= key >> SHIFT
    return key


@compiled
def grow(  # type: ignore[no-untyped-def]
    offsets, targets, kernels, actions, span, begin, count, visible, beliefs, keys, child, table
):
    """Adds the children of the nodes ``span[0] .. span[1] - 1``; returns the new number of nodes.

    ``begin`` is the first node of the new level. The caller has made room: for each node A K more, and a table, whose
    size is a power of 2, at least twice the new level's nodes.
    """
    after, mask = np.empty(beliefs.shape[1]), np.uint64(len(table) - 1)
    width = child.shape[1] // actions
    for node in range(span[0], span[1]):
        for action in range(actions):
            row = visible[node] * actions + action
            for j in range(offsets[row], offsets[row + 1]):
                mass = _push(kernels, j, beliefs[node], after)
                if mass <= 0.0:
                    continue
                for y in range(len(after)):
                    after[y] /= mass
                key = _key(targets[j], after)
                slot = key & mask
                found = table[slot]
                while found >= 0:
                    same = keys[found] == key and visible[found] == targets[j]
                    for y in range(len(after)):
                        same &= abs(beliefs[found, y] - after[y]) <= CLOSE
                    if same:
                        break
                    slot = (slot + np.uint64(1)) & mask
                    found = table[slot]
                if found < 0:
                    found = count
                    visible[found], keys[found], beliefs[found] = targets[j], key, after
                    table[slot] = found
                    count += 1
                child[node, action * width + j - offsets[row]] = found
    return count


@compiled
def rehash(keys, begin, count, table):  # type: ignore[no-untyped-def]
    """Enters the nodes ``begin .. count - 1`` into an empty table."""
    mask = np.uint64(len(table) - 1)
    for node in range(begin, count):
        slot = keys[node] & mask
        while table[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        table[slot] = node


@compiled
def propagate(offsets, kernels, actions, levels, visible, child, beliefs):  # type: ignore[no-untyped-def]
    """Recomputes the beliefs of a tree's nodes, from those of its roots, for other kernels on the same branches."""
    after = np.empty(beliefs.shape[1])
    width = child.shape[1] // actions
    for node in range(levels[-2]):
        for action in range(actions):
            row = visible[node] * actions + action
            for j in range(offsets[row], offsets[row + 1]):
                below = child[node, action * width + j - offsets[row]]
                mass = _push(kernels, j, beliefs[node], after)
                if below >= 0 and mass > 0.0:
                    for y in range(len(after)):
                        beliefs[below, y] = after[y] / mass


@compiled
def back_up(  # type: ignore[no-untyped-def]
    offsets, targets, kernels, rewards, discount, levels, visible, beliefs, child, leaves, mode, visits, bonus, caps,
    alpha, chosen,
):  # fmt: skip
    """Passes values from the leaves to the roots: ``alpha [n, Y]`` of the greedy actions ``chosen [n]``.

    ``leaves [X, V, Y]`` holds the vectors below the last level, of which the best at the belief is taken. ``mode``,
    ``visits [Y, X, A]``, ``bonus`` (factors of the two terms of a radius) and ``caps`` (by level, the largest value)
    are a learner's; a plain backup has mode 0.
    """
    actions, hidden = rewards.shape[1], rewards.shape[2]
    width = child.shape[1] // actions
    after, below = np.empty(hidden), np.empty((width, hidden))
    action_values, ranking, shares = np.empty((actions, hidden)), np.empty(width, np.int64), np.empty(width)
    for level in range(len(levels) - 2, -1, -1):
        for node in range(levels[level], levels[level + 1]):
            x, best = visible[node], -np.inf
            for action in range(actions):
                first, last = offsets[x * actions + action], offsets[x * actions + action + 1]
                for j in range(first, last):
                    reached = child[node, action * width + j - first]
                    if reached >= 0:
                        below[j - first] = alpha[reached]
                    else:
                        _push(kernels, j, beliefs[node], after)
                        below[j - first] = leaves[targets[j], _best_leaf(leaves, targets[j], after)]
                total = 0.0
                for y in range(hidden):
                    value = 0.0
                    if mode < INTERVALS:
                        for j in range(first, last):
                            if kernels.shape[2] == 1:
                                value += kernels[j, y, 0] * below[j - first, y]
                            else:
                                for there in range(hidden):
                                    value += kernels[j, y, there] * below[j - first, there]
                    seen = max(visits[y, x, action], 1.0) if mode != PLAIN else 1.0
                    if mode == VARIANCE:
                        spread, support = 0.0, 0
                        for j in range(first, last):
                            spread += kernels[j, y, 0] * (below[j - first, y] - value) ** 2
                            support += kernels[j, y, 0] > 0.0
                        value += max(bonus[0] * np.sqrt(support * spread / seen), bonus[1] / seen)
                    elif mode != PLAIN:
                        _sort_down(below, y, last - first, ranking)
                        if mode == INTERVALS:
                            _fill_intervals(kernels, first, last, y, bonus, seen, ranking, shares)
                        else:
                            _fill_ball(kernels, first, last, y, bonus, seen, ranking, shares)
                        for k in range(last - first):
                            value += shares[k] * below[k, y]
                    value = rewards[x, action, y] + discount * value
                    if mode != PLAIN:
                        value = caps[level] if visits[y, x, action] == 0.0 else min(value, caps[level])
                    action_values[action, y] = value
                    total += beliefs[node, y] * value
                if total > best:
                    best, chosen[node] = total, action
            alpha[node] = action_values[chosen[node]]


@inlined
def _sort_down(below, y, count, ranking):  # type: ignore[no-untyped-def]
    """Writes the branches in descending order of their value to hidden state y."""
    for k in range(count):
        place = k
        while place > 0 and below[ranking[place - 1], y] < below[k, y]:
            ranking[place] = ranking[place - 1]
            place -= 1
        ranking[place] = k


@inlined
def _fill_intervals(kernels, first, last, y, bonus, seen, ranking, shares):  # type: ignore[no-untyped-def]
    """Writes the best distribution within Bernstein intervals around the estimate."""
    left = 1.0
    for j in range(first, last):
        share = kernels[j, y, 0]
        shares[j - first] = max(share - bonus[0] * np.sqrt(share / seen) - bonus[1] / seen, 0.0)
        left -= shares[j - first]
    for place in range(last - first):
        k = ranking[place]
        share = kernels[first + k, y, 0]
        most = min(share + bonus[0] * np.sqrt(share / seen) + bonus[1] / seen, 1.0)
        more = min(most - shares[k], max(left, 0.0))
        shares[k] += more
        left -= more


@inlined
def _fill_ball(kernels, first, last, y, bonus, seen, ranking, shares):  # type: ignore[no-untyped-def]
    """Writes the best distribution within an L1 ball of radius ``bonus[0] / sqrt(seen)`` around the estimate."""
    for j in range(first, last):
        shares[j - first] = kernels[j, y, 0]
    best = ranking[0]
    more = min(bonus[0] / np.sqrt(seen) / 2, 1.0 - shares[best])
    shares[best] += more
    for place in range(last - first - 1, 0, -1):
        k = ranking[place]
        less = min(shares[k], more)
        shares[k] -= less
        more -= less


@compiled
def evaluate_choices(  # type: ignore[no-untyped-def]
    offsets, targets, kernels, believed, rewards, discount, levels, visible, beliefs, child, leaves, paid, chosen, alpha
):
    """Computes the values of the actions ``chosen`` in each hidden state under the true ``kernels`` and ``rewards``.

    Below the last level, the vector of ``leaves`` is followed that is best at the belief of the ``believed`` kernels;
    it truly pays ``paid [X, V, Y]``. The belief may be over other hidden parts than the true ones.
    """
    actions, hidden = rewards.shape[1], rewards.shape[2]
    width, after = child.shape[1] // actions, np.empty(beliefs.shape[1])
    for node in range(levels[-1] - 1, -1, -1):
        x, action = visible[node], chosen[node]
        first = offsets[x * actions + action]
        alpha[node] = rewards[x, action]
        for j in range(first, offsets[x * actions + action + 1]):
            reached = child[node, action * width + j - first]
            if reached < 0:
                _push(believed, j, beliefs[node], after)
                which = _best_leaf(leaves, targets[j], after)
            for y in range(hidden):
                value = alpha[reached, y] if reached >= 0 else paid[targets[j], which, y]
                alpha[node, y] += discount * kernels[j, y, 0] * value
