"""A model's rows in the form that planners use, and the rows of one policy."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import sweeps

SLOPPY = 1e-6  # how far a policy's probabilities may sum from 1; they are divided by their sum


@dataclass(frozen=True, eq=False)
class Rows:
    """The parts of a model that planners need.

    Attributes:
        offsets: ``[S A + 1]`` int64, where each row's entries begin.
        successors: ``[entries]`` int32.
        probabilities: ``[entries]`` float64.
        rewards: ``[S A]`` float64, mean rewards; 0 in terminal states.
        terminal: ``[S]`` bool.
        longest: entries in the longest row.
        least_sum: the least sum of a row's probabilities, 1 up to 1e-9; terminal states are left out, here and below.
        greatest_sum: the greatest.
        reward_size: the greatest mean size of a reward over a row.
    """

    offsets: np.ndarray
    successors: np.ndarray
    probabilities: np.ndarray
    rewards: np.ndarray
    terminal: np.ndarray
    longest: int
    least_sum: float
    greatest_sum: float
    reward_size: float

    @classmethod
    def of(cls, mdp: TabularMDP) -> "Rows":
        """Builds a model's own rows. Costs one pass over them."""
        return cls._of(mdp.offsets, mdp.successors, mdp.probabilities, mdp.rewards, mdp.terminal)

    @classmethod
    def under(cls, mdp: TabularMDP, weights: np.ndarray) -> "Rows":
        """Builds the Markov chain of a policy ``[S, A]``: one row a state. Costs one pass over the rows."""
        return cls._of(*_mixed(mdp, weights), mdp.terminal)

    @classmethod
    def _of(cls, offsets: Any, successors: Any, probabilities: Any, rewards: Any, terminal: Any) -> "Rows":
        means, *numbers = sweeps.describe_rows(offsets, successors, probabilities, rewards, terminal)
        longest, least, greatest, size = numbers
        if not np.isfinite(least):  # every state is terminal
            least = greatest = 1.0
        if not np.isfinite(size):
            raise SettingError("the rewards are so large that their means overflow; scale them down")
        return cls(offsets, successors, probabilities, means, terminal, longest, least, greatest, size)

    @property
    def table(self) -> tuple[Any, Any, Any, Any, Any]:
        """The first five attributes, the arguments of the passes."""
        return self.offsets, self.successors, self.probabilities, self.rewards, self.terminal

    @property
    def num_states(self) -> int:
        """Number of states, S."""
        return len(self.terminal)

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return (len(self.offsets) - 1) // len(self.terminal)


def as_weights(mdp: TabularMDP, policy: Any) -> np.ndarray:
    """Converts a stationary policy ``[S]`` (actions) or ``[S, A]`` (probabilities) to ``[S, A]`` float64.

    Args:
        mdp: the model.
        policy: of either shape; rows of terminal states are ignored.

    Raises:
        SettingError: if it has another shape, names an unknown action, or a row is not a distribution; says where.
    """
    states, actions = mdp.num_states, mdp.num_actions
    given = np.asarray(policy)
    live = ~mdp.terminal
    if given.shape == (states,):
        if not np.issubdtype(given.dtype, np.integer):
            raise SettingError(f"a policy of shape [{states}] must hold whole numbers, got {given.dtype}")
        if (wrong := np.flatnonzero(live & ((given < 0) | (given >= actions)))).size:
            raise SettingError(
                f"the policy's action in state {wrong[0]} must lie in 0..{actions - 1}, got {given[wrong[0]]}"
            )
        weights = np.zeros((states, actions))
        weights[np.arange(states), np.where(live, given, 0)] = 1.0
        return weights
    if given.shape != (states, actions):
        raise SettingError(f"a policy must have shape [{states}] or [{states}, {actions}], got {list(given.shape)}")
    weights = np.array(given, np.float64)
    weights[~live] = 1.0 / actions
    sums = weights.sum(1)
    if (wrong := np.flatnonzero((weights < 0).any(1) | ~(np.abs(sums - 1) <= SLOPPY))).size:
        raise SettingError(
            f"the policy's probabilities in state {wrong[0]} must not be negative and sum to 1, got {weights[wrong[0]]}"
        )
    return weights / sums[:, None]


def as_steps(mdp: TabularMDP, policy: Any, horizon: int) -> list[np.ndarray]:
    """Converts a policy for a horizon H to H times probabilities ``[S, A]``; a stationary one holds for every step.

    Raises:
        SettingError: its shape is none of ``[S]``, ``[S, A]``, ``[H, S]`` and ``[H, S, A]``, or a row no distribution.
    """
    given = np.asarray(policy)
    states, actions = mdp.num_states, mdp.num_actions
    if given.shape in ((horizon, states), (horizon, states, actions)) and given.shape != (states, actions):
        return [as_weights(mdp, each) for each in given]
    if given.shape == (states, actions) == (horizon, states) and np.issubdtype(given.dtype, np.integer):
        return [as_weights(mdp, each) for each in given]  # whole numbers are actions, not probabilities
    return [as_weights(mdp, given)] * horizon


def _mixed(mdp: TabularMDP, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Returns offsets ``[S + 1]``, successors, probabilities and rewards of a policy's chain; keeps terminal rows."""
    taken = weights.ravel() > 0
    widths = np.where(taken, np.diff(mdp.offsets), 0)
    offsets = np.concatenate(([0], widths.reshape(weights.shape).sum(1).cumsum()))
    if weights.shape[1] == 1:
        return mdp.offsets, mdp.successors, mdp.probabilities, mdp.rewards
    entries = np.repeat(taken, np.diff(mdp.offsets))
    scale = np.repeat(weights.ravel(), np.diff(mdp.offsets))[entries]
    return offsets, mdp.successors[entries], mdp.probabilities[entries] * scale, mdp.rewards[entries]
