"""Extended value iteration: the best policy in the best model of a confidence set (Jaksch et al. 2010, section 3.1).

One planner for every learner; the sets differ in their inner maximum of p u alone. Each is exact: L1 balls and boxes
are filled greedily in the order of u, the KL ball by its Lagrangian (Filippi et al. 2010). UCRL3's boxes are filled
over nearly the observed support only (Bourel et al. 2020).

What differs from Bourel et al.: the contribution of excluded states is bounded by the sum of their upper bounds.
"""

import math

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_nonstationary.learners.records import BERNSTEIN, BOXES, KL

MOST = 100_000  # iterations
HALVINGS = 60  # of the Lagrange multiplier


@borrowing
def plan(sets, kind, tolerance, policy, values, ahead, ranking):  # type: ignore[no-untyped-def]
    """Writes the optimistic policy, its relative values and the ranking of states; returns the optimistic gain.

    ``ahead`` ``[S]`` is overwritten.

    Stops when one iteration changes no two values differently by more than ``tolerance``; the gain is then within
    half of it. Costs O(S^2 A) an iteration, for KL balls times ``HALVINGS``.
    """
    states, actions = sets.rewards.shape
    for state in range(states):
        values[state], ranking[state] = 0.0, state
    gain = 0.0
    for _ in range(MOST):
        smallest, largest = np.inf, -np.inf
        for state in range(states):
            best, chosen = -np.inf, 0
            for action in range(actions):
                if kind == KL:
                    expected = kl_maximum(sets.centre[state, action], sets.radius[state, action], values, ranking)
                elif kind == BERNSTEIN:
                    expected = box_maximum(sets.low[state, action], sets.high[state, action], values, ranking)
                elif kind == BOXES:
                    expected = supported_maximum(
                        sets.centre[state, action], sets.radius[state, action],
                        sets.low[state, action], sets.high[state, action], values, ranking,
                    )  # fmt: skip
                else:
                    expected = l1_maximum(sets.centre[state, action], sets.radius[state, action], values, ranking)
                total = sets.rewards[state, action] + expected
                if total > best:
                    best, chosen = total, action
            ahead[state], policy[state] = best, chosen
            smallest, largest = min(smallest, best - values[state]), max(largest, best - values[state])
        gain = 0.5 * (smallest + largest)
        lowest = np.inf
        for state in range(states):
            lowest = min(lowest, ahead[state])
        for state in range(states):
            values[state] = ahead[state] - lowest
        _rank(values, ranking)
        if largest - smallest < tolerance:
            break
    return gain


@borrowing
def _rank(values, ranking):  # type: ignore[no-untyped-def]
    """Sorts states by value, the highest first; nearly linear if the order has changed little."""
    for place in range(1, len(ranking)):
        state = ranking[place]
        value, slot = values[state], place - 1
        while slot >= 0 and values[ranking[slot]] < value:
            ranking[slot + 1] = ranking[slot]
            slot -= 1
        ranking[slot + 1] = state


@borrowing
def l1_maximum(centre, radius, values, ranking):  # type: ignore[no-untyped-def]
    """Returns the largest p u with |p - centre|_1 <= radius: mass moves from the worst states to the best."""
    best = ranking[0]
    moved = min(0.5 * radius, 1.0 - centre[best])
    total = moved * values[best]
    for after in range(len(centre)):
        total += centre[after] * values[after]
    place = len(ranking) - 1
    while moved > 0.0 and place > 0:
        state = ranking[place]
        taken = min(centre[state], moved)
        total -= taken * values[state]
        moved -= taken
        place -= 1
    return total


@borrowing
def box_maximum(low, high, values, ranking):  # type: ignore[no-untyped-def]
    """Returns the largest p u with low <= p <= high and sum 1: the best states are filled first."""
    left, total = 1.0, 0.0
    for after in range(len(low)):
        left -= low[after]
        total += low[after] * values[after]
    for place in range(len(ranking)):
        if left <= 0.0:
            break
        state = ranking[place]
        added = min(high[state] - low[state], left)
        total += added * values[state]
        left -= added
    return total


@borrowing
def supported_maximum(centre, slack, low, high, values, ranking):  # type: ignore[no-untyped-def]
    """Returns UCRL3's largest p u with low <= p <= high: over observed successors, and as few others as necessary.

    Unseen states are included, the best first, as long as the excluded ones could add more than ``slack`` times the
    span of u, or more than the value without them. Remaining mass goes to the worst state.

    Args:
        centre: ``[S]`` estimated probabilities.
        slack: share of the span.
        low: ``[S]`` least probabilities.
        high: ``[S]`` largest ones, the same for all states that were never seen.
        values: ``[S]`` u, the worst 0.
        ranking: ``[S]`` states by value, the best first.
    """
    outside = 0.0
    for after in range(len(centre)):
        if centre[after] <= 0.0:
            outside += high[after] * values[after]
    inside, joined = _supported(centre, low, high, values, ranking, 0), 0
    for place in range(len(ranking)):
        if outside <= min(slack * values[ranking[0]], inside) + 1e-12:
            break
        state = ranking[place]
        if centre[state] <= 0.0:
            joined += 1
            outside -= high[state] * values[state]
            inside = _supported(centre, low, high, values, ranking, joined)
    return inside


@borrowing
def _supported(centre, low, high, values, ranking, joined):  # type: ignore[no-untyped-def]
    """Returns the largest p u over observed successors and the ``joined`` best of the other states."""
    left, total = 1.0, 0.0
    for after in range(len(low)):
        if centre[after] > 0.0:
            left -= low[after]
            total += low[after] * values[after]
    for place in range(len(ranking)):
        if left <= 0.0:
            break
        state = ranking[place]
        if centre[state] <= 0.0:
            if joined == 0:
                continue
            joined -= 1
        added = min(high[state] - (low[state] if centre[state] > 0.0 else 0.0), left)
        total += added * values[state]
        left -= added
    return total


@borrowing
def kl_maximum(centre, radius, values, ranking):  # type: ignore[no-untyped-def]
    """Returns the largest q u with KL(centre, q) <= radius, to within 1e-12 of the values' range."""
    best = values[ranking[0]]
    width = best - values[ranking[len(ranking) - 1]]
    if width <= 0.0:
        return best
    at_best = 0.0
    for after in range(len(centre)):
        if values[after] >= best:
            at_best += centre[after]
    if at_best <= 0.0:  # the best states were never seen: they may get the rest of the divergence
        slack = _kl_excess(centre, values, best)
        if slack < radius:
            unseen = 1.0 - math.exp(slack - radius)
            return unseen * best + (1.0 - unseen) * _tilted(centre, values, best)
    near, far = 0.0, width  # of the multiplier above the best value
    while _kl_excess(centre, values, best + far) > radius and far < 1e12 * width:
        near, far = far, 4.0 * far
    for _ in range(HALVINGS):
        middle = 0.5 * (near + far)
        if _kl_excess(centre, values, best + middle) > radius:
            near = middle
        else:
            far = middle
    return _tilted(centre, values, best + far)


@borrowing
def _kl_excess(centre, values, multiplier):  # type: ignore[no-untyped-def]
    """Returns the divergence from the centre to its tilt by ``1 / (multiplier - u)``."""
    logarithms, weights = 0.0, 0.0
    for after in range(len(centre)):
        if centre[after] > 0.0:
            if multiplier <= values[after]:
                return np.inf
            logarithms += centre[after] * math.log(multiplier - values[after])
            weights += centre[after] / (multiplier - values[after])
    return logarithms + math.log(weights)


@borrowing
def _tilted(centre, values, multiplier):  # type: ignore[no-untyped-def]
    """Returns q u of the centre tilted by ``1 / (multiplier - u)``."""
    total, weights = 0.0, 0.0
    for after in range(len(centre)):
        if centre[after] > 0.0:
            weight = centre[after] / (multiplier - values[after])
            total += weight * values[after]
            weights += weight
    return total / weights
