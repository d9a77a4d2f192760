"""Binomial counts of action sequences compared with each other, compiled: who has the largest, and how likely.

All these kernels are in one file because numba looks for changes in the file of the one that is called only.
Sums run over the counts within 12 standard deviations and 40 of the mean, beyond which lies less than 1e-20.
"""

import math

import numpy as np

from mdpzoo.compiling import compiled, inlined


@compiled
def one_reward(rows, first, horizon, amount):  # type: ignore[no-untyped-def]
    """Whether every visited reward is 0 or ``amount``, and nothing can follow ``amount`` within the horizon."""
    states, actions = len(first), rows.actions
    barren, before = np.ones(states, np.bool_), np.ones(states, np.bool_)  # states after which every reward is 0
    for t in range(horizon - 1, -1, -1):
        for s in range(states):
            if t < first[s] or rows.terminal[s]:
                continue
            none = True
            for a in range(actions):
                row = s * actions + a
                after = rows.successors[rows.offsets[row]]
                reward = rows.expected[row]
                if reward != 0.0:
                    none = False
                    if abs(reward - amount) > 1e-9 * amount or not barren[after]:
                        return False
                none &= barren[after]
            before[s] = none
        barren, before = before, barren
    return True


@compiled
def success(rows, best, explored, amount, start, horizon, lookahead, samples, worst):  # type: ignore[no-untyped-def]
    """The probability of an optimal sequence from the start, ``G_0``."""
    states, actions = best.shape[1], rows.actions
    reached = np.zeros((horizon + 1, states), np.bool_)
    reached[0, start] = True
    later = np.ones(states)
    after, worth = np.empty(actions, np.int64), np.empty(actions)
    for t in range(horizon):
        for s in range(states):
            if reached[t, s] and best[t, s] > 0.5 * amount:
                for a in range(actions):
                    reached[t + 1, rows.successors[rows.offsets[s * actions + a]]] |= _leads(
                        rows, best, t, s, a, amount
                    )
    for t in range(horizon - 1, -1, -1):
        now = np.ones(states)
        for s in range(states):
            if not reached[t, s] or rows.terminal[s] or best[t, s] < 0.5 * amount:
                continue  # nothing left to win or to lose
            for a in range(actions):
                after[a] = rows.successors[rows.offsets[s * actions + a]]
                worth[a] = later[after[a]] if _leads(rows, best, t, s, a, amount) else 0.0
            if worth.min() == worth.max():
                now[s] = worth[0]
                continue
            likely = _chances(rows, explored, t, s, min(lookahead, horizon - t), amount)
            if worst:
                now[s] = _worst_ties(likely, after, worth, samples)
            else:
                now[s] = (_first_index_wins(likely, actions, samples) * worth).sum()
        later = now
    return later[start]


@inlined
def _leads(rows, best, t, s, a, amount):  # type: ignore[no-untyped-def]
    """Whether an action still leads to the reward: values are 0 or ``amount`` under the best policy."""
    row = s * rows.actions + a
    return rows.expected[row] + best[t + 1, rows.successors[rows.offsets[row]]] > 0.5 * amount


@compiled
def _chances(rows, explored, t, s, length, amount):  # type: ignore[no-untyped-def]
    """Each sequence's probability of the reward, ``[A^length]``, in lexicographic order."""
    actions = rows.actions
    count = actions**length
    likely = np.empty(count)
    for sequence in range(count):
        here, rest, block, gained = s, sequence, count, 0.0
        for _ in range(length):
            block //= actions
            a, rest = rest // block, rest % block
            if rows.terminal[here]:
                break
            row = here * actions + a
            gained += rows.expected[row]
            here = rows.successors[rows.offsets[row]]
        gained += explored[t + length, here]
        likely[sequence] = min(max(gained / amount, 0.0), 1.0)
    return likely


@compiled
def _first_index_wins(likely, actions, samples):  # type: ignore[no-untyped-def]
    """The probability that the largest count belongs to a sequence beginning with each action, ``[A]``.

    ``likely`` ``[A^k]``: each sequence's probability of the reward, in lexicographic order; an earlier sequence wins
    ties.
    """
    count = len(likely)
    lowest, ends, masses, sums = _windows(likely, samples)
    floor = lowest.max()  # a count below another's window never wins
    wins = np.zeros(actions)
    for i in range(count):
        for k in range(max(0, floor - lowest[i]), ends[i + 1] - ends[i]):
            product = masses[ends[i] + k]
            for j in range(count):
                if j != i:
                    at = lowest[i] + k - lowest[j] - (1 if j < i else 0)
                    product *= 0.0 if at < 0 else sums[min(ends[j] + at, ends[j + 1] - 1)]
            wins[i * actions // count] += product
    return wins


@compiled
def _worst_ties(likely, successors, worth, samples):  # type: ignore[no-untyped-def]
    """The least mean worth of the winning action, over all ways to break ties.

    Actions with the same successor ``[A]`` and worth ``[A]`` are one. Each one's probability to win lies between that
    of being ahead of all others and that of being behind none; the worst law within these limits is found by filling
    up the least worth first.
    """
    actions, count = len(worth), len(likely)
    lowest, ends, _, sums = _windows(likely, samples)
    floor = lowest.max()
    top = floor
    for i in range(count):
        top = max(top, lowest[i] + ends[i + 1] - ends[i] - 1)
    laws = np.ones((actions, top - floor + 2))  # P(a group's largest count <= x), x = floor - 1 .. top
    first = np.arange(actions)  # the first action of each one's group
    for a in range(actions):
        for b in range(a):
            if first[b] == b and successors[b] == successors[a] and worth[b] == worth[a]:
                first[a] = b
                break
    for i in range(count):
        group = first[i * actions // count]
        for k in range(top - floor + 2):
            at = floor - 1 + k - lowest[i]
            laws[group, k] *= 0.0 if at < 0 else sums[min(ends[i] + at, ends[i + 1] - 1)]
    least, most = np.zeros(actions), np.zeros(actions)
    for a in range(actions):
        if first[a] != a:
            continue
        for k in range(top - floor + 2):
            ahead = behind = laws[a, k] - (laws[a, k - 1] if k > 0 else 0.0)
            for b in range(actions):
                if b != a and first[b] == b:
                    ahead *= laws[b, k - 1] if k > 0 else 0.0
                    behind *= laws[b, k]
            least[a], most[a] = least[a] + ahead, most[a] + behind
    total, left = (least * worth).sum(), 1.0 - least.sum()
    for a in np.argsort(worth):
        share = max(0.0, min(left, most[a] - least[a]))
        total, left = total + share * worth[a], left - share
    return total


@compiled
def _windows(likely, samples):  # type: ignore[no-untyped-def]
    """Each sequence's counts: the lowest, where its entries end, probabilities and their sums."""
    count = len(likely)
    lowest, ends = np.empty(count, np.int64), np.zeros(count + 1, np.int64)
    for i in range(count):
        p = likely[i]
        spread = 12 * math.sqrt(samples * p * (1 - p)) + 40 if 0.0 < p < 1.0 else 0.0
        lowest[i] = max(0, int(samples * p - spread))
        ends[i + 1] = ends[i] + min(samples, int(samples * p + spread)) + 1 - lowest[i]
    masses, sums = np.empty(ends[count]), np.empty(ends[count])
    for i in range(count):
        _binomial(likely[i], samples, lowest[i], masses[ends[i] : ends[i + 1]], sums[ends[i] : ends[i + 1]])
    return lowest, ends, masses, sums


@compiled
def _binomial(p, m, low, masses, sums):  # type: ignore[no-untyped-def]
    """Fills in the probabilities of the counts from ``low`` on, and their sums."""
    size = len(masses)
    if size == 1:
        masses[0] = 1.0
    else:
        mode = min(max(int((m + 1) * p), low), low + size - 1)
        top = math.lgamma(m + 1) - math.lgamma(mode + 1) - math.lgamma(m - mode + 1)
        masses[mode - low] = math.exp(top + mode * math.log(p) + (m - mode) * math.log1p(-p))
        for x in range(mode + 1, low + size):
            masses[x - low] = masses[x - low - 1] * (m - x + 1) / x * (p / (1 - p))
        for x in range(mode - 1, low - 1, -1):
            masses[x - low] = masses[x - low + 1] * (x + 1) / (m - x) * ((1 - p) / p)
    total = masses.sum()  # 1 but for the rounding of lgamma
    running = 0.0
    for k in range(size):
        masses[k] /= total
        running += masses[k]
        sums[k] = running
