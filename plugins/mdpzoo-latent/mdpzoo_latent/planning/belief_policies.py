"""Policies that plans return: they act on everything seen since the start of an episode.

A policy is pure. Its memory of an episode is a ``Memory``, passed from call to call:

    memory = policy.start(first_observation)
    action = policy.action(memory)
    memory = policy.advance(memory, action, next_observation)
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_latent.planning.alpha_vectors import Stage
from mdpzoo_latent.planning.bounds import Bounds
from mdpzoo_latent.planning.processes import BeliefProcess
from mdpzoo_latent.planning.trees import BeliefTree, TreeValues


class Memory(NamedTuple):
    """A policy's memory of an episode.

    Attributes:
        left: steps to go.
        visible: the visible state.
        belief: ``[Y]`` float64, the probability of each hidden state.
        node: of the belief tree; -1: below its last level, or none.
        follower: below the last level, the index of the followed policy of the bound.
    """

    left: int
    visible: int
    belief: np.ndarray
    node: int = -1
    follower: int = -1


class BeliefPolicy(Protocol):
    """A policy of histories."""

    def start(self, observation: int) -> Memory:
        """Returns the memory after an episode's first observation."""

    def action(self, memory: Memory) -> int:
        """Returns the action to play."""

    def advance(self, memory: Memory, action: int, observation: int) -> Memory:
        """Returns the memory after an action and the next observation.

        Raises:
            SettingError: if the model gives this observation probability 0.
        """


@dataclass(frozen=True, eq=False)
class TreePolicy:
    """Follows a belief tree, and below its last level the best policy of the lower bound.

    Attributes:
        tree: the beliefs.
        values: its greedy actions.
        bounds: the policies followed below the last level.
        horizon: steps of an episode.
    """

    tree: BeliefTree
    values: TreeValues
    bounds: Bounds
    horizon: int

    def start(self, observation: int) -> Memory:
        """Returns the memory after an episode's first observation."""
        root = _root(self.tree.process, observation)
        return Memory(self.horizon, int(self.tree.visible[root]), self.tree.beliefs[root], root)

    def action(self, memory: Memory) -> int:
        """Returns the action to play."""
        if memory.node >= 0:
            return int(self.values.chosen[memory.node])
        return int(self.bounds.actions[memory.left, memory.visible, memory.follower])

    def advance(self, memory: Memory, action: int, observation: int) -> Memory:
        """Returns the memory after an action and the next observation; see ``BeliefPolicy``."""
        process = self.tree.process
        branch, belief = _after(process, memory, action, observation)
        left, visible, node, follower = memory.left - 1, int(process.targets[branch]), -1, memory.follower
        if memory.node >= 0:
            place = action * process.width + branch - process.branches(memory.visible, action)[0]
            node = int(self.tree.child[memory.node, place])
        if node < 0 and follower < 0:
            follower = int((self.bounds.blind[left, visible] @ belief).argmax())
        return Memory(left, visible, belief, node, follower)


@dataclass(frozen=True, eq=False)
class VectorPolicy:
    """Plays the action of the best alpha vector.

    Attributes:
        process: the model.
        stages: the vector sets with 0, 1, ... steps to go.
        horizon: steps of an episode.
    """

    process: BeliefProcess
    stages: list[Stage]
    horizon: int

    def start(self, observation: int) -> Memory:
        """Returns the memory after an episode's first observation."""
        root = _root(self.process, observation)
        weights = self.process.roots[root]
        return Memory(self.horizon, int(self.process.root_states[root]), weights / weights.sum())

    def action(self, memory: Memory) -> int:
        """Returns the action to play."""
        return self.stages[memory.left][memory.visible].action(memory.belief)

    def advance(self, memory: Memory, action: int, observation: int) -> Memory:
        """Returns the memory after an action and the next observation; see ``BeliefPolicy``."""
        branch, belief = _after(self.process, memory, action, observation)
        return Memory(memory.left - 1, int(self.process.targets[branch]), belief)


def _root(process: BeliefProcess, observation: int) -> int:
    found = np.flatnonzero(process.root_labels == observation)
    if not found.size:
        raise SettingError(f"an episode cannot begin with observation {observation}")
    return int(found[0])


def _after(process: BeliefProcess, memory: Memory, action: int, observation: int) -> tuple[int, np.ndarray]:
    """Returns the branch that an observation identifies, and the belief after it."""
    for branch in process.branches(memory.visible, action):
        if process.labels[branch] == observation:
            belief = process.pushed(memory.belief, branch)
            if belief.sum() > 0:
                return branch, belief / belief.sum()
    raise SettingError(
        f"observation {observation} cannot follow action {action} in state {memory.visible} by this model"
    )
