"""Pursuit and evasion on a grid: the protagonist pursues, the adversary evades, both move at once.

Each step costs the pursuer 1, until both stand on one cell or have exchanged their cells. At equal speed on an open
grid an evader whose moves never fail escapes for ever, so its move fails with a probability.
"""

from typing import Annotated

import numpy as np

from mdpzoo.settings import Range, ranged
from mdpzoo_adversarial.games.grid_moves import MOVES, draw_grid, moved
from mdpzoo_adversarial.games.tabular_games import Outcomes, TabularGame, game_of

RED, BLUE = (200, 60, 50), (50, 90, 190)


@ranged
def pursuit_evasion(size: Annotated[int, Range(2, 8)] = 4, slip: Annotated[float, Range(0, 1)] = 0.2) -> TabularGame:
    """Builds the game; it starts in opposite corners.

    A state is ``pursuer * size^2 + evader``, cells counted by rows; all states in which both share a cell are ends.

    Rewards: -1 to the pursuer and 1 to the evader in each step.

    Ends: When the pursuer has caught the evader.

    Args:
        size: rows and columns of the grid, in 2 .. 8.
        slip: probability in [0, 1] that the evader's move fails.

    Raises:
        SettingError: if a setting is out of its range.
    """
    cells = size * size
    terminal = np.eye(cells, dtype=bool).ravel()
    start = np.zeros(cells * cells)
    start[cells - 1] = 1.0  # the pursuer in the first corner, the evader in the last

    def outcomes(state: int, first: int, second: int) -> Outcomes:
        pursuer, evader = (divmod(cell, size) for cell in divmod(state, cells))
        after = moved(pursuer, first, size, size)
        found = []
        for chance, move in ((1 - slip, second), (slip, len(MOVES) - 1)):
            fled = moved(evader, move, size, size)
            if after == evader and fled == pursuer:  # they met half-way
                fled = after
            found.append((chance, (after[0] * size + after[1]) * cells + fled[0] * size + fled[1], -1.0))
        return found

    def draw(state: int) -> np.ndarray:
        pursuer, evader = (divmod(cell, size) for cell in divmod(state, cells))
        return draw_grid(size, size, discs=[(pursuer, RED), (evader, BLUE)])

    return TabularGame(game_of(cells * cells, (5, 5), outcomes, start, terminal), draw)
