"""Compiled passes over the rows of a discounted tabular model (Puterman 1994, chapter 6).

A *Jacobi* pass reads old values and writes new ones; a *Gauss-Seidel* pass works in place and solves each row for the
chance of staying where one is. Terminal states are skipped: their value is and stays 0. Ties go to the lowest action.

Indices are cast to unsigned types where they are used: numba then leaves out its test for negative ones, and a pass
takes a third of the time. What differs from the textbook: every Jacobi pass reports the ends of the change, terminal
states' 0 included, which the certificates need; a policy's rows are laid out on their own before they are passed over.

Arguments shared by all: ``offsets`` ``[S A + 1]`` int64, ``successors`` int32 and ``probabilities`` float64 are the
model's, ``rewards`` ``[S A]`` float64 the mean rewards, ``terminal`` ``[S]`` bool, ``values`` ``[S]`` float64.
"""

import numpy as np

from mdpzoo.compiling import compiled

TINY = 1e-250  # smaller values are taken for 0: arithmetic on denormal numbers takes a hundred times as long


@compiled
def describe_rows(offsets, successors, probabilities, rewards, terminal):  # type: ignore[no-untyped-def]
    """Returns means ``[S A]``, and over the rows: most entries, least and greatest sum, greatest mean of |reward|."""
    rows, states = len(offsets) - 1, len(terminal)
    actions = rows // states
    means = np.zeros(rows)
    longest, least, greatest, size = 1, np.inf, 0.0, 0.0
    for state in range(states):
        if terminal[state]:
            continue
        for row in range(state * actions, state * actions + actions):
            total, mean, magnitude = 0.0, 0.0, 0.0
            for k in range(np.uint64(offsets[row]), np.uint64(offsets[row + 1])):
                total += probabilities[k]
                mean += probabilities[k] * rewards[k]
                magnitude += probabilities[k] * abs(rewards[k])
            means[row] = mean
            longest = max(longest, offsets[row + 1] - offsets[row])
            least, greatest, size = min(least, total), max(greatest, total), max(size, magnitude)
    return means, longest, least, greatest, size


@compiled
def greedy_pass(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, rewards, terminal, discount, values, out, policy
):
    """Writes the best action values to ``out`` ``[S]`` and their actions to ``policy`` ``[S]``.

    Returns the least and the greatest change, the greatest size of a new value, and the number of actions that differ
    from those in ``policy``.
    """
    states = len(values)
    actions = (len(offsets) - 1) // states
    least, greatest, size, moved = np.inf, -np.inf, 0.0, 0
    for state in range(states):
        best, chosen = 0.0, 0
        if not terminal[state]:
            best = -np.inf
            begin = np.uint64(offsets[state * actions])
            for action in range(actions):
                row = state * actions + action
                end = np.uint64(offsets[row + 1])
                total = 0.0
                for k in range(begin, end):
                    total += probabilities[k] * values[np.uint32(successors[k])]
                total = rewards[row] + discount * total
                better = total > best
                best, chosen = total if better else best, action if better else chosen
                begin = end
        moved += policy[state] != chosen
        out[state], policy[state], change = best, chosen, best - values[state]
        least, greatest = change if change < least else least, change if change > greatest else greatest
        size = abs(best) if abs(best) > size else size
    return least, greatest, size, moved


@compiled
def greedy_pass_in_place(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, rewards, terminal, discount, values, policy, order
):
    """A Gauss-Seidel pass of best action values through the states in an order ``[S]`` int64."""
    states = len(values)
    actions = (len(offsets) - 1) // states
    for state in order:
        if terminal[state]:
            continue
        best, chosen = -np.inf, 0
        begin = np.uint64(offsets[state * actions])
        for action in range(actions):
            row = state * actions + action
            end = np.uint64(offsets[row + 1])
            total, stay = 0.0, 0.0
            for k in range(begin, end):
                here = successors[k] == state
                stay += probabilities[k] if here else 0.0
                total += 0.0 if here else probabilities[k] * values[np.uint32(successors[k])]
            total = rewards[row] + discount * total
            if stay > 0.0:
                total /= 1.0 - discount * stay
            better = total > best
            best, chosen = total if better else best, action if better else chosen
            begin = end
        values[state] = 0.0 if abs(best) < TINY else best
        policy[state] = chosen


@compiled
def widest_rows(offsets, terminal):  # type: ignore[no-untyped-def]
    """Returns ends ``[S + 1]`` int64 of slots that fit any row of their state; those of terminal states are empty."""
    states = len(terminal)
    actions = (len(offsets) - 1) // states
    ends = np.zeros(states + 1, np.int64)
    for state in range(states):
        widest = 0
        if not terminal[state]:
            for row in range(state * actions, state * actions + actions):
                widest = max(widest, offsets[row + 1] - offsets[row])
        ends[state + 1] = ends[state] + widest
    return ends


@compiled
def best_rewards(rewards, states):  # type: ignore[no-untyped-def]
    """Returns the greatest mean reward ``[S]`` of an action."""
    best = np.full(states, -np.inf)
    actions = len(rewards) // states
    for state in range(states):
        for row in range(state * actions, state * actions + actions):
            best[state] = rewards[row] if rewards[row] > best[state] else best[state]
    return best


@compiled
def pick_rows(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, rewards, terminal, discount, policy, picked,
    ends, taken, weights, gains, scale, share,
):  # fmt: skip
    """Lays out the discounted rows that a policy ``[S]`` takes: its values solve ``v = gains + W v``.

    Rows lie in the slots that ``ends`` ``[S + 1]`` bounds, padded with entries of weight 0. Only the rows of states
    whose action differs from that in ``picked`` ``[S]`` int64 are written; initially it must be negative everywhere.
    Writes the successors ``taken`` and ``weights``, the entries of W; ``gains`` ``[S]``; ``scale`` ``[S]``, 1 / (1 - a
    row's sum of weights), 0 in terminal states; and ``share`` ``[S]``, 1 / (1 - the weight of staying).
    """
    states = len(policy)
    actions = (len(offsets) - 1) // states
    for state in range(states):
        if picked[state] == policy[state]:
            continue
        picked[state] = policy[state]
        gains[state], scale[state], share[state] = 0.0, 0.0, 1.0
        if terminal[state]:
            continue
        row = state * actions + policy[state]
        stay, leave, filled = 0.0, 0.0, np.uint64(ends[state])
        for k in range(np.uint64(offsets[row]), np.uint64(offsets[row + 1])):
            chance = 0.0 if terminal[np.uint32(successors[k])] else discount * probabilities[k]
            taken[filled], weights[filled] = successors[k], chance
            leave += chance
            stay += chance if successors[k] == state else 0.0
            filled += np.uint64(1)
        for k in range(filled, np.uint64(ends[state + 1])):
            taken[k], weights[k] = state, 0.0
        gains[state] = rewards[row]
        scale[state], share[state] = 1.0 / (1.0 - leave), 1.0 / (1.0 - stay)


@compiled
def policy_pass(ends, taken, weights, gains, scale, values, out):  # type: ignore[no-untyped-def]
    """A Jacobi pass under a policy's own rows; returns the ends of the scaled change.

    The policy's values lie between ``values`` plus the one end and ``values`` plus the other, in states that last.
    """
    least, greatest = np.inf, -np.inf
    begin = np.uint64(ends[0])
    for state in range(len(values)):
        end = np.uint64(ends[state + 1])
        total = gains[state]
        for k in range(begin, end):
            total += weights[k] * values[np.uint32(taken[k])]
        begin = end
        if scale[state] > 0.0:
            change = (total - values[state]) * scale[state]
            least, greatest = change if change < least else least, change if change > greatest else greatest
        out[state] = 0.0 if abs(total) < TINY else total
    return least, greatest


@compiled
def policy_pass_in_place(ends, taken, weights, gains, share, values, backward):  # type: ignore[no-untyped-def]
    """A Gauss-Seidel pass under a policy's own rows, from the last state to the first if ``backward``."""
    states = len(values)
    for position in range(states):
        state = states - 1 - position if backward else position
        total = gains[state] - values[state]
        for k in range(np.uint64(ends[state]), np.uint64(ends[state + 1])):
            total += weights[k] * values[np.uint32(taken[k])]
        total = values[state] + total * share[state]
        values[state] = 0.0 if abs(total) < TINY else total


@compiled
def turn_rows(offsets, successors, probabilities, rewards, terminal, discount):  # type: ignore[no-untyped-def]
    """Transposes a chain's discounted matrix: ends ``[S + 1]`` of its columns, predecessors and their weights."""
    states = len(terminal)
    ends = np.zeros(states + 2, np.int64)
    for state in range(states):
        if not terminal[state]:
            for k in range(offsets[state], offsets[state + 1]):
                if not terminal[successors[k]]:
                    ends[successors[k] + 2] += 1
    for state in range(states):
        ends[state + 2] += ends[state + 1]
    taken, weights = np.empty(ends[-1], np.int32), np.empty(ends[-1])
    for state in range(states):
        if not terminal[state]:
            for k in range(offsets[state], offsets[state + 1]):
                if not terminal[successors[k]]:
                    place = ends[successors[k] + 1]
                    taken[place], weights[place] = state, discount * probabilities[k]
                    ends[successors[k] + 1] += 1
    return ends[:-1].copy(), taken, weights


@compiled
def staying_share(ends, taken, weights):  # type: ignore[no-untyped-def]
    """Computes 1 / (1 - the weight of staying), ``[S]``."""
    share = np.ones(len(ends) - 1)
    for state in range(len(share)):
        stay = 0.0
        for k in range(ends[state], ends[state + 1]):
            if taken[k] == state:
                stay += weights[k]
        share[state] = 1.0 / (1.0 - stay)
    return share


@compiled
def balance(ends, taken, weights, gains, values):  # type: ignore[no-untyped-def]
    """Sums the residual ``gains + W values - values``, its absolute values, and the absolute values of ``values``."""
    signed, size, total = 0.0, 0.0, 0.0
    for state in range(len(values)):
        change = gains[state] - values[state]
        for k in range(ends[state], ends[state + 1]):
            change += weights[k] * values[taken[k]]
        signed, size, total = signed + change, size + abs(change), total + abs(values[state])
    return signed, size, total
