"""Navigation in wind: with a probability the adversary's move is executed instead of the protagonist's.

This is the probabilistic action-robust criterion of Tessler, Efroni and Mannor 2019. Its stage games are separable,
(1 - wind) q(a) + wind q(b), so the value is (1 - wind) max q + wind min q, which no linear program is needed for.
"""

from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.settings import Range, ranged
from mdpzoo_adversarial.games.grid_moves import draw_grid, moved
from mdpzoo_adversarial.games.tabular_games import Outcomes, TabularGame, game_of

MAPS = {
    "bridge": ("S....", ".PPP.", ".....", ".PPP.", "....G"),
    "cliff": ("......", "......", "......", "SPPPPG"),
    "open": ("S....", ".....", ".....", ".....", "....G"),
}
GREEN, BLACK, GREY, RED = (120, 190, 110), (60, 60, 60), (160, 160, 160), (200, 60, 50)
COLOURS = {"G": GREEN, "P": BLACK, "#": GREY}


@ranged
def robust_navigation(
    layout: str | list[str] = "bridge",
    wind: Annotated[float, Range(0, 1)] = 0.2,
    step_reward: Annotated[float, Range()] = -0.01,
) -> TabularGame:
    """Builds the game: +1 at the goal, -1 in a pit, both ends; both players choose a move.

    A state is a cell, counted by rows.

    Rewards: To the protagonist 1 at the goal, -1 in a pit, else ``step_reward``; to the adversary the negative.

    Ends: At the goal and in a pit.

    Args:
        layout: ``"bridge"``, ``"cliff"``, ``"open"``, or rows of a map: S start, G goal, P pit, # wall, . free.
        wind: probability in [0, 1] that the adversary's move is executed.
        step_reward: of a step that ends in neither.

    Raises:
        SettingError: if a setting is out of its range, or the map is no rectangle with a start and a goal.
    """
    rows = _rows_of(layout)
    height, width = len(rows), len(rows[0])
    flat = "".join(rows)
    start = np.array([mark == "S" for mark in flat], float)
    terminal = np.array([mark in "GP" for mark in flat])

    def outcomes(state: int, first: int, second: int) -> Outcomes:
        found = []
        for chance, action in ((1 - wind, first), (wind, second)):
            row, column = moved(divmod(state, width), action, height, width)
            after = row * width + column
            after = state if flat[after] == "#" else after
            found.append((chance, after, {"G": 1.0, "P": -1.0}.get(flat[after], float(step_reward))))
        return found

    def draw(state: int) -> np.ndarray:
        cells = [(divmod(k, width), COLOURS[mark]) for k, mark in enumerate(flat) if mark in COLOURS]
        return draw_grid(height, width, cells, [(divmod(state, width), RED)])

    return TabularGame(game_of(len(flat), (5, 5), outcomes, start / start.sum(), terminal), draw)


def _rows_of(layout: str | list[str]) -> tuple[str, ...]:
    if isinstance(layout, str) and layout not in MAPS:
        raise SettingError(f"unknown layout {layout!r}; known: {', '.join(MAPS)}, or a list of rows")
    rows = MAPS[layout] if isinstance(layout, str) else tuple(layout)
    flat = "".join(map(str, rows))
    if not rows or len({len(row) for row in rows}) != 1 or not flat or set(flat) - set("SGP#."):
        raise SettingError(f"a map must be rows of equal length in the letters S, G, P, # and ., got {layout!r:.60}")
    if flat.count("S") != 1 or "G" not in flat or len(flat) > 1000:
        raise SettingError("a map needs one S, at least one G, and at most 1000 cells")
    return rows
