"""What the shells ask of rules, and what everything asks of a policy: signatures only.

Rules are pure: they hold no state of an episode and no randomness of their own. A shell (``mdpzoo.interop``) keeps
the state, the clock and the random stream, and hands the rules what they need.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from gymnasium.spaces import Space

if TYPE_CHECKING:
    from torch import Tensor

Draw = Callable[[], float]  # the stream's next number, uniform in [0, 1)


@runtime_checkable
class Model(Protocol):
    """The rules of one decision maker, one state at a time; a state is any immutable Python value.

    A model may also have ``batched() -> BatchedProblem`` (the same rules on tensors: native vector environments)
    and ``render(state) -> uint8 [height, width, 3]``.
    """

    observation_space: Space[Any]
    action_space: Space[Any]

    def initial(self, draw: Draw) -> Any:
        """Draws a start state."""

    def step(self, state: Any, action: Any, draw: Draw) -> tuple[Any, float, bool]:
        """Returns the next state, the reward and whether the episode has ended.

        Raises:
            IllegalActionError: the state does not allow the action.
        """

    def observe(self, state: Any) -> Any:
        """What the decision maker sees of a state, an element of the observation space."""


class Outcome(NamedTuple):
    """What one batched step brings about.

    Attributes:
        state: the next state, a NamedTuple of tensors (or arrays, where compiled) with leading dimension B.
        reward: ``[B]`` float64.
        terminated: ``[B]`` bool.
        illegal: ``[B]`` bool, rows whose action the state did not allow; such a row ends where it stands.
    """

    state: Any
    reward: Any
    terminated: Any
    illegal: Any


class Transitions(NamedTuple):
    """One step of B environments.

    Attributes:
        observations: ``[B, ...]`` what was seen, or a dictionary of such.
        actions: ``[B, ...]`` what was done.
        rewards: ``[B]`` float32.
        following: ``[B, ...]`` what was seen then; where an episode ended, its last observation.
        terminated: ``[B]`` bool, the rules ended the episode: nothing can be earned from ``following``.
        ended: ``[B]`` bool, the episode was terminated or truncated: the next step belongs to another one.
    """

    observations: Any
    actions: np.ndarray
    rewards: np.ndarray
    following: Any
    terminated: np.ndarray
    ended: np.ndarray


@runtime_checkable
class BatchedProblem(Protocol):
    """The rules of many independent episodes at once, on tensors with leading dimension B.

    Every function is dense: no value is read back to the host and no shape depends on data. A state is a
    NamedTuple of tensors. What a step makes of a row that has ended is not looked at. A problem may also have
    ``render(state, row) -> uint8 [height, width, 3]``, and ``compiled() -> CompiledProblem``: the same rules for a CPU.

    Attributes:
        initial_draws: random numbers that one start state takes.
        step_draws: random numbers that one step takes.
    """

    observation_space: Space[Any]
    action_space: Space[Any]
    initial_draws: int
    step_draws: int

    def to(self, device: Any) -> "BatchedProblem":
        """The same rules with their tensors on a device."""

    def initial(self, draws: "Tensor") -> Any:
        """Builds start states from ``[B, initial_draws]`` float64 numbers, uniform in [0, 1)."""

    def step(self, state: Any, action: "Tensor", draws: "Tensor") -> Outcome:
        """Applies ``[B]`` actions, with ``[B, step_draws]`` float64 numbers, uniform in [0, 1)."""

    def observe(self, state: Any) -> Any:
        """What is seen: a tensor, or a dictionary of tensors, with leading dimension B."""

    def action_mask(self, state: Any) -> "Tensor | None":
        """``[B, actions]`` bool, the legal actions; None where every action always is."""


@runtime_checkable
class CompiledProblem(Protocol):
    """The rules of a batched problem on the CPU, in NumPy arrays: what its tensors do, at the speed of compiled code.

    Same spaces, same draws and same trajectories as the problem's. A state belongs to its shell, so a step may change
    it in place, but for the arrays that ``observe`` and ``action_mask`` have shown: those are never written again.
    ``render`` is as in ``BatchedProblem``.
    """

    observation_space: Space[Any]
    action_space: Space[Any]
    initial_draws: int
    step_draws: int

    def initial(self, draws: np.ndarray) -> Any:
        """Builds start states, a NamedTuple of arrays, from ``[B, initial_draws]`` float64 numbers in [0, 1)."""

    def step(self, state: Any, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Applies ``[B]`` int64 actions, contiguous; the rewards and flags of the outcome are new arrays.

        Rows that are ``asleep`` (``[B]`` bool) stay as they are, earn 0 and neither end nor play an illegal action.
        """

    def observe(self, state: Any) -> Any:
        """What is seen: an array, or a dictionary of arrays, of the space's own types with leading dimension B."""

    def action_mask(self, state: Any) -> "np.ndarray | None":
        """``[B, actions]`` bool, the legal actions; None where every action always is."""


@runtime_checkable
class Game(Protocol):
    """The rules of several decision makers who act at the same time.

    A game may also have ``render(state) -> uint8 [height, width, 3]`` and ``state_space`` with
    ``global_state(state)``.
    """

    players: tuple[str, ...]
    observation_spaces: Mapping[str, Space[Any]]
    action_spaces: Mapping[str, Space[Any]]

    def initial(self, generator: np.random.Generator) -> Any:
        """Draws a start state."""

    def step(
        self, state: Any, actions: Mapping[str, Any], generator: np.random.Generator
    ) -> tuple[Any, Mapping[str, float], bool]:
        """Returns the next state, each player's reward and whether the game has ended.

        Raises:
            IllegalActionError: the state does not allow some player's action.
        """

    def observe(self, state: Any) -> Mapping[str, Any]:
        """What each player sees of a state."""


@runtime_checkable
class Policy(Protocol):
    """Anything that acts, in Stable-Baselines3's form."""

    def predict(
        self,
        observation: Any,
        state: tuple[np.ndarray, ...] | None = None,
        episode_start: np.ndarray | None = None,
        deterministic: bool = False,
    ) -> tuple[np.ndarray, tuple[np.ndarray, ...] | None]:
        """Returns an action for each observation, and the policy's own recurrent state."""
