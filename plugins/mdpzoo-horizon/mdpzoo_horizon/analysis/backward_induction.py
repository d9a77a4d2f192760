"""Exact finite-horizon values and lookahead iterates (Laidlaw, Russell and Dragan 2023, sections 4 and 5), compiled.

Step t = 0 .. T - 1; ``V[T] = 0``; terminal states have value 0. Only tables ``[T + 1, S]`` of values are stored:
``Q_t = R + P V_{t+1}`` is recomputed when it is needed, one row at a time and with the same rounding. A lookahead
iterate is stored as ``V^{k-1}``, which gives ``Q^k_t = R + P V^{k-1}_{t+1}``, and is overwritten by the next one in a
pass forward in time, since step t needs the old values of step t + 1 only.

What differs from the paper: transitions may be stochastic.
"""

from typing import NamedTuple

import numpy as np

from mdpzoo.compiling import compiled, inlined

TOLERANT, BITWISE, CLEAR = np.uint8(1), np.uint8(2), np.uint8(4)  # which policies reach a state, see ``scan``


class Values(NamedTuple):
    """Values by backward induction; states are left at 0 before their first visit.

    Attributes:
        best: ``[T + 1, S]``, of the optimal policy.
        explored: ``[T + 1, S]``, of the exploration policy.
        spread: ``[T, S]``, ``max_a (Q^e - Q^w)(Q* - Q^w)``, which bounds a variance; ``[0, S]`` if it is not wanted.
        worst: ``[S]``, of the worst policy at t = 0.
    """

    best: np.ndarray
    explored: np.ndarray
    spread: np.ndarray
    worst: np.ndarray


class Scan(NamedTuple):
    """One lookahead k, scanned for steps at which a policy greedy for ``Q^k`` goes wrong.

    Attributes:
        solvable: no suboptimal action is ever greedy up to the tolerance for ties.
        bitwise: no suboptimal action is ever greedy to the last bit.
        gap: the smallest gap before the last k steps, in reward units; infinite if no action is suboptimal.
        full_gap: the smallest gap over all steps.
        relative_gap: the smallest gap over all steps, relative to the largest value.
        ratio: the largest ``spread / gap^2`` before the last k steps.
        variance: the spread at the step and state of this ratio.
    """

    solvable: bool
    bitwise: bool
    gap: float
    full_gap: float
    relative_gap: float
    ratio: float
    variance: float


class Occupancy(NamedTuple):
    """The probability that exploration visits states and pairs; time in terminal states is not counted.

    Attributes:
        states: ``[S]``, at the likeliest step.
        state_sums: ``[S]``, summed over all steps.
        pairs: ``[S A]``, of a state and an action at the likeliest step.
        pair_sums: ``[S A]``, summed over all steps.
    """

    states: np.ndarray
    state_sums: np.ndarray
    pairs: np.ndarray
    pair_sums: np.ndarray


@inlined
def backed_up(rows, row, next_values):  # type: ignore[no-untyped-def]
    """Computes ``R + P V`` of one row from the values V, ``[S]``."""
    total = rows.expected[row]
    for k in range(rows.offsets[row], rows.offsets[row + 1]):
        total += rows.probabilities[k] * next_values[rows.successors[k]]
    return total


@compiled
def values(rows, policy, first, horizon, wants_spread):  # type: ignore[no-untyped-def]
    """Computes ``Values`` by backward induction; ``policy`` ``[1 or T, 1 or S, A]`` explores. Costs O(T nnz)."""
    states, actions = len(first), rows.actions
    best, explored = np.zeros((horizon + 1, states)), np.zeros((horizon + 1, states))
    spread = np.zeros((horizon if wants_spread else 0, states))
    worst, earlier = np.zeros(states), np.zeros(states)
    for t in range(horizon - 1, -1, -1):
        at = t if len(policy) > 1 else 0
        for s in range(states):
            if t < first[s] or rows.terminal[s]:
                continue
            probabilities = policy[at, s if policy.shape[1] > 1 else 0]
            high, mean, low, widest = -np.inf, 0.0, np.inf, 0.0
            for a in range(actions):
                row = s * actions + a
                top = backed_up(rows, row, best[t + 1])
                middle = backed_up(rows, row, explored[t + 1])
                bottom = backed_up(rows, row, worst)
                high, mean, low = max(high, top), mean + probabilities[a] * middle, min(low, bottom)
                widest = max(widest, (middle - bottom) * (top - bottom))
            best[t, s], explored[t, s], earlier[s] = high, min(max(mean, low), high), low
            if wants_spread:
                spread[t, s] = widest
        worst, earlier = earlier, worst
    return Values(best, explored, spread, worst)


@compiled
def greedy_values(rows, first, iterate, ties, horizon):  # type: ignore[no-untyped-def]
    """Computes the values ``[S]`` at t = 0 of the worst policy that is greedy for ``Q^k``.

    ``iterate`` is ``V^{k-1}``, ``[T + 1, S]``; actions within ``ties max_b |Q(s, b)|`` of the best are greedy.
    """
    states, actions = len(first), rows.actions
    later, now = np.zeros(states), np.zeros(states)
    q = np.empty(actions)
    for t in range(horizon - 1, -1, -1):
        for s in range(states):
            if t < first[s] or rows.terminal[s]:
                continue
            top, size = row_values(rows, s, iterate[t + 1], q)
            least = np.inf
            for a in range(actions):
                if q[a] >= top - ties * size:
                    least = min(least, backed_up(rows, s * actions + a, later))
            now[s] = least
        later, now = now, later
    return later


@inlined
def row_values(rows, s, next_values, q):  # type: ignore[no-untyped-def]
    """Fills ``q`` ``[A]`` with a state's action values; returns the largest value and the largest absolute value."""
    top, size = -np.inf, 0.0
    for a in range(rows.actions):
        q[a] = backed_up(rows, s * rows.actions + a, next_values)
        top, size = max(top, q[a]), max(size, abs(q[a]))
    return top, size


@compiled
def scan(rows, first, best, iterate, spread, lookahead, ties, loss, horizon):  # type: ignore[no-untyped-def]
    """Computes a ``Scan`` of lookahead k, and overwrites the iterate by the next one.

    Three sets of states are followed from the start: those reached by actions within ``ties max_b |Q(s, b)|`` of the
    best (TOLERANT), by the best actions to the last bit (BITWISE), and by actions above every suboptimal one (CLEAR).
    An action is suboptimal if it loses more than ``loss``.

    Costs O(T nnz).
    """
    states, actions = len(first), rows.actions
    tolerant = bitwise = True
    gap = every_gap = relative = np.inf
    ratio, widest = -1.0, 0.0
    here, after = np.zeros(states, np.uint8), np.zeros(states, np.uint8)
    q, optimal = np.empty(actions), np.empty(actions)
    for s in range(states):
        if rows.start[s] > 0:
            here[s] = TOLERANT | BITWISE | CLEAR
    for t in range(horizon):
        for s in range(states):
            if t < first[s] or rows.terminal[s] or (here[s] == 0 and t > horizon - lookahead):
                continue
            top, size = row_values(rows, s, iterate[t + 1], q)
            if t <= horizon - lookahead:
                iterate[t, s] = top  # V^k, where it may differ from V^{k-1}
            if here[s] != 0:
                row_values(rows, s, best[t + 1], optimal)
                bar = -np.inf  # the best of the suboptimal actions
                for a in range(actions):
                    if optimal[a] < best[t, s] - loss:
                        bar = max(bar, q[a])
                if here[s] & TOLERANT and bar >= top - ties * size:
                    tolerant = False
                if here[s] & BITWISE and bar >= top:
                    bitwise = False
                if here[s] & CLEAR:
                    between = top - bar
                    every_gap = min(every_gap, between)
                    if between < np.inf and size > 0:
                        relative = min(relative, between / size)
                    if t < horizon - lookahead:
                        gap = min(gap, between)
                        if len(spread) > 0:
                            needed = spread[t, s] / between**2 if between > 0 else np.inf
                            if needed > ratio:
                                ratio, widest = needed, spread[t, s]
                _mark_successors(rows, s, here[s], q, top, ties * size, bar, after)
            if len(spread) > 0 and t < horizon - 1:
                spread[t, s] = _widest(rows, s, spread[t + 1])
        here, after = after, here
        after[:] = 0
    return Scan(tolerant, bitwise, gap, every_gap, relative, max(ratio, 0.0), widest)


@inlined
def _mark_successors(rows, s, here, q, top, slack, bar, after):  # type: ignore[no-untyped-def]
    """Passes the marks of a state on to its successors."""
    for a in range(rows.actions):
        marks = here
        if q[a] < top - slack:
            marks &= ~TOLERANT
        if q[a] < top:
            marks &= ~BITWISE
        if not q[a] > bar:
            marks &= ~CLEAR
        if marks == 0:
            continue
        row = s * rows.actions + a
        for k in range(rows.offsets[row], rows.offsets[row + 1]):
            after[rows.successors[k]] |= marks


@inlined
def _widest(rows, s, next_values):  # type: ignore[no-untyped-def]
    """Returns the largest entry among the successors of a state."""
    widest = 0.0
    for k in range(rows.offsets[s * rows.actions], rows.offsets[(s + 1) * rows.actions]):
        widest = max(widest, next_values[rows.successors[k]])
    return widest


@compiled
def return_range(rows, first, horizon):  # type: ignore[no-untyped-def]
    """Computes the smallest and the largest return that an episode can have. Costs O(T nnz)."""
    states, actions = len(first), rows.actions
    low, high, now_low, now_high = np.zeros(states), np.zeros(states), np.zeros(states), np.zeros(states)
    for t in range(horizon - 1, -1, -1):
        for s in range(states):
            if t < first[s] or rows.terminal[s]:
                continue
            least, most = np.inf, -np.inf
            for k in range(rows.offsets[s * actions], rows.offsets[(s + 1) * actions]):
                least = min(least, rows.rewards[k] + low[rows.successors[k]])
                most = max(most, rows.rewards[k] + high[rows.successors[k]])
            now_low[s], now_high[s] = least, most
        low, now_low, high, now_high = now_low, low, now_high, high
    begins = rows.start > 0
    return low[begins].min(), high[begins].max()


@compiled
def occupancy(rows, policy, horizon):  # type: ignore[no-untyped-def]
    """Follows exploration forward in time and computes its ``Occupancy``. Costs O(T nnz)."""
    states, actions = len(rows.start), rows.actions
    here, after = rows.start.copy(), np.zeros(states)
    most, total = np.zeros(states), np.zeros(states)
    most_pairs, total_pairs = np.zeros(states * actions), np.zeros(states * actions)
    for t in range(horizon):
        at = t if len(policy) > 1 else 0
        after[:] = 0.0
        for s in range(states):
            if here[s] == 0.0 or rows.terminal[s]:
                continue
            most[s], total[s] = max(most[s], here[s]), total[s] + here[s]
            probabilities = policy[at, s if policy.shape[1] > 1 else 0]
            for a in range(actions):
                row, share = s * actions + a, here[s] * probabilities[a]
                if share == 0.0:
                    continue
                most_pairs[row], total_pairs[row] = max(most_pairs[row], share), total_pairs[row] + share
                for k in range(rows.offsets[row], rows.offsets[row + 1]):
                    after[rows.successors[k]] += share * rows.probabilities[k]
        here, after = after, here
    return Occupancy(most, total, most_pairs, total_pairs)
