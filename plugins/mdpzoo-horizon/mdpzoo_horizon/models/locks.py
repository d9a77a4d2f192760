"""The combination lock: a chain of states with one right action each, and a reward at its end.

What differs from the literature: among the many variants, this one has closed forms. With horizon T, A actions and
uniform exploration, the optimal return is 1, the random return ``A^-T``, ``min_k`` is 1, the effective planning window
is T, and the gap of lookahead k is ``A^-(T - k)``. The steps to a solution grow like ``A^T``.
"""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.settings import Range, ranged


@ranged
def combination_lock(
    horizon: Annotated[int, Range(1)] = 8, num_actions: Annotated[int, Range(2)] = 2, seed: Annotated[int, Range(0)] = 0
) -> TabularMDP:
    """Builds a lock with states ``0 .. horizon - 1`` in order and the terminal state ``horizon``.

    Rewards: 1 for the last right action, else 0.

    Ends: After a wrong action, or when the lock is open.

    Args:
        horizon: T, the number of right actions that open the lock, at least 1.
        num_actions: A, at least 2.
        seed: draws the right actions from ``1 .. A - 1``. Action 0 is never right, so breaking ties by the lowest index
            does not help.

    Raises:
        SettingError: if an argument is out of range.
    """
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
