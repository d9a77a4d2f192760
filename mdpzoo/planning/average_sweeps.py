"""Compiled passes for average rewards: relative values in end components, paths between them, hitting times."""

import numpy as np

from mdpzoo.compiling import compiled

STAY = 0.2  # how much each step stays where it is in the transformed chain, which is then aperiodic


@compiled
def relative_pass(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, rewards, allowed, label, done, values, out, policy, least, greatest
):
    """One pass of relative value iteration in all end components that are not ``done`` (Puterman 1994, section 8.5.4).

    The transformed chain stays with ``STAY``, its rewards and its gain are 1 - ``STAY`` times the original ones; the
    bounds ``least`` and ``greatest`` ``[components]`` are the original gain's. Values are centred as they are written.
    """
    states = len(values)
    actions = len(allowed) // states
    least[~done], greatest[~done] = np.inf, -np.inf
    for state in range(states):
        here = label[state]
        if done[here]:
            continue
        best, chosen = -np.inf, 0
        for action in range(actions):
            row = state * actions + action
            if allowed[row]:
                total = 0.0
                for k in range(offsets[row], offsets[row + 1]):
                    total += probabilities[k] * values[successors[k]]
                total += rewards[row]
                if total > best:
                    best, chosen = total, action
        change = best - values[state]
        out[state], policy[state] = values[state] + (1.0 - STAY) * change, chosen
        least[here], greatest[here] = min(least[here], change), max(greatest[here], change)
    size = 0.0
    for state in range(states):
        here = label[state]
        if not done[here]:
            out[state] -= (1.0 - STAY) * 0.5 * (least[here] + greatest[here])
            size = max(size, abs(out[state]))
        else:
            out[state] = values[state]
    return size


@compiled
def reaching_pass(  # type: ignore[no-untyped-def]
    offsets, successors, probabilities, allowed, terminal, label, sizes, floor, reached, best, exit_row, backward
):
    """One pass of the gain that can be reached: ``reached`` ``[components]`` becomes the best of staying and leaving.

    ``floor`` is the gain of staying, -infinity if impossible; ``best`` is overwritten; ``exit_row`` becomes the row
    to leave by, -1 to stay. Components of one state, by ``sizes``, are updated in place.
    """
    actions = len(allowed) // len(label)
    best[:] = floor
    exit_row[:] = -1
    for position in range(len(label)):
        state = len(label) - 1 - position if backward else position
        here = label[state]
        if terminal[state]:
            continue
        for row in range(state * actions, (state + 1) * actions):
            if allowed[row]:
                continue
            total, leave = 0.0, 0.0
            for k in range(offsets[row], offsets[row + 1]):
                if label[successors[k]] != here:
                    leave += probabilities[k]
                    total += probabilities[k] * reached[label[successors[k]]]
            if leave > 0.0 and total / leave > best[here]:  # by this row again and again
                best[here], exit_row[here] = total / leave, row
        if sizes[here] == 1:
            reached[here] = best[here]
    reached[:] = best


@compiled
def transient_pass(offsets, successors, probabilities, gains, settled, values, backward):  # type: ignore[no-untyped-def]
    """A Gauss-Seidel pass of ``values = gains + P values`` in states not settled; returns the greatest change.

    After it no such equation is off by more than that.
    """
    states = len(values)
    change = 0.0
    for position in range(states):
        state = states - 1 - position if backward else position
        if settled[state]:
            continue
        total, leave = gains[state], 0.0
        for k in range(offsets[state], offsets[state + 1]):
            if successors[k] != state:
                total += probabilities[k] * values[successors[k]]
                leave += probabilities[k]
        change = max(change, abs(total / leave - values[state]))
        values[state] = total / leave
    return change


@compiled
def hitting_pass(offsets, successors, probabilities, target, times, backward):  # type: ignore[no-untyped-def]
    """A Gauss-Seidel pass of least expected steps ``[S]`` to a target; returns the greatest change."""
    states = len(times)
    actions = (len(offsets) - 1) // states
    change = 0.0
    for position in range(states):
        state = states - 1 - position if backward else position
        if state == target:
            continue
        best = np.inf
        for row in range(state * actions, (state + 1) * actions):
            total, leave = 1.0, 0.0
            for k in range(offsets[row], offsets[row + 1]):
                if successors[k] != state:
                    total += probabilities[k] * times[successors[k]]
                    leave += probabilities[k]
            if leave > 0.0:
                best = min(best, total / leave)
        change = max(change, abs(best - times[state]))
        times[state] = best
    return change


@compiled
def hitting_residual(offsets, successors, probabilities, target, times):  # type: ignore[no-untyped-def]
    """Returns the greatest residual, best - times, of the least expected steps ``[S]`` to a target."""
    states = len(times)
    actions = (len(offsets) - 1) // states
    worst = 0.0
    for state in range(states):
        if state == target:
            continue
        best = np.inf
        for row in range(state * actions, (state + 1) * actions):
            total = 1.0
            for k in range(offsets[row], offsets[row + 1]):
                total += probabilities[k] * times[successors[k]]
            best = min(best, total)
        worst = max(worst, best - times[state])
    return worst
