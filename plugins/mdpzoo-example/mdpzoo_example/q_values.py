"""The update of tabular Q-learning (Watkins and Dayan 1992, section 2): a pure function, without any framework."""

import numpy as np

from mdpzoo.protocols import Transitions


def backup(table: np.ndarray, steps: Transitions, step_size: float, discount: float) -> np.ndarray:
    """Returns the table ``[S, A]`` after the steps, taken one after the other.

    Args:
        table: ``[S, A]`` float64, action values; not changed.
        steps: with ``[B]`` int observations and actions.
        step_size: in (0, 1].
        discount: in [0, 1].
    """
    table = table.copy()
    for state, action, reward, following, terminated, _ in zip(*steps, strict=True):
        target = reward if terminated else reward + discount * table[following].max()
        table[state, action] += step_size * (target - table[state, action])
    return table
