"""The combination lock: a chain of states, one right action in each, and a reward for whoever makes no mistake.

What differs from the literature: nothing to speak of; there are many locks, and this one has closed forms. With
horizon T and A actions, exploring uniformly: the optimal return is 1, the random one ``A^-T``, ``min_k`` 1, the
effective planning window T, and the gap of lookahead k is ``A^-(T - k)``. Steps to a solution grow like ``A^T``.
"""

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP


def combination_lock(horizon: int = 8, num_actions: int = 2, seed: int = 0) -> TabularMDP:
    """Builds a lock: states ``0 .. horizon - 1`` in their order, and the terminal state ``horizon``.

    Args:
        horizon: right actions in a row that open it, T, at least 1.
        num_actions: A, at least 2.
        seed: draws the right actions from ``1 .. A - 1``; action 0 is never right, so that it is no use as a default.

    Raises:
        SettingError: a number is out of its range.
    """
    if horizon < 1 or num_actions < 2 or seed < 0:
        raise SettingError(
            "a lock needs a horizon of at least 1, at least 2 actions and a seed of at least 0, "
            f"got {horizon}, {num_actions} and {seed}"
        )
    right = np.random.default_rng(seed).integers(1, num_actions, horizon)
    successors = np.full((horizon + 1, num_actions), horizon)
    rewards = np.zeros((horizon + 1, num_actions))
    successors[np.arange(horizon), right] = np.arange(1, horizon + 1)
    rewards[horizon - 1, right[-1]] = 1.0
    rows = successors.size
    return TabularMDP(
        np.arange(rows + 1),
        successors.ravel(),
        np.ones(rows),
        rewards.ravel(),
        np.eye(1, horizon + 1)[0],
        np.arange(horizon + 1) == horizon,
    )
