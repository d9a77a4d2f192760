"""Latent MDPs and POMDPs in one form for planners: a visible part, and a hidden part with a belief.

A latent MDP has its state as visible part and its context, which never changes, as hidden part. A POMDP has one
visible state, and its state as hidden part. Action a in visible state x has *branches*, one an observation: branch j
leads to visible state ``targets[j]`` and turns a belief b into ``b @ kernels[j]``, whose sum is the probability of j.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models.latent import LatentMDP
from mdpzoo.models.pomdp import TabularPOMDP


@dataclass(frozen=True, eq=False)
class BeliefProcess:
    """A model in the form of planners: X visible and Y hidden states, A actions, J branches.

    Attributes:
        offsets: ``[X A + 1]`` int64; the branches of action a in x are ``offsets[x A + a]`` up to the next one.
        targets: ``[J]`` int64, the visible state that a branch leads to.
        labels: ``[J]`` int64, the observation that it shows.
        kernels: ``[J, Y, W]`` float64: with W = Y, the probability to go from y to y' by this branch; with W = 1, that
            of the branch if the hidden part, which stays, is y.
        rewards: ``[X, A, Y]`` float64.
        roots: ``[R, Y]`` float64, for each first observation its joint probability with the hidden part.
        root_states: ``[R]`` int64, its visible state.
        root_labels: ``[R]`` int64, the observation itself.
    """

    offsets: np.ndarray
    targets: np.ndarray
    labels: np.ndarray
    kernels: np.ndarray
    rewards: np.ndarray
    roots: np.ndarray
    root_states: np.ndarray
    root_labels: np.ndarray

    @property
    def num_visible(self) -> int:
        """Number of visible states, X."""
        return self.rewards.shape[0]

    @property
    def num_actions(self) -> int:
        """Number of actions, A."""
        return self.rewards.shape[1]

    @property
    def num_hidden(self) -> int:
        """Number of hidden states, Y."""
        return self.rewards.shape[2]

    @property
    def width(self) -> int:
        """Largest number of branches of one action, K."""
        return int(np.diff(self.offsets).max())

    def branches(self, visible: int, action: int) -> range:
        """Returns the branches of an action in a visible state."""
        row = visible * self.num_actions + action
        return range(self.offsets[row], self.offsets[row + 1])

    def pushed(self, belief: np.ndarray, branch: int) -> np.ndarray:
        """Returns the unnormalised belief ``[Y]`` after a branch."""
        kernel = self.kernels[branch]
        return belief * kernel[:, 0] if kernel.shape[1] == 1 else belief @ kernel

    def joint(self) -> np.ndarray:
        """Returns the transitions of the pair (visible, hidden), ``[A, X Y, X Y]``, for an informed planner."""
        visible, actions, hidden = self.rewards.shape
        table = np.zeros((actions, visible, hidden, visible, hidden))
        every = np.arange(hidden)
        for x in range(visible):
            for action in range(actions):
                for j in self.branches(x, action):
                    if self.kernels.shape[2] == 1:
                        table[action, x, every, self.targets[j], every] += self.kernels[j, :, 0]
                    else:
                        table[action, x, :, self.targets[j]] += self.kernels[j]
        return table.reshape(actions, visible * hidden, visible * hidden)


def process_of(model: Any) -> BeliefProcess:
    """Returns a model in the planners' form.

    Args:
        model: a ``LatentMDP`` or a ``TabularPOMDP``.

    Raises:
        SettingError: if it is neither.
    """
    if isinstance(model, LatentMDP):
        return of_latent(model.transitions, model.rewards, model.weights[:, None] * model.start)
    if isinstance(model, TabularPOMDP):
        return _of_pomdp(model)
    raise SettingError(f"model must be a LatentMDP or a TabularPOMDP, got {type(model).__name__}")


def of_latent(transitions: np.ndarray, rewards: np.ndarray, start: np.ndarray) -> BeliefProcess:
    """Returns the process of a latent MDP.

    Args:
        transitions: ``[M, S, A, S]``.
        rewards: ``[M, S, A]``.
        start: ``[M, S]``, the joint probability of context and first state.
    """
    states, actions = transitions.shape[1:3]
    rows = np.moveaxis(transitions, 0, -1).reshape(states * actions, states, -1)  # [S A, S, M]
    present = (rows > 0).any(2)
    after = np.nonzero(present)[1]
    first = np.flatnonzero(start.sum(0) > 0)
    return BeliefProcess(
        np.append(0, present.sum(1).cumsum()),
        after,
        after,
        np.ascontiguousarray(rows[present][:, :, None]),
        np.ascontiguousarray(np.moveaxis(rewards, 0, -1)),
        np.ascontiguousarray(start[:, first].T),
        first,
        first,
    )


def _of_pomdp(model: TabularPOMDP) -> BeliefProcess:
    seen = model.num_observations
    # [A, O, S, S]: to s' by action a, and o emitted there
    moves = np.einsum("sat,ato->aost", model.transitions, model.emissions)
    present = moves.any(axis=(2, 3))
    labels = np.nonzero(present)[1]
    if model.first is None:
        roots, root_labels = model.start[None].copy(), np.array([seen])
    else:
        roots = (model.start[:, None] * model.first).T
        root_labels = np.flatnonzero(roots.sum(1) > 0)
        roots = roots[root_labels]
    return BeliefProcess(
        np.append(0, present.sum(1).cumsum()),
        np.zeros(len(labels), np.int64),
        labels,
        np.ascontiguousarray(moves[present]),
        np.ascontiguousarray(model.rewards.T[None]),
        np.ascontiguousarray(roots),
        np.zeros(len(roots), np.int64),
        root_labels,
    )
