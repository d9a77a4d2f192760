"""Values that enclose the optimum: of a planner that knows the hidden part, and of policies that ignore the past."""

from dataclasses import dataclass

import numpy as np

from mdpzoo_latent.planning.processes import BeliefProcess


@dataclass(frozen=True, eq=False)
class Bounds:
    """Vectors for r = 0 .. H steps to go, X visible and Y hidden states.

    Attributes:
        informed: ``[H + 1, X, Y]``, the optimum if the hidden part is seen: at a belief, an upper bound.
        blind: ``[H + 1, X, V, Y]``, values of V policies that see only the visible part: lower bounds.
        actions: ``[H + 1, X, V]`` int64, the action of each policy with r steps to go; row 0 is not used.
    """

    informed: np.ndarray
    blind: np.ndarray
    actions: np.ndarray


def bounds_of(process: BeliefProcess, horizon: int, discount: float) -> Bounds:
    """Computes both bounds for every number of steps up to the horizon.

    The policies are: each action for ever, the best one for each hidden state, and that for the first belief's mean of
    action values. Costs O(H A (X Y)^2).
    """
    visible, actions, hidden = process.rewards.shape
    table = process.joint()
    paid = process.rewards.transpose(1, 0, 2).reshape(actions, -1)  # [A, X Y]
    weights = process.roots.sum(0) / process.roots.sum()
    policies = actions + hidden + 1
    informed = np.zeros((horizon + 1, visible, hidden))
    blind = np.zeros((horizon + 1, visible, policies, hidden))
    chosen = np.zeros((horizon + 1, visible, policies), np.int64)
    chosen[:, :, :actions] = np.arange(actions)
    for left in range(1, horizon + 1):
        action_values = (paid + discount * table @ informed[left - 1].ravel()).reshape(actions, visible, hidden)
        informed[left] = action_values.max(0)
        chosen[left, :, actions:-1] = action_values.argmax(0)
        chosen[left, :, -1] = (action_values @ weights).argmax(0)
        for policy in range(policies):
            ahead = (paid + discount * table @ blind[left - 1, :, policy].ravel()).reshape(actions, visible, hidden)
            blind[left, :, policy] = ahead[chosen[left, :, policy], np.arange(visible)]
    return Bounds(informed, blind, chosen)
