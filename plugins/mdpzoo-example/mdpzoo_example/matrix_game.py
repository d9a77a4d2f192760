"""Two-player matrix games played again and again (von Neumann and Morgenstern 1944; Luce and Raiffa 1957)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from gymnasium.spaces import Box, Discrete

from mdpzoo.errors import IllegalActionError, SettingError, did_you_mean
from mdpzoo.protocols import Draw

if TYPE_CHECKING:
    from mdpzoo_example.matrix_batches import MatrixGames

PAYOFFS: Mapping[str, Any] = MappingProxyType(
    {
        # the row player wins where both show the same side
        "matching-pennies": [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]],
        # cooperate, defect: Axelrod's (1984) 3, 0, 5, 1
        "prisoners-dilemma": [[[3, 0], [5, 1]], [[3, 5], [0, 1]]],
        # rock, paper, scissors
        "rock-paper-scissors": [[[0, -1, 1], [1, 0, -1], [-1, 1, 0]], [[0, 1, -1], [-1, 0, 1], [1, -1, 0]]],
        # stag, hare: the stag takes two hunters
        "stag-hunt": [[[4, 0], [3, 3]], [[4, 3], [0, 3]]],
    }
)
CELL = 48  # pixels


class MatrixGame:
    """``player_0`` picks a row, ``player_1`` a column, at once; a state is the last joint action, ``row * B + column``.

    Both players see the state. Before the first joint action it is ``A * B``. The game itself never ends.

    Rewards: The entry of ``payoffs`` at the two actions, to each player its own.

    Ends: Never by the rules; a limit of steps truncates it.

    Attributes:
        payoffs: ``[2, A, B]`` float64, to ``player_0`` and ``player_1``.
    """

    players = ("player_0", "player_1")  # the row player and the column player

    def __init__(self, payoffs: Any = "matching-pennies") -> None:
        """Sets up a game.

        Args:
            payoffs: ``matching-pennies``, ``prisoners-dilemma``, ``rock-paper-scissors``, ``stag-hunt``, or numbers
                of shape ``[2, A, B]``.

        Raises:
            SettingError: there is no such game, or the numbers have another shape or are not finite.
        """
        if isinstance(payoffs, str) and payoffs not in PAYOFFS:
            hint = did_you_mean(payoffs, PAYOFFS) or f" Known: {', '.join(PAYOFFS)}"
            raise SettingError(f"unknown payoffs {payoffs!r}.{hint}")
        self.payoffs = _table(PAYOFFS[payoffs] if isinstance(payoffs, str) else payoffs)
        _, rows, columns = self.payoffs.shape
        self.action_spaces = dict(zip(self.players, (Discrete(rows), Discrete(columns)), strict=True))
        self.observation_spaces = {player: Discrete(rows * columns + 1) for player in self.players}
        self.state_space = Box(0, 1, (rows * columns + 1,), np.int8)

    def batched(self) -> "MatrixGames":
        """Returns the same rules for many games at once."""
        from mdpzoo_example.matrix_batches import MatrixGames

        return MatrixGames(self)

    def initial(self, draw: Draw, before: int | None = None) -> int:
        """Returns the state in which nothing has been played yet."""
        return self.payoffs[0].size

    def step(self, state: int, actions: Mapping[str, Any], draw: Draw) -> tuple[int, dict[str, float], bool]:
        """Plays one round.

        Raises:
            IllegalActionError: if a player has no such action; says whose.
        """
        for player, space in self.action_spaces.items():
            action = actions[player]
            if isinstance(action, float) or not 0 <= action < space.n:
                raise IllegalActionError(f"action of {player} must lie in 0..{space.n - 1}, got {action}")
        row, column = (int(actions[player]) for player in self.players)
        rewards = dict(zip(self.players, self.payoffs[:, row, column].tolist(), strict=True))
        return row * self.payoffs.shape[2] + column, rewards, False

    def observe(self, state: int) -> dict[str, np.int64]:
        """Returns the last joint action, which both players observe."""
        return dict.fromkeys(self.players, np.int64(state))

    def global_state(self, state: int) -> np.ndarray:
        """Returns the one-hot state for PettingZoo's ``state()``, ``[A B + 1]`` int8."""
        return np.eye(1, self.payoffs[0].size + 1, state, np.int8)[0]

    def render(self, state: int) -> np.ndarray:
        """Draws the table, ``[48 A, 48 B, 3]`` uint8; the last joint action has an orange frame.

        In each cell the lower left half is ``player_0``'s payoff and the upper right half ``player_1``'s, the
        brighter the higher.
        """
        low, high = self.payoffs.min(), self.payoffs.max()
        shades = (40 + 200 * (self.payoffs - low) / max(high - low, 1e-12)).astype(np.uint8)
        lower_left = np.tri(CELL, dtype=bool)
        _, rows, columns = self.payoffs.shape
        picture = np.empty((rows, columns, CELL, CELL, 3), np.uint8)
        picture[:] = np.where(lower_left, *shades[:, :, :, None, None])[..., None]
        picture[:, :, [0, -1]] = picture[:, :, :, [0, -1]] = 0
        if state < rows * columns:
            cell = picture[divmod(state, columns)]
            inside = cell[4:-4, 4:-4].copy()
            cell[:] = 230, 120, 20
            cell[4:-4, 4:-4] = inside
        return picture.swapaxes(1, 2).reshape(rows * CELL, columns * CELL, 3)


def _table(payoffs: Any) -> np.ndarray:
    try:
        table = np.array(payoffs, np.float64)
    except (TypeError, ValueError):
        table = np.empty(0)
    if table.ndim != 3 or len(table) != 2 or 0 in table.shape or not np.isfinite(table).all():
        raise SettingError(f"payoffs must be finite numbers of shape [2, A, B], got {payoffs!r:.80}")
    table.flags.writeable = False
    return table
