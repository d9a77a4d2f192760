"""Latent MDPs: a context is drawn at the start of an episode, stays hidden, and determines transitions and rewards.

Definition: Kwon, Efroni, Caramanis and Mannor 2021 (NeurIPS); contexts share states, actions and horizon. The
observation is the state. The context is a hidden fact: ``reveal="end"`` gives it in the last info of an episode, the
"context in hindsight" of the literature.

What differs from the literature: rewards may depend on the next state, and models may have terminal states, the same
in every context. A policy does not see rewards unless they are part of the state; ``show_rewards`` makes them so.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.errors import SettingError
from mdpzoo.models.checking import checked_horizon, dense
from mdpzoo.models.stacking import check_same_shape, stack
from mdpzoo.models.tabular import TOLERANCE, TabularMDP

if TYPE_CHECKING:
    from mdpzoo.models.latent_batches import LatentProblem
    from mdpzoo.models.pomdp import TabularPOMDP
    from mdpzoo.protocols import Draw


class LatentState(NamedTuple):
    """The state of one episode.

    Attributes:
        joint: context and state as one number, ``context * S + state``.
        clock: steps taken in this episode.
    """

    joint: int
    clock: int


@dataclass(frozen=True, eq=False, repr=False)
class LatentMDP:
    """Finite MDPs of one shape, one of which is drawn for each episode; a ``Model``.

    Attributes:
        models: M models, one a context, with the same states, actions and terminal states.
        weights: ``[M]`` float64, positive, the probability of each context; None: uniform.
        horizon: steps after which an episode terminates; 0: never. The end is part of the task, not a time limit.
    """

    models: tuple[TabularMDP, ...]
    weights: Any = None
    horizon: int = 0
    observation_space: Discrete = field(init=False, repr=False)
    action_space: Discrete = field(init=False, repr=False)

    def __repr__(self) -> str:
        """Shows the sizes, and nothing that is hidden from players."""
        states, actions = self.num_states, self.num_actions
        return f"LatentMDP({len(self.models)} models of {states} states and {actions} actions)"

    def __post_init__(self) -> None:
        """Checks and freezes the arrays.

        Raises:
            SettingError: if the models differ in shape, or an argument is out of its range; says which.
        """
        models = tuple(self.models)
        check_same_shape(models)
        for place, model in enumerate(models):
            if not np.array_equal(model.terminal, models[0].terminal):
                raise SettingError(f"models must have the same terminal states, got others at place {place}")
        weights = np.full(len(models), 1 / len(models)) if self.weights is None else _weights(self.weights, len(models))
        horizon = checked_horizon(self.horizon)
        weights.flags.writeable = False
        for name, value in (("models", models), ("weights", weights), ("horizon", horizon)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "observation_space", models[0].observation_space)
        object.__setattr__(self, "action_space", models[0].action_space)

    @classmethod
    def from_arrays(
        cls, transitions: Any, rewards: Any, start: Any = None, weights: Any = None, horizon: int = 0
    ) -> "LatentMDP":
        """Builds a latent MDP from dense arrays.

        Args:
            transitions: ``[M, S, A, S]`` probabilities.
            rewards: ``[M, S, A]``, or ``[M, S, A, S]`` where the reward depends on the next state.
            start: ``[S]`` or ``[M, S]`` probabilities of the first state; None: state 0.
            weights: ``[M]`` probabilities of the contexts; None: uniform.
            horizon: steps of an episode; 0: no end.

        Raises:
            SettingError: if a shape or a value breaks its rule; says which.

        Example:
            >>> transitions, rewards = [[[[1.0], [1.0]]]] * 2, [[[1.0, 0.0]], [[0.0, 1.0]]]
            >>> LatentMDP.from_arrays(transitions, rewards, horizon=3).num_contexts
            2
        """
        kernels, paid = (dense(each, name) for each, name in ((transitions, "transitions"), (rewards, "rewards")))
        if kernels.ndim != 4 or kernels.shape[1] != kernels.shape[3] or 0 in kernels.shape:
            raise SettingError(f"transitions must have shape [M, S, A, S], got {list(kernels.shape)}")
        if paid.shape not in (kernels.shape[:3], kernels.shape):
            raise SettingError(
                f"rewards must have shape {list(kernels.shape[:3])} or {list(kernels.shape)}, got {list(paid.shape)}"
            )
        count, states = kernels.shape[:2]
        starts = np.eye(1, states)[0] if start is None else dense(start, "start")
        if starts.shape not in ((states,), (count, states)):
            raise SettingError(f"start must have shape [{states}] or [{count}, {states}], got {list(starts.shape)}")
        starts = np.broadcast_to(starts, (count, states))
        models = [TabularMDP.from_arrays(*each) for each in zip(kernels, paid, starts, strict=True)]
        return cls(tuple(models), weights, horizon)

    @property
    def num_contexts(self) -> int:
        """Number of contexts, M."""
        return len(self.models)

    @property
    def num_states(self) -> int:
        """Number of states, S."""
        return self.models[0].num_states

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return self.models[0].num_actions

    @cached_property
    def transitions(self) -> np.ndarray:
        """``[M, S, A, S]`` float64 probabilities; a terminal state leads to itself. Costs O(M S^2 A) memory."""
        kernels = np.stack([each.to_arrays()[0] for each in self.models])
        kernels[:, self.terminal] = np.eye(self.num_states)[self.terminal][:, None]
        kernels.flags.writeable = False
        return kernels

    @cached_property
    def rewards(self) -> np.ndarray:
        """``[M, S, A]`` float64, the mean reward of each action in each state; 0 in terminal states."""
        means = np.stack([each.expected_rewards for each in self.models])
        means.flags.writeable = False
        return means

    @property
    def start(self) -> np.ndarray:
        """``[M, S]`` float64, the distribution of the first state in each context."""
        return np.stack([each.start for each in self.models])

    @property
    def terminal(self) -> np.ndarray:
        """``[S]`` bool; entering such a state ends the episode."""
        return self.models[0].terminal

    def with_horizon(self, horizon: int) -> "LatentMDP":
        """Returns the same contexts with episodes of another length; 0: no end."""
        return LatentMDP(self.models, self.weights, horizon)

    def initial(self, draw: "Draw", before: Any = None) -> LatentState:
        """Draws a context and a start state, with one number; ``before`` is ignored."""
        return LatentState(self.joint.initial(draw), 0)

    def step(self, state: LatentState, action: int, draw: "Draw") -> tuple[LatentState, float, bool]:
        """Draws the next state, the reward and whether the episode has ended, in the episode's context.

        Raises:
            IllegalActionError: if the action is not one of ``0 .. A - 1``.
        """
        after, reward, terminated = self.joint.step(state.joint, action, draw)
        clock = state.clock + 1
        return LatentState(after, clock), reward, terminated or clock == self.horizon

    def observe(self, state: LatentState) -> int:
        """Returns the state; the context is hidden."""
        return state.joint % self.num_states

    def reveal(self, state: LatentState) -> dict[str, Any]:
        """Returns the ``context`` of the episode."""
        return {"context": state.joint // self.num_states}

    def batched(self) -> "LatentProblem":
        """Returns the same rules for many episodes at once, on tensors, and compiled for a CPU."""
        from mdpzoo.models.latent_batches import LatentProblem

        return LatentProblem.of(self)

    def to_pomdp(self) -> "TabularPOMDP":
        """Returns the product POMDP of ``M S`` hidden states that shows the state. Costs O((M S)^2 A) memory."""
        from mdpzoo.models.pomdp import product_pomdp

        return product_pomdp(self)

    @cached_property
    def joint(self) -> TabularMDP:
        """Returns all contexts as one table of ``M S`` states: state s of context m is ``m * S + s``."""
        return stack(self.models, (self.weights[:, None] * self.start).ravel())


def show_rewards(model: LatentMDP) -> LatentMDP:
    """Returns the latent MDP whose states include the last reward, so that policies may learn from it.

    State ``z * S + s`` is state s entered with the z-th reward; z counts the different rewards in ascending order, and
    one more, the last, stands for "none yet". All ``(Z + 1) S`` states are included, reachable or not.
    """
    values = np.unique(np.concatenate([each.rewards for each in model.models]))
    states = model.num_states
    shown = []
    for each in model.models:
        width = np.diff(each.offsets)
        successors = np.searchsorted(values, each.rewards) * states + each.successors
        copies = len(values) + 1
        start = np.zeros(states * copies)
        start[-states:] = each.start
        shown.append(
            TabularMDP(
                np.append(0, np.tile(width, copies).cumsum()),
                np.tile(successors, copies),
                np.tile(each.probabilities, copies),
                np.tile(each.rewards, copies),
                start,
                np.tile(each.terminal, copies),
            )
        )
    return LatentMDP(tuple(shown), model.weights, model.horizon)


def _weights(numbers: Any, count: int) -> np.ndarray:
    weights = dense(numbers, "weights")
    if weights.shape != (count,) or not (weights > 0).all() or not abs(weights.sum() - 1) <= TOLERANCE:
        raise SettingError(f"weights must be {count} positive numbers that sum to 1, got {numbers!r:.60}")
    return weights / weights.sum()
