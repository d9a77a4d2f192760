"""The linear-quadratic game as an environment: x+ = A x + B u + D w, reward -(x'Qx + u'Ru - w'Sw) to the protagonist.

Its equilibrium at any temperatures is known (``solvers.lq_games``), so it tests learners with continuous actions. The
defaults are the scalar game of the reference values. What differs from the equation: actions are limited to a box,
which the equilibrium stays well inside of, and episodes are cut by a time limit.
"""

from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from gymnasium.spaces import Box

from mdpzoo.models.markov_game import PLAYERS
from mdpzoo.protocols import GameOutcome
from mdpzoo.settings import Range, ranged
from mdpzoo_adversarial.solvers.lq_games import LQSolution, check_matrices, solve_lq_game

Matrix = float | list[list[float]]
FARTHEST = 1e6  # of any coordinate: beyond it an episode ends


class LQState(NamedTuple):
    """The states of B games, as arrays or tensors.

    Attributes:
        x: ``[B, n]`` float64.
    """

    x: Any


@ranged
def adversarial_lq(
    A: Matrix = 1.1,
    B: Matrix = 1.0,
    D: Matrix = 0.5,
    Q: Matrix = 1.0,
    R: Matrix = 0.5,
    S: Matrix = 5.0,
    start: Annotated[float, Range(0, 1e6, above=True, below=True)] = 1.0,
    action_limit: Annotated[float, Range(0, 1e6, above=True, below=True)] = 2.0,
) -> "LQGames":
    """Builds the game.

    Rewards: To the protagonist minus the cost x'Qx + u'Ru - w'Sw of state and actions; to the adversary the negative.

    Ends: When a coordinate leaves [-1e6, 1e6].

    Args:
        A: ``[n, n]``; a number stands for a matrix of one entry.
        B: ``[n, m]``, the protagonist's influence.
        D: ``[n, k]``, the adversary's.
        Q: ``[n, n]``, cost of the state.
        R: ``[m, m]``, cost of the protagonist's action.
        S: ``[k, k]``, cost of the adversary's.
        start: the first state's coordinates are uniform between minus this and this; positive.
        action_limit: of every coordinate of both players' actions, positive.

    Raises:
        SettingError: if a matrix or a number breaks its rule; says which.
    """
    return LQGames(check_matrices(A, B, D, Q, R, S), float(start), float(action_limit))


class _Rules:
    """Base class of both forms; the order of every sum is fixed, so both agree to the last bit."""

    players = PLAYERS
    step_draws = 0
    xp: Any

    def __init__(self, matrices: Mapping[str, np.ndarray], start: float, limit: float) -> None:
        """Takes checked matrices by name; ``start`` and ``limit`` are those of ``adversarial_lq``."""
        self.matrices, self.start, self.limit = matrices, start, limit
        n, m, k = len(matrices["Q"]), len(matrices["R"]), len(matrices["S"])
        self.initial_draws = n
        self.observation_spaces = {name: Box(-np.inf, np.inf, (n,)) for name in PLAYERS}
        self.action_spaces = {
            name: Box(-limit, limit, (size,)) for name, size in zip(PLAYERS, (m, k), strict=True)
        }  # fmt: skip
        self.state_space = Box(-np.inf, np.inf, (n,), np.float64)
        self._columns: dict[str, Any] = {name: list(each.T.copy()) for name, each in matrices.items()}

    def solution(self, discount: float, row_temperature: float = 0.0, column_temperature: float = 0.0) -> LQSolution:
        """Computes the equilibrium; the arguments and errors are those of ``solve_lq_game``."""
        return solve_lq_game(
            **self.matrices, discount=discount, row_temperature=row_temperature, column_temperature=column_temperature
        )

    def initial(self, draws: Any, before: LQState | None = None) -> LQState:
        """Draws start states from ``[B, n]`` numbers."""
        return LQState(self.start * (2 * draws - 1))

    def action_masks(self, state: LQState) -> None:
        """Returns None: every action is always legal."""
        return None

    def _map(self, name: str, x: Any) -> Any:
        """Returns ``[B, rows]``: a matrix times each row of ``x``, summed column by column."""
        columns = self._columns[name]
        total = x[:, :1] * columns[0]
        for k in range(1, len(columns)):
            total = total + x[:, k : k + 1] * columns[k]
        return total

    def _form(self, name: str, x: Any) -> Any:
        """Returns x' M x, ``[B]``."""
        product = x * self._map(name, x)
        total = product[:, 0]
        for k in range(1, product.shape[1]):
            total = total + product[:, k]
        return total

    def _moved(self, state: LQState, chosen: list[Any], awake: Any) -> GameOutcome:
        """Steps the rows that are awake; ``chosen`` are ``[B, m]`` and ``[B, k]`` float64."""
        xp, (own, other) = self.xp, (self.xp.clip(each, -self.limit, self.limit) for each in chosen)
        illegal = xp.stack([~xp.isfinite(each).all(1) & awake for each in chosen], 1)
        plays = awake & ~illegal.any(1)
        reward = self._form("S", other) - self._form("Q", state.x) - self._form("R", own)
        moved = self._map("A", state.x) + self._map("B", own) + self._map("D", other)
        after = xp.where(plays[:, None], moved, state.x)
        reward = xp.where(plays, reward, 0.0)
        ended = awake & ~((abs(after) <= FARTHEST).all(1) & plays)
        return GameOutcome(LQState(after), xp.stack([reward, -reward], 1), xp.stack([ended, ended], 1), illegal)


class LQGames(_Rules):
    """B games on tensors: a ``BatchedGame``."""

    def __init__(self, matrices: Mapping[str, np.ndarray], start: float, limit: float, device: Any = "cpu") -> None:
        """Takes checked matrices by name and puts them on a device."""
        import torch

        super().__init__(matrices, start, limit)
        self.xp = torch
        self._columns = {
            name: [torch.as_tensor(each, device=device) for each in columns] for name, columns in self._columns.items()
        }

    def to(self, device: Any) -> "LQGames":
        """Returns the same rules on another device."""
        return LQGames(self.matrices, self.start, self.limit, device)

    def compiled(self) -> "ArrayLQGames":
        """Returns the same rules in NumPy arrays."""
        return ArrayLQGames(self.matrices, self.start, self.limit)

    def step(self, state: LQState, actions: Mapping[str, Any], draws: Any) -> GameOutcome:
        """Moves every game by one step; an action that is not finite ends it where it stands."""
        chosen = [actions[name].double() for name in self.players]
        return self._moved(state, chosen, self.xp.ones(len(draws), dtype=bool, device=draws.device))

    def observe(self, state: LQState) -> dict[str, Any]:
        """Returns the states, ``[B, n]`` float32, which both players observe."""
        return dict.fromkeys(self.players, state.x.float())


class ArrayLQGames(_Rules):
    """B games in arrays: a ``CompiledGame``."""

    xp = np

    def step(
        self, state: LQState, actions: Mapping[str, np.ndarray], draws: np.ndarray, asleep: np.ndarray
    ) -> GameOutcome:
        """Moves every game that is not asleep by one step."""
        return self._moved(state, [actions[name].astype(np.float64) for name in self.players], ~asleep)

    def observe(self, state: LQState) -> dict[str, np.ndarray]:
        """Returns the states, ``[B, n]`` float32, which both players observe."""
        return dict.fromkeys(self.players, state.x.astype(np.float32))
