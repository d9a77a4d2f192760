"""Finite partially observable MDPs as arrays (Kaelbling, Littman and Cassandra 1998): the state is hidden.

The observation is emitted by the state that a step leads to. A model without ``first`` emits nothing before the first
step: observation O, one more than the last, represents that.
"""

from bisect import bisect_right
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.models.checking import checked_horizon, dense
from mdpzoo.models.outcomes import threshold_rows
from mdpzoo.models.tabular import TOLERANCE

if TYPE_CHECKING:
    from mdpzoo.models.latent import LatentMDP
    from mdpzoo.models.pomdp_batches import PomdpProblem
    from mdpzoo.protocols import Draw


class PomdpState(NamedTuple):
    """The state of one episode.

    Attributes:
        hidden: the state, ``0 .. S - 1``.
        observation: the last emission.
        clock: steps taken in this episode.
    """

    hidden: int
    observation: int
    clock: int


@dataclass(frozen=True, eq=False, repr=False)
class TabularPOMDP:
    """A finite POMDP; a ``Model``.

    Attributes:
        transitions: ``[S, A, S]`` float64 probabilities.
        emissions: ``[A, S, O]`` float64, the probability of each observation after action a has led to state s.
        rewards: ``[S, A]`` float64.
        start: ``[S]`` float64, the distribution of the first state.
        first: ``[S, O]`` float64, the probability of each observation at the start; None: nothing is emitted there.
        horizon: steps after which an episode terminates; 0: never.
    """

    transitions: Any
    emissions: Any
    rewards: Any
    start: Any
    first: Any = None
    horizon: int = 0
    observation_space: Discrete = field(init=False, repr=False)
    action_space: Discrete = field(init=False, repr=False)

    def __repr__(self) -> str:
        """Shows the sizes."""
        sizes = f"{self.num_states} states, {self.num_actions} actions and {self.num_observations} observations"
        return f"TabularPOMDP({sizes})"

    def __post_init__(self) -> None:
        """Checks and freezes the arrays.

        Raises:
            SettingError: if an array breaks its rule; says which.
        """
        kernel = _distributions(self.transitions, "transitions", 3)
        states, actions = kernel.shape[:2]
        if kernel.shape[2] != states:
            raise SettingError(f"transitions must have shape [S, A, S], got {list(kernel.shape)}")
        emissions = _distributions(self.emissions, "emissions", 3)
        if emissions.shape[:2] != (actions, states):
            raise SettingError(f"emissions must have shape [{actions}, {states}, O], got {list(emissions.shape)}")
        rewards, start = np.array(self.rewards, np.float64), _distributions(self.start, "start", 1)
        if rewards.shape != (states, actions) or not np.isfinite(rewards).all():
            raise SettingError(f"rewards must be finite, of shape [{states}, {actions}], got {list(rewards.shape)}")
        if start.shape != (states,):
            raise SettingError(f"start must have shape [{states}], got {list(start.shape)}")
        first = None if self.first is None else _distributions(self.first, "first", 2)
        if first is not None and first.shape != (states, emissions.shape[2]):
            raise SettingError(f"first must have shape [{states}, {emissions.shape[2]}], got {list(first.shape)}")
        horizon = checked_horizon(self.horizon)
        named = {"transitions": kernel, "emissions": emissions, "rewards": rewards, "start": start, "first": first}
        for name, value in named.items():
            if value is not None:
                value.flags.writeable = False
            object.__setattr__(self, name, value)
        object.__setattr__(self, "horizon", horizon)
        object.__setattr__(self, "observation_space", Discrete(emissions.shape[2] + (first is None)))
        object.__setattr__(self, "action_space", Discrete(actions))

    @property
    def num_states(self) -> int:
        """The number of hidden states, S."""
        return len(self.transitions)

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return self.transitions.shape[1]

    @property
    def num_observations(self) -> int:
        """The number of observations that states emit, O."""
        return self.emissions.shape[2]

    def with_horizon(self, horizon: int) -> "TabularPOMDP":
        """Returns the same model with episodes of another length; 0: no end."""
        return TabularPOMDP(self.transitions, self.emissions, self.rewards, self.start, self.first, horizon)

    def initial(self, draw: "Draw", before: Any = None) -> PomdpState:
        """Draws a start state and its observation, with two numbers."""
        starts, _, first, _ = self._rows
        hidden, number = bisect_right(starts[0], draw()), draw()
        seen = self.num_observations if self.first is None else bisect_right(first[hidden], number)
        return PomdpState(hidden, seen, 0)

    def step(self, state: PomdpState, action: int, draw: "Draw") -> tuple[PomdpState, float, bool]:
        """Draws the next state and its observation, with two numbers.

        Raises:
            IllegalActionError: if the action is not one of ``0 .. A - 1``.
        """
        if not 0 <= action < self.num_actions:
            raise IllegalActionError(f"action must lie in 0..{self.num_actions - 1}, got {action}")
        _, kernel, _, emitted = self._rows
        after = bisect_right(kernel[state.hidden * self.num_actions + action], draw())
        seen = bisect_right(emitted[action * self.num_states + after], draw())
        clock = state.clock + 1
        return PomdpState(after, seen, clock), float(self.rewards[state.hidden, action]), clock == self.horizon

    def observe(self, state: PomdpState) -> int:
        """Returns the last emission."""
        return state.observation

    def reveal(self, state: PomdpState) -> dict[str, Any]:
        """Returns the ``hidden_state``."""
        return {"hidden_state": state.hidden}

    def batched(self) -> "PomdpProblem":
        """Returns the same rules for many episodes at once, on tensors, and compiled for a CPU."""
        from mdpzoo.models.pomdp_batches import PomdpProblem

        return PomdpProblem.of(self)

    def limits(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Returns the limits between outcomes: a number's outcome is the count of limits at or below it.

        ``[1, S - 1]`` for starts, ``[S A, S - 1]`` for next states (row ``s A + a``), ``[S, O - 1]`` for first and
        ``[A S, O - 1]`` for later observations (row ``a S + s``); infinite from a row's last possible outcome on.
        """
        first = np.ones((self.num_states, 1)) if self.first is None else self.first
        rows = (self.start[None], self.transitions, first, self.emissions)
        return tuple(threshold_rows(each.reshape(-1, each.shape[-1])) for each in rows)  # type: ignore[return-value]

    @cached_property
    def _rows(self) -> tuple[list[list[float]], ...]:
        return tuple(each.tolist() for each in self.limits())


def product_pomdp(model: "LatentMDP") -> TabularPOMDP:
    """Returns a latent MDP as a POMDP: hidden state ``m S + s`` emits s."""
    count, states, actions = model.num_contexts, model.num_states, model.num_actions
    kernel = np.zeros((count, states, actions, count, states))
    for context in range(count):
        kernel[context, :, :, context] = model.transitions[context]
    shown = np.tile(np.eye(states), (count, 1))
    return TabularPOMDP(
        kernel.reshape(count * states, actions, count * states),
        np.broadcast_to(shown, (actions, *shown.shape)),
        model.rewards.reshape(count * states, actions),
        (model.weights[:, None] * model.start).ravel(),
        shown,
        model.horizon,
    )


def _distributions(numbers: Any, name: str, axes: int) -> np.ndarray:
    array = dense(numbers, name)
    if array.ndim != axes or not array.size:
        raise SettingError(f"{name} must have {axes} axes, none of them empty, got shape {list(array.shape)}")
    if not ((array >= 0).all() and (np.abs(array.sum(-1) - 1) <= TOLERANCE).all()):
        raise SettingError(f"{name} must be probabilities that sum to 1 along the last axis")
    return array
