"""A round of many matrix games, compiled."""

import numpy as np

from mdpzoo.compiling import compiled


@compiled
def play(payoffs, rows, columns, last, row, column, asleep):  # type: ignore[no-untyped-def]
    """Plays one round of every game that is not asleep.

    Args:
        payoffs: ``[rows * columns, 2]`` float64.
        rows: actions of the first player.
        columns: actions of the second.
        last: ``[B]`` int64, the last joint actions; not changed.
        row: ``[B]`` int64, the first player's actions.
        column: ``[B]`` int64, the second player's.
        asleep: ``[B]`` bool, games that stay as they are.

    Returns:
        The new joint actions ``[B]`` int64, rewards ``[B, 2]`` float64, who is out ``[B, 2]`` bool, and who played an
        illegal action ``[B, 2]`` bool.
    """
    size = len(last)
    after, rewards = last.copy(), np.zeros((size, 2))
    out, illegal = np.zeros((size, 2), np.bool_), np.zeros((size, 2), np.bool_)
    for k in range(size):
        if asleep[k]:
            continue
        illegal[k, 0] = row[k] < 0 or row[k] >= rows
        illegal[k, 1] = column[k] < 0 or column[k] >= columns
        if illegal[k, 0] or illegal[k, 1]:
            out[k, 0] = out[k, 1] = True
            continue
        joint = row[k] * columns + column[k]
        after[k] = joint
        rewards[k, 0], rewards[k, 1] = payoffs[joint, 0], payoffs[joint, 1]
    return after, rewards, out, illegal
