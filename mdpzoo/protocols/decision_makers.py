"""The interfaces of one decision maker's rules, and of policies.

Rules are pure: they hold no state of an episode and no randomness of their own. A shell (``mdpzoo.interop``) keeps
the state, the clock and the random stream, and passes the rules what they need. Games have interfaces of their own in
``games.py``.

Every set of rules may have ``reveal(state)``: facts that the observation hides (a context, a clock, a message), by
name. A shell puts them into ``info`` if it was made with ``reveal="end"`` or ``reveal="always"``, never otherwise.
Rules may also have ``render_fps``, frames per second of their pictures (4 if missing).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from gymnasium.spaces import Space

if TYPE_CHECKING:
    from torch import Tensor

Draw = Callable[[], float]  # returns the next number of the stream, uniform in [0, 1)


@runtime_checkable
class Model(Protocol):
    """The rules of one decision maker, one state at a time; a state is any immutable Python value.

    A model may also have ``batched() -> BatchedProblem`` (the same rules on tensors: native vector environments),
    ``action_mask(state) -> bool [actions]`` (the legal actions, or None for all), ``reveal(state) -> mapping of scalars
    or arrays`` and ``render(state) -> uint8 [height, width, 3]``.
    """

    observation_space: Space[Any]
    action_space: Space[Any]

    def initial(self, draw: Draw, before: Any = None) -> Any:
        """Draws a start state.

        Args:
            draw: the stream.
            before: the state in which the previous episode ended; None after ``reset(seed=...)`` and the first time.
                Whatever outlives an episode (a clock, a segment, a curriculum) is read from here.
        """

    def step(self, state: Any, action: Any, draw: Draw) -> tuple[Any, float, bool]:
        """Returns the next state, the reward and whether the episode has ended.

        Raises:
            IllegalActionError: if the state does not allow the action.
        """

    def observe(self, state: Any) -> Any:
        """Returns the observation of a state, an element of the observation space. It draws nothing."""


class Outcome(NamedTuple):
    """The result of one batched step.

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
        observations: ``[B, ...]``, or a dictionary of such arrays.
        actions: ``[B, ...]``.
        rewards: ``[B]`` float32.
        next_observations: ``[B, ...]``; the last observation of an episode in rows where one ended.
        terminated: ``[B]`` bool, whether the rules ended the episode: the value of ``next_observations`` is 0.
        ended: ``[B]`` bool, whether the episode was terminated or truncated, so that the next step is of another one.
    """

    observations: Any
    actions: np.ndarray
    rewards: np.ndarray
    next_observations: Any
    terminated: np.ndarray
    ended: np.ndarray


@runtime_checkable
class BatchedProblem(Protocol):
    """The rules of many independent episodes at once, on tensors with leading dimension B.

    Every function is dense: no value is read back to the host and no shape depends on data. A state is a NamedTuple
    of tensors, or of such NamedTuples. The result of stepping a finished row is ignored. A problem may also have
    ``render(state, row) -> uint8 [height, width, 3]``, ``reveal(state) -> mapping of tensors [B, ...]``, and
    ``compiled() -> CompiledProblem``: the same rules for a CPU.

    Attributes:
        initial_draws: random numbers that one start state takes.
        step_draws: random numbers that one step takes.
    """

    observation_space: Space[Any]
    action_space: Space[Any]
    initial_draws: int
    step_draws: int

    def to(self, device: Any) -> "BatchedProblem":
        """Returns the same rules with their tensors on a device."""

    def initial(self, draws: "Tensor", before: Any = None) -> Any:
        """Builds start states.

        Args:
            draws: ``[B, initial_draws]`` float64, uniform in [0, 1).
            before: the states in which the previous episodes of these rows ended, leading dimension B; None after
                ``reset(seed=...)`` and the first time.
        """

    def step(self, state: Any, action: "Tensor", draws: "Tensor") -> Outcome:
        """Applies ``[B, ...]`` actions, with ``[B, step_draws]`` float64 numbers, uniform in [0, 1)."""

    def observe(self, state: Any) -> Any:
        """Returns observations: a tensor, or a dictionary of tensors, with leading dimension B."""

    def action_mask(self, state: Any) -> "Tensor | None":
        """Returns the legal actions, ``[B, actions]`` bool; None if every action is always legal."""


@runtime_checkable
class CompiledProblem(Protocol):
    """The rules of a batched problem on the CPU, in NumPy arrays: the same results at the speed of compiled code.

    Same spaces, same draws and same trajectories as the problem's. A state belongs to its shell, so a step may change
    it in place, except for the arrays that ``observe``, ``action_mask`` and ``reveal`` have returned: those are never
    written again. ``render`` and ``reveal`` are as in ``BatchedProblem``.
    """

    observation_space: Space[Any]
    action_space: Space[Any]
    initial_draws: int
    step_draws: int

    def initial(self, draws: np.ndarray, before: Any = None) -> Any:
        """Builds start states, a NamedTuple of new arrays.

        Args:
            draws: ``[B, initial_draws]`` float64, uniform in [0, 1).
            before: as in ``BatchedProblem.initial``; copied where it is kept.
        """

    def step(self, state: Any, action: np.ndarray, draws: np.ndarray, asleep: np.ndarray) -> Outcome:
        """Applies ``[B, ...]`` contiguous actions of the space's own type; rewards and flags are new arrays.

        Rows that are ``asleep`` (``[B]`` bool) stay as they are, earn 0 and neither end nor play an illegal action.
        """

    def observe(self, state: Any) -> Any:
        """Returns an array, or a dictionary of arrays, of the space's own types with leading dimension B."""

    def action_mask(self, state: Any) -> "np.ndarray | None":
        """Returns the legal actions, ``[B, actions]`` bool; None if every action is always legal."""


@runtime_checkable
class FrozenPolicy(Protocol):
    """A policy that does not learn: a pure function of observations and numbers, as in ``mdpzoo.policies``.

    Attributes:
        draws: random numbers that one decision takes.
    """

    draws: int

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns ``[B, ...]`` actions, arrays or tensors as the observations are.

        Args:
            observations: leading dimension B.
            numbers: ``[B, draws]`` float64, uniform in [0, 1).
            masks: ``[B, actions]`` bool, the legal actions; None: all.
        """

    def to(self, device: Any) -> "FrozenPolicy":
        """Returns the same policy for tensors on a device."""


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
