"""Compiled comparisons of binomial counts: the probability that an action sequence has the largest count.

These functions are in one file because numba's cache only notices changes in the file of the called function. Sums run
over counts within 12 standard deviations plus 40 of the mean; the rest has a probability below 1e-20.
"""

import math

import numpy as np

from mdpzoo.compiling import compiled, inlined


@compiled
def one_reward(rows, first, horizon, amount):  # type: ignore[no-untyped-def]
    """Checks that every visited reward is 0 or ``amount``, and that no reward follows ``amount`` within the horizon."""
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
    """Computes the probability that GORP finds an optimal sequence from the start."""
    states, actions = best.shape[1], rows.actions
    reached = np.zeros((horizon + 1, states), np.bool_)
    reached[0, start] = True
    later = np.ones(states)
    after, chances = np.empty(actions, np.int64), np.empty(actions)
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
                continue  # no reward can be reached, so every action is optimal
            for a in range(actions):
                after[a] = rows.successors[rows.offsets[s * actions + a]]
                chances[a] = later[after[a]] if _leads(rows, best, t, s, a, amount) else 0.0
            if chances.min() == chances.max():
                now[s] = chances[0]
                continue
            likely = _chances(rows, explored, t, s, min(lookahead, horizon - t), amount)
            if worst:
                now[s] = _worst_ties(likely, after, chances, samples)
            else:
                now[s] = (_first_index_wins(likely, actions, samples) * chances).sum()
        later = now
    return later[start]


@inlined
def _leads(rows, best, t, s, a, amount):  # type: ignore[no-untyped-def]
    """Checks whether an action still leads to the reward; optimal values are 0 or ``amount``."""
    row = s * rows.actions + a
    return rows.expected[row] + best[t + 1, rows.successors[rows.offsets[row]]] > 0.5 * amount


@compiled
def _chances(rows, explored, t, s, length, amount):  # type: ignore[no-untyped-def]
    """Computes each sequence's probability of the reward, ``[A^length]``, in lexicographic order."""
    actions = rows.actions
    count = actions**length
    likely = np.empty(count)
    for sequence in range(count):
        here, rest, block, total = s, sequence, count, 0.0
        for _ in range(length):
            block //= actions
            a, rest = rest // block, rest % block
            if rows.terminal[here]:
                break
            row = here * actions + a
            total += rows.expected[row]
            here = rows.successors[rows.offsets[row]]
        total += explored[t + length, here]
        likely[sequence] = min(max(total / amount, 0.0), 1.0)
    return likely


@compiled
def _first_index_wins(likely, actions, samples):  # type: ignore[no-untyped-def]
    """Computes the probability that the largest count belongs to a sequence that begins with each action, ``[A]``.

    ``likely`` ``[A^k]`` holds each sequence's probability of the reward, in lexicographic order; the earlier sequence
    wins ties.
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
def _worst_ties(likely, successors, chances, samples):  # type: ignore[no-untyped-def]
    """Computes the smallest mean success ``[A]`` of the winning action over all ways to break ties.

    Actions with the same successor ``[A]`` and the same success form a group. A group's probability to win lies between
    that of being ahead of all others and that of being behind none. The worst probabilities within these limits assign
    as much as possible to the least successful groups.
    """
    actions, count = len(chances), len(likely)
    lowest, ends, _, sums = _windows(likely, samples)
    floor = lowest.max()
    top = floor
    for i in range(count):
        top = max(top, lowest[i] + ends[i + 1] - ends[i] - 1)
    cumulative = np.ones((actions, top - floor + 2))  # P(a group's largest count <= x) for x = floor - 1 .. top
    first = np.arange(actions)  # the first action of each one's group
    for a in range(actions):
        for b in range(a):
            if first[b] == b and successors[b] == successors[a] and chances[b] == chances[a]:
                first[a] = b
                break
    for i in range(count):
        group = first[i * actions // count]
        for k in range(top - floor + 2):
            at = floor - 1 + k - lowest[i]
            cumulative[group, k] *= 0.0 if at < 0 else sums[min(ends[i] + at, ends[i + 1] - 1)]
    least, most = np.zeros(actions), np.zeros(actions)
    for a in range(actions):
        if first[a] != a:
            continue
        for k in range(top - floor + 2):
            ahead = behind = cumulative[a, k] - (cumulative[a, k - 1] if k > 0 else 0.0)
            for b in range(actions):
                if b != a and first[b] == b:
                    ahead *= cumulative[b, k - 1] if k > 0 else 0.0
                    behind *= cumulative[b, k]
            least[a], most[a] = least[a] + ahead, most[a] + behind
    total, left = (least * chances).sum(), 1.0 - least.sum()
    for a in np.argsort(chances):
        share = max(0.0, min(left, most[a] - least[a]))
        total, left = total + share * chances[a], left - share
    return total


@compiled
def _windows(likely, samples):  # type: ignore[no-untyped-def]
    """Computes each sequence's lowest count, the end of its entries, their probabilities and cumulative sums."""
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
    """Fills in the probabilities of the counts from ``low`` on, and their cumulative sums."""
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
    total = masses.sum()  # 1 up to the rounding of lgamma
    running = 0.0
    for k in range(size):
        masses[k] /= total
        running += masses[k]
        sums[k] = running
