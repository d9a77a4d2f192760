"""The interfaces of games: several decision makers who act at the same time. Signatures only.

As for one decision maker, rules are pure and the shells keep state and random streams. The first number of every
episode's stream is reserved for players whose seats are filled by frozen policies; the game never receives it. A game
therefore has the same random numbers whether its players sit in a PettingZoo environment or in a seat.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from gymnasium.spaces import Space

from mdpzoo.protocols.decision_makers import Draw

if TYPE_CHECKING:
    from torch import Tensor


@runtime_checkable
class Game(Protocol):
    """The rules of several players, one state at a time; a state is any immutable Python value.

    A game may also have

    * ``action_masks(state) -> {player: bool [actions]}``, the legal actions; a player who may do anything is left out;
    * ``batched() -> BatchedGame``, the same rules on tensors, with the same trajectories;
    * ``reveal(state) -> mapping``, facts that the observations hide;
    * ``render(state) -> uint8 [height, width, 3]``, and ``state_space`` with ``global_state(state)``.
    """

    players: tuple[str, ...]
    observation_spaces: Mapping[str, Space[Any]]
    action_spaces: Mapping[str, Space[Any]]

    def initial(self, draw: Draw, before: Any = None) -> Any:
        """Draws a start state; ``before`` is as in ``Model.initial``."""

    def step(
        self, state: Any, actions: Mapping[str, Any], draw: Draw
    ) -> tuple[Any, Mapping[str, float], bool | Mapping[str, bool]]:
        """Returns the next state, each player's reward, and whether the game has ended (or for whom).

        Args:
            state: the state.
            actions: an action for every player who is still in the game.
            draw: the stream.

        Raises:
            IllegalActionError: if the state does not allow some player's action.
        """

    def observe(self, state: Any) -> Mapping[str, Any]:
        """Returns what each player observes of a state. It draws nothing."""


class GameOutcome(NamedTuple):
    """The result of one step of B games with P players.

    Attributes:
        state: the next state, a NamedTuple of tensors (or arrays, where compiled) with leading dimension B.
        rewards: ``[B, P]`` float64.
        terminated: ``[B, P]`` bool, the players for whom the game has ended.
        illegal: ``[B, P]`` bool, the players whose action the state did not allow; such a row ends for everybody.
    """

    state: Any
    rewards: Any
    terminated: Any
    illegal: Any


@runtime_checkable
class BatchedGame(Protocol):
    """The rules of B independent games at once, on tensors; dense, as a ``BatchedProblem`` is.

    A batched game may also have ``compiled() -> CompiledGame``, ``reveal(state) -> mapping of tensors [B, ...]`` and
    ``render(state, row) -> uint8 [height, width, 3]``.

    Attributes:
        initial_draws: random numbers that one start state takes.
        step_draws: random numbers that one step takes.
    """

    players: tuple[str, ...]
    observation_spaces: Mapping[str, Space[Any]]
    action_spaces: Mapping[str, Space[Any]]
    initial_draws: int
    step_draws: int

    def to(self, device: Any) -> "BatchedGame":
        """Returns the same rules with their tensors on a device."""

    def initial(self, draws: "Tensor", before: Any = None) -> Any:
        """Builds start states from ``[B, initial_draws]`` numbers; ``before`` is as in ``BatchedProblem.initial``."""

    def step(self, state: Any, actions: "Mapping[str, Tensor]", draws: "Tensor") -> GameOutcome:
        """Applies each player's ``[B, ...]`` actions, with ``[B, step_draws]`` numbers, uniform in [0, 1)."""

    def observe(self, state: Any) -> Mapping[str, Any]:
        """Returns each player's observations: a tensor, or a dictionary of tensors, with leading dimension B."""

    def action_masks(self, state: Any) -> "Mapping[str, Tensor] | None":
        """Returns each player's legal actions, ``[B, actions]`` bool; None if every action is always legal.

        A player who may do anything is left out.
        """


@runtime_checkable
class CompiledGame(Protocol):
    """The rules of a batched game on the CPU, in NumPy arrays; state and arrays belong as in ``CompiledProblem``."""

    players: tuple[str, ...]
    observation_spaces: Mapping[str, Space[Any]]
    action_spaces: Mapping[str, Space[Any]]
    initial_draws: int
    step_draws: int

    def initial(self, draws: np.ndarray, before: Any = None) -> Any:
        """Builds start states, a NamedTuple of new arrays."""

    def step(self, state: Any, actions: Mapping[str, np.ndarray], draws: np.ndarray, asleep: np.ndarray) -> GameOutcome:
        """Applies each player's ``[B, ...]`` actions; rows that are ``asleep`` (``[B]`` bool) stay as they are."""

    def observe(self, state: Any) -> Mapping[str, Any]:
        """Returns each player's observations, of the spaces' own types with leading dimension B."""

    def action_masks(self, state: Any) -> Mapping[str, np.ndarray] | None:
        """Returns each player's legal actions, ``[B, actions]`` bool; None if every action is always legal.

        A player who may do anything is left out.
        """
