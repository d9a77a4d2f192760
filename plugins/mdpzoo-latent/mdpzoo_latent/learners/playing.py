"""Episodes in compiled code: playing a plan, and counting the steps of an episode.

The agent and the simulation call the same functions, and draw the same numbers of the same stream.
"""

import numpy as np

from mdpzoo.compiling import compiled, inlined
from mdpzoo.interop.shells.compiled_streams import STEP, number_at
from mdpzoo.models.compiled import outcome_in
from mdpzoo_latent.learners.designs import HINDSIGHT, POSTERIOR


@inlined
def _best_last(leaves, state, belief):  # type: ignore[no-untyped-def]
    """Returns the action of the last step: the best reward at a belief."""
    best, which = -np.inf, 0
    for action in range(leaves.shape[1]):
        value = 0.0
        for m in range(len(belief)):
            value += belief[m] * leaves[state, action, m]
        if value > best:
            best, which = value, action
    return which


@inlined
def _believe(kernels, branch, belief):  # type: ignore[no-untyped-def]
    """Updates a belief by a move."""
    mass = 0.0
    for m in range(len(belief)):
        belief[m] *= kernels[branch, m, 0]
        mass += belief[m]
    for m in range(len(belief)):
        belief[m] /= mass


@compiled
def last_action(leaves, state, belief):  # type: ignore[no-untyped-def]
    """Returns the action of the last step in a state ``s`` at a belief ``[M]``."""
    return _best_last(leaves, state, belief)


@compiled
def count_episode(label, context, states, taken, rewards, steps, low, high, visits, moves, paid, starts, planned):  # type: ignore[no-untyped-def]
    """Counts an episode; returns whether some count has doubled since the present plan.

    ``states [H + 1]``, ``taken [H]`` and ``rewards [H]`` hold its ``steps`` steps; ``context`` is used only with the
    label ``HINDSIGHT``. With ``POSTERIOR`` the episode counts for each context by its probability given its moves and
    its rewards, by the counts so far; rewards are taken as shares of ``low .. high`` and as if they were Bernoulli.
    """
    contexts, size = visits.shape[0], visits.shape[1]
    weights = np.zeros(contexts)
    if label == POSTERIOR:
        total = starts.sum() + 1.0
        peak = -np.inf
        for m in range(contexts):
            weights[m] = np.log((starts[m].sum() + 1.0 / contexts) / total)
            for t in range(steps):
                s, a = states[t], taken[t]
                weights[m] += np.log((moves[m, s, a, states[t + 1]] + 1.0 / size) / (visits[m, s, a] + 1.0))
                share = (rewards[t] - low) / (high - low)
                mean = ((paid[m, s, a] - low * visits[m, s, a]) / (high - low) + 0.5) / (visits[m, s, a] + 1.0)
                weights[m] += share * np.log(mean) + (1.0 - share) * np.log(1.0 - mean)
            peak = max(peak, weights[m])
        weights = np.exp(weights - peak)
        weights /= weights.sum()
    else:
        weights[context if label == HINDSIGHT else 0] = 1.0
    due = False
    for m in range(contexts):
        starts[m, states[0]] += weights[m]
        for t in range(steps):
            s, a = states[t], taken[t]
            visits[m, s, a] += weights[m]
            moves[m, s, a, states[t + 1]] += weights[m]
            paid[m, s, a] += weights[m] * rewards[t]
            due |= visits[m, s, a] >= max(1.0, 2.0 * planned[m, s, a])
    return due


@compiled
def play(  # type: ignore[no-untyped-def]
    start_limits, limits, given, horizon, position, episodes, roots, child, kernels, beliefs, leaves, chosen, label,
    low, high, visits, moves, paid, starts, planned,
):  # fmt: skip
    """Plays episodes until a count has doubled or ``episodes`` are over; returns how many, and the stream's position.

    ``start_limits [1, M S - 1]``, ``limits [M S A, S - 1]`` and ``given [M S A, S]`` are the true model's: thresholds
    between outcomes, and rewards. The other arguments are the learner's.
    """
    size, actions = leaves.shape[0], leaves.shape[1]
    states, taken = np.empty(horizon + 1, np.int64), np.empty(horizon, np.int64)
    rewards, belief = np.empty(horizon), np.empty(beliefs.shape[1])
    for episode in range(episodes):
        position += STEP
        context, state = divmod(outcome_in(start_limits, 0, number_at(position)), size)
        node = roots[state]
        for m in range(len(belief)):
            belief[m] = beliefs[node, m]
        for t in range(horizon):
            states[t] = state
            action = chosen[node] if node >= 0 else _best_last(leaves, state, belief)
            row = (context * size + state) * actions + action
            position += STEP
            after = outcome_in(limits, row, number_at(position))
            taken[t], rewards[t] = action, given[row, after]
            _believe(kernels, (state * actions + action) * size + after, belief)
            node = child[node, action * size + after] if node >= 0 else -1
            state = after
        states[horizon] = state
        if count_episode(
            label, context, states, taken, rewards, horizon, low, high, visits, moves, paid, starts, planned
        ):
            return episode + 1, position
    return episodes, position
