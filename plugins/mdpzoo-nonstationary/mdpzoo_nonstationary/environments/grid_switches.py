"""A grid whose door, goal and slipperiness move at each change.

A wall halves the grid from top to bottom and has one door. Reaching the goal pays nothing yet; any action in it pays 1
and leads back to the start, the upper left corner, so that the trajectory has no end. A cell of the wall can be left
but not entered, so that a walker is never trapped when the wall moves.
"""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import CLOCKS, PiecewiseMDP
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_nonstationary.environments.schedules import PROTOCOL, Changes, change_points

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))  # up, right, down, left, in rows and columns


@ranged
def grid_switch(
    size: Annotated[int, Range(3)] = 5,
    slip: Annotated[float, Range(0, 0.5)] = 0.1,
    segments: Annotated[int, Range(1)] = 4,
    seed: Annotated[int, Range(0)] = 0,
    changes: Changes = PROTOCOL,
    clock: Annotated[str, Choices(CLOCKS)] = "run",
) -> PiecewiseMDP:
    """Builds grids that take turns.

    Rewards: 1 for any action in the goal, else 0.

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        size: cells along a side, at least 3.
        slip: probability that a move goes to either side instead, in [0, 0.5]; in odd segments twice that.
        segments: grids that take turns, at least 1; each has another door and another goal than the one before.
        seed: of doors and goals.
        changes: the schedule; see ``change_points``.
        clock: ``"run"`` or ``"episode"``; see ``PiecewiseMDP``.

    Raises:
        SettingError: if a number is out of its range.
    """
    points, period = change_points(changes, segments)
    generator = np.random.default_rng(seed)
    door, row, models = -1, -1, []
    for segment in range(segments):
        door = int(generator.choice([each for each in range(size) if each != door]))
        row = int(generator.choice([each for each in range(size) if each != row]))
        models.append(_grid(size, door, row, slip * (1 + segment % 2)))
    return PiecewiseMDP(tuple(models), points, period=period, clock=clock)


def _grid(size: int, door: int, goal_row: int, slip: float) -> TabularMDP:
    """Builds one grid: the wall in the middle column with a door in one row, the goal in the last column."""
    goal = goal_row * size + size - 1
    transitions, rewards = np.zeros((size * size, 4, size * size)), np.zeros((size * size, 4))
    for cell in range(size * size):
        for action in range(4):
            for turn, share in ((0, 1 - slip), (1, slip / 2), (3, slip / 2)):
                transitions[cell, action, _moved(cell, (action + turn) % 4, size, door)] += share
    transitions[goal], rewards[goal] = np.eye(size * size)[0], 1.0
    return TabularMDP.from_arrays(transitions, rewards)


def _moved(cell: int, direction: int, size: int, door: int) -> int:
    """Returns the cell in which a move ends: the same if an edge or the wall is in the way."""
    row, column = cell // size + MOVES[direction][0], cell % size + MOVES[direction][1]
    if not (0 <= row < size and 0 <= column < size) or (column == size // 2 and row != door):
        return cell
    return row * size + column
