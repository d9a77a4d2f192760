"""The belief tree as a textbook writes it: recursion with a dictionary, nothing shared with the planner's code."""

import numpy as np


def plain_value(transitions, rewards, weights, start, horizon):
    """The optimum of a latent MDP; arrays ``[M, S, A, S]``, ``[M, S, A]``, ``[M]`` and a first state."""
    memo = {}

    def value(left, state, belief):
        if left == 0:
            return 0.0
        key = (left, state, tuple(round(float(each), 13) for each in belief))
        if key not in memo:
            best = -np.inf
            for action in range(rewards.shape[2]):
                total = sum(b * r for b, r in zip(belief, rewards[:, state, action], strict=True))
                for after in range(rewards.shape[1]):
                    ahead = [b * p for b, p in zip(belief, transitions[:, state, action, after], strict=True)]
                    mass = sum(ahead)
                    if mass > 0:
                        total += mass * value(left - 1, after, [each / mass for each in ahead])
                best = max(best, total)
            memo[key] = best
        return memo[key]

    return value(horizon, start, list(weights))
