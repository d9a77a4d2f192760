"""Belief trees: dynamic programming over the beliefs that can be reached, equal ones computed once.

V_h(x, b) = max_a { b . R(x, a) + sum_j |b K_j| V_{h+1}(x_j, b K_j / |b K_j|) } (Smallwood and Sondik 1973 for POMDPs).

What differs: values are kept as one vector over hidden states a node, that of its greedy action, so that the same pass
serves learners. The last level is not stored: with one step to go the best action is read off the reward vectors.
"""

import time
from dataclasses import dataclass

import numpy as np

from mdpzoo_latent.planning.bounds import Bounds
from mdpzoo_latent.planning.processes import BeliefProcess
from mdpzoo_latent.planning.tree_kernels import PLAIN, back_up, grow, rehash

CHUNK = 4096  # nodes between two checks of the time limit
NOBODY, NOTHING = np.zeros((0, 0, 0)), np.zeros(2)


@dataclass(eq=False)
class BeliefTree:
    """The reachable beliefs, level by level; K is the process's ``width``.

    Attributes:
        process: its model.
        levels: ``[D + 2]`` int64; level d is ``levels[d] .. levels[d + 1] - 1``, the roots are level 0.
        visible: ``[n]`` int32.
        beliefs: ``[n, Y]`` float64, normalised.
        child: ``[n, A K]`` int32, the node after action a and its k-th branch, at ``a K + k``; -1: none is stored.
    """

    process: BeliefProcess
    levels: np.ndarray
    visible: np.ndarray
    beliefs: np.ndarray
    child: np.ndarray

    @property
    def depth(self) -> int:
        """Index of the last level, D."""
        return len(self.levels) - 2


@dataclass(frozen=True, eq=False)
class TreeValues:
    """Values of a tree's nodes.

    Attributes:
        alpha: ``[n, Y]``, the greedy policy's expected sum of rewards for each hidden state.
        chosen: ``[n]`` int32, its actions.
    """

    alpha: np.ndarray
    chosen: np.ndarray

    def at_roots(self, process: BeliefProcess) -> float:
        """Returns the value before the first observation."""
        return float((process.roots * self.alpha[: len(process.roots)]).sum())


def grow_tree(process: BeliefProcess, depth: int, deadline: float = np.inf, most_nodes: int = 2**31 - 1) -> BeliefTree:
    """Grows the levels 0 .. depth, or as many as time and memory allow; the roots always exist.

    Args:
        process: the model.
        depth: the last level.
        deadline: the value of ``time.process_time`` at which to stop; a level that is not finished is left out.
        most_nodes: maximum number of nodes.
    """
    roots = process.roots
    level = _Level(process, len(roots))
    level.visible[: len(roots)] = process.root_states
    level.beliefs[: len(roots)] = roots / roots.sum(1, keepdims=True)
    levels = [0, len(roots)]
    while len(levels) - 2 < depth:
        count = level.add(levels[-2], levels[-1], deadline, most_nodes)
        if count is None:
            level.child[levels[-2] : levels[-1]] = -1
            break
        levels.append(count)
    kept = levels[-1]
    return BeliefTree(
        process, np.array(levels), level.visible[:kept].copy(), level.beliefs[:kept].copy(), level.child[:kept].copy()
    )


class _Level:
    """The arrays of a growing tree, with room to spare."""

    def __init__(self, process: BeliefProcess, roots: int) -> None:
        self.process, self.fan = process, process.num_actions * process.width
        self.visible = np.zeros(roots, np.int32)
        self.beliefs = np.zeros((roots, process.num_hidden))
        self.keys = np.zeros(roots, np.uint64)
        self.child = np.full((roots, self.fan), -1, np.int32)

    def add(self, first: int, last: int, deadline: float, most_nodes: int) -> int | None:
        """Adds the children of nodes ``first .. last - 1``; returns the number of nodes, None if out of budget."""
        process, count = self.process, last
        table = np.full(1024, -1, np.int32)
        for begin in range(first, last, CHUNK):
            if time.process_time() > deadline or count > most_nodes:
                return None
            end = min(begin + CHUNK, last)
            most = count + (end - begin) * self.fan
            self._make_room(most)
            if len(table) < 2 * (most - last):
                table = np.full(1 << int(2 * (most - last)).bit_length(), -1, np.int32)
                rehash(self.keys, last, count, table)
            count = grow(
                process.offsets, process.targets, process.kernels, process.num_actions, np.array([begin, end]), last,
                count, self.visible, self.beliefs, self.keys, self.child, table,
            )  # fmt: skip
        return None if count > most_nodes else count

    def _make_room(self, nodes: int) -> None:
        if nodes <= len(self.visible):
            return
        size = max(nodes, 2 * len(self.visible))
        for name, empty in (("visible", 0), ("beliefs", 0.0), ("keys", 0), ("child", -1)):
            old = getattr(self, name)
            fresh = np.full((size, *old.shape[1:]), empty, old.dtype)
            fresh[: len(old)] = old
            setattr(self, name, fresh)


def tree_values(tree: BeliefTree, leaves: np.ndarray, discount: float) -> TreeValues:
    """Computes values from the leaves up.

    Args:
        tree: the beliefs.
        leaves: ``[X, V, Y]``, values below the last level; the best of V vectors at a belief is taken.
        discount: of each step.

    Costs O(n A K (Y + V Y at the last level)).
    """
    process = tree.process
    alpha = np.zeros(tree.beliefs.shape)
    chosen = np.zeros(len(alpha), np.int32)
    back_up(
        process.offsets, process.targets, process.kernels, process.rewards, discount, tree.levels, tree.visible,
        tree.beliefs, tree.child, np.ascontiguousarray(leaves), PLAIN, NOBODY, NOTHING, NOTHING, alpha, chosen,
    )  # fmt: skip
    return TreeValues(alpha, chosen)


def enclosed(tree: BeliefTree, bounds: Bounds, horizon: int, discount: float) -> tuple[TreeValues, float]:
    """Returns values that a policy reaches, and an upper bound of the optimum; the same if the tree is deep enough.

    With at most one step below the last level both are exact.
    """
    left = horizon - tree.depth - 1
    if left <= 1:  # one action each: the policies that repeat it are complete
        exact = tree_values(tree, bounds.blind[left][:, : tree.process.num_actions], discount)
        return exact, exact.at_roots(tree.process)
    lower = tree_values(tree, bounds.blind[left], discount)
    upper = tree_values(tree, bounds.informed[left][:, None], discount)
    return lower, max(upper.at_roots(tree.process), lower.at_roots(tree.process))
