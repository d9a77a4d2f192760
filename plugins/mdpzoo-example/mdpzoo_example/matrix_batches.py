"""Many matrix games at once: the rules of ``matrix_game`` on tensors, and compiled for a CPU."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from mdpzoo.protocols import GameOutcome
from mdpzoo_example.matrix_rounds import play

if TYPE_CHECKING:
    from mdpzoo_example.matrix_game import MatrixGame


class MatrixState(NamedTuple):
    """The states of B games, as an array or a tensor.

    Attributes:
        last: ``[B]`` int64, the last joint action ``row * columns + column``; ``rows * columns`` before the first.
    """

    last: Any


class _Rules:
    """Base class of the tensor form and the compiled form."""

    initial_draws = step_draws = 0

    def __init__(self, game: "MatrixGame") -> None:
        """Takes the rules of one game."""
        self.one, self.players = game, game.players
        self.observation_spaces, self.action_spaces = game.observation_spaces, game.action_spaces
        _, self.rows, self.columns = game.payoffs.shape

    def observe(self, state: MatrixState) -> dict[str, Any]:
        """Returns the last joint action, which both players see, ``[B]`` int64."""
        return dict.fromkeys(self.players, state.last)

    def action_masks(self, state: MatrixState) -> None:
        """Returns None: every action is always legal."""
        return None

    def render(self, state: MatrixState, row: int) -> np.ndarray:
        """Draws one of the games."""
        return self.one.render(int(state.last[row]))


class MatrixGames(_Rules):
    """B matrix games on tensors: a ``BatchedGame``."""

    def __init__(self, game: "MatrixGame", device: Any = "cpu") -> None:
        """Puts the payoffs ``[rows * columns, 2]`` on a device."""
        super().__init__(game)
        self._payoffs = torch.tensor(game.payoffs.reshape(2, -1).T.copy(), device=device)

    def to(self, device: Any) -> "MatrixGames":
        """Returns the same rules on another device."""
        return MatrixGames(self.one, device)

    def compiled(self) -> "CompiledMatrixGames":
        """Returns the same rules for a CPU."""
        return CompiledMatrixGames(self.one)

    def initial(self, draws: Tensor, before: MatrixState | None = None) -> MatrixState:
        """Starts games in which nothing has been played yet."""
        return MatrixState(torch.full((len(draws),), self.rows * self.columns, device=draws.device))

    def step(self, state: MatrixState, actions: Mapping[str, Tensor], draws: Tensor) -> GameOutcome:
        """Plays a round of every game; an action outside the game ends it, at no payoff."""
        pairs = zip(self.players, (self.rows, self.columns), strict=True)
        illegal = torch.stack([(actions[name] < 0) | (actions[name] >= size) for name, size in pairs], 1)
        wrong = illegal.any(1)
        joint = torch.where(wrong, 0, actions[self.players[0]] * self.columns + actions[self.players[1]])
        rewards = torch.where(wrong[:, None], 0.0, self._payoffs[joint])
        last = torch.where(wrong, state.last, joint)
        return GameOutcome(MatrixState(last), rewards, wrong[:, None].expand(-1, 2), illegal)


class CompiledMatrixGames(_Rules):
    """B matrix games in arrays: a ``CompiledGame``."""

    def __init__(self, game: "MatrixGame") -> None:
        """Lays the payoffs out as ``[rows * columns, 2]``."""
        super().__init__(game)
        self._payoffs = np.ascontiguousarray(game.payoffs.reshape(2, -1).T)

    def initial(self, draws: np.ndarray, before: MatrixState | None = None) -> MatrixState:
        """Starts games in which nothing has been played yet."""
        return MatrixState(np.full(len(draws), self.rows * self.columns))

    def step(
        self, state: MatrixState, actions: Mapping[str, np.ndarray], draws: np.ndarray, asleep: np.ndarray
    ) -> GameOutcome:
        """Plays a round of every game that is not asleep."""
        row, column = (actions[player] for player in self.players)
        last, *results = play(self._payoffs, self.rows, self.columns, state.last, row, column, asleep)
        return GameOutcome(MatrixState(last), *results)
