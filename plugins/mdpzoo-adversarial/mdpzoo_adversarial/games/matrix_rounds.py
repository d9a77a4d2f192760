"""Zero-sum matrix games by name, played round after round: a finite game of one state."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_adversarial.games.tabular_games import TabularGame, game_of
from mdpzoo_adversarial.solvers.matrix_games import check_payoffs

CELL = 48  # pixels
_BLOTTO = [(4, 0), (3, 1), (2, 2), (1, 3), (0, 4)]  # soldiers on two fields

# payoffs of the row player
GAMES: Mapping[str, list[list[float]]] = MappingProxyType(
    {
        "matching-pennies": [[1, -1], [-1, 1]],
        "rock-paper-scissors": [[0, -1, 1], [1, 0, -1], [-1, 1, 0]],
        "biased-rock-paper-scissors": [[0, -1, 2], [1, 0, -1], [-2, 1, 0]],  # rock against scissors pays 2
        "rock-paper-scissors-lizard-spock": [
            [0, -1, 1, 1, -1],
            [1, 0, -1, -1, 1],
            [-1, 1, 0, 1, -1],
            [-1, 1, -1, 0, 1],
            [1, -1, 1, -1, 0],
        ],
        # kicker and goalkeeper choose left or right: the chance of a goal, numbers for illustration
        "penalty-kick": [[0.58, 0.95], [0.93, 0.70]],
        # two fields: the side with more soldiers on a field wins it
        "blotto": [[float(sum(np.sign(a - b) for a, b in zip(x, y, strict=True))) for y in _BLOTTO] for x in _BLOTTO],
        # show one or two fingers: the row player wins the sum if it is even, the column player if it is odd
        "morra": [[2, -3], [-3, 4]],
        "unused-row": [[4, 0], [1, 3], [2, 2.5]],  # the middle row is not played at the Nash equilibrium
    }
)


def zero_sum_matrix(payoffs: str | list[list[float]] = "biased-rock-paper-scissors") -> TabularGame:
    """Builds a matrix game that is played again and again; it never ends by itself.

    Rewards: The entry of ``payoffs`` to the row player (the protagonist), its negative to the column player.

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        payoffs: a name of ``GAMES``, or ``[A, B]`` numbers, to the row player (the protagonist).

    Raises:
        SettingError: if there is no such game, or the numbers are no finite matrix.
    """
    if isinstance(payoffs, str) and payoffs not in GAMES:
        raise SettingError(f"unknown payoffs {payoffs!r}.{did_you_mean(payoffs, GAMES) or f' Known: {[*GAMES]}'}")
    table = check_payoffs(GAMES[payoffs] if isinstance(payoffs, str) else payoffs)

    def outcomes(state: int, first: int, second: int) -> Any:
        return [(1.0, 0, float(table[first, second]))]

    shades = (40 + 200 * (table - table.min()) / max(np.ptp(table), 1e-12)).astype(np.uint8)
    picture = np.repeat(np.kron(shades, np.ones((CELL, CELL), np.uint8))[:, :, None], 3, 2)
    return TabularGame(game_of(1, table.shape, outcomes, np.ones(1), np.zeros(1, bool)), lambda state: picture.copy())
