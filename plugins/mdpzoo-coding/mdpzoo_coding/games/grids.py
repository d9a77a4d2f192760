"""The grids of the papers as tables.

CodeGrid is of Sokota et al. 2022 (4x4, at most 8 steps); the bottleneck grid of Ebrahimi, Chen and Khisti 2024.
"""

from collections.abc import Callable, Mapping

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_coding.games.tables import MaskedTable

Cell = tuple[int, int]
FORBIDDEN = -1e6  # reward of a masked move in the table for planners: no soft policy takes it


def code_grid(size: int = 4) -> MaskedTable:
    """Builds the open grid: from one corner to the opposite one, where 1 is earned and the episode ends.

    Args:
        size: rows and columns, at least 2.

    Returns:
        Rules with states ``row * size + column`` and actions +row, +column, -row, -column.

    Raises:
        SettingError: if the size is too small.
    """
    if size < 2:
        raise SettingError(f"size must be at least 2, got {size}")
    moves = ((1, 0), (0, 1), (-1, 0), (0, -1))
    states, goal, pit = size * size, size * size - 1, size * size
    transitions, rewards = np.zeros((states + 1, 4, states + 1)), np.zeros((states + 1, 4))
    legal = np.zeros((states, 4), bool)
    for state in range(states):
        for action, (down, right) in enumerate(moves):
            row, column = state // size + down, state % size + right
            legal[state, action] = 0 <= row < size and 0 <= column < size
            after = row * size + column if legal[state, action] else pit
            transitions[state, action, after] = 1
            rewards[state, action] = FORBIDDEN if after == pit else float(after == goal)
    transitions[pit, :, pit] = 1
    terminal = np.isin(np.arange(states + 1), (goal, pit))
    return MaskedTable(TabularMDP.from_arrays(transitions, rewards, terminal=terminal), legal)


def bottleneck_grid(discount: float = 0.95, slip: float = 0.1) -> TabularMDP:
    """Builds the grid whose diagonal wall has one gap; 64 states ``row * 8 + column``.

    Actions up, right, down, left move as intended with probability 1 - 2 slip, and to either side with slip; blocked
    moves stay. The start is (5, 4); (0, 7) earns 1 and (1, 7) earns -1, both end the episode.

    Args:
        discount: the authors pay ``discount ** (t + 1)`` times the reward of the cell that step t enters; the first
            factor is in the table, the others are the game's discount.
        slip: in [0, 0.5].

    Raises:
        SettingError: if an argument is out of its range.

    Source: the code of Ebrahimi, Chen and Khisti 2024.
    """
    if not 0 < discount <= 1 or not 0 <= slip <= 0.5:
        raise SettingError(f"discount must lie in (0, 1] and slip in [0, 0.5], got {discount} and {slip}")
    walls = {(k, k) for k in range(1, 8)}
    return _slippery(8, walls, {(0, 7): discount, (1, 7): -discount}, (5, 4), slip)


def _slippery(size: int, walls: set[Cell], ends: Mapping[Cell, float], start: Cell, slip: float) -> TabularMDP:
    moves = ((-1, 0), (0, 1), (1, 0), (0, -1))
    place: Callable[[Cell], int] = lambda cell: cell[0] * size + cell[1]  # noqa: E731
    transitions, rewards = np.zeros((size**2, 4, size**2)), np.zeros((size**2, 4, size**2))
    for state in range(size**2):
        cell = divmod(state, size)
        for action in range(4):
            for turn, chance in ((0, 1 - 2 * slip), (1, slip), (-1, slip)):
                down, right = moves[(action + turn) % 4]
                after = (cell[0] + down, cell[1] + right)
                if after in walls or not (0 <= after[0] < size and 0 <= after[1] < size):
                    after = cell
                transitions[state, action, place(after)] += chance
    for cell, reward in ends.items():
        rewards[:, :, place(cell)] = reward
    first, terminal = np.zeros(size**2), np.zeros(size**2, bool)
    first[place(start)] = 1.0
    terminal[[place(cell) for cell in ends]] = True
    return TabularMDP.from_arrays(transitions, rewards, first, terminal)
