"""A hard instance: a binary tree whose leaves look alike, and for each context one secret pull that is a little better.

What differs from the lower bound of Zhou, Wang and Du 2023: a sketch in its spirit, with at most two successors a pair;
not their instance.
"""

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP


def latent_tree(
    depth: int = 2, actions: int = 2, contexts: int = 2, edge: float = 0.2, seed: int = 0, horizon: int = 0
) -> LatentMDP:
    """Builds the tree: action a goes to child ``a % 2``; at a leaf it is a pull that succeeds with probability 1/2.

    In each context one pair of leaf and action, drawn from the seed without repetition, succeeds with 1/2 + edge. A
    success leads to a state that pays 1 once. The last three states are success, failure and the end.

    Rewards: 1 once after a pull that succeeds, else 0.

    Ends: After ``horizon`` steps.

    Args:
        depth: moves from the root to a leaf, at least 1.
        actions: A, at least 2.
        contexts: M, at most the number of leaves times A.
        edge: in [0, 1/2].
        seed: of the secrets.
        horizon: steps of an episode; 0: ``depth + 2``, so that each has one pull.

    Raises:
        SettingError: if a number is out of its range.
    """
    leaves = 2**depth
    for name, value, low, high in (
        ("depth", depth, 1, 12), ("actions", actions, 2, 64), ("contexts", contexts, 1, leaves * actions)
    ):  # fmt: skip
        if not low <= value <= high:
            raise SettingError(f"{name} must lie in {low}..{high}, got {value}")
    if not 0 <= edge <= 0.5:
        raise SettingError(f"edge must lie in [0, 0.5], got {edge}")
    inner, states = leaves - 1, 2 * leaves - 1 + 3
    success, failure, end = range(states - 3, states)
    transitions, rewards = np.zeros((contexts, states, actions, states)), np.zeros((contexts, states, actions))
    for node in range(inner):
        for action in range(actions):
            transitions[:, node, action, 2 * node + 1 + action % 2] = 1.0
    transitions[:, inner : states - 3, :, success] = transitions[:, inner : states - 3, :, failure] = 0.5
    transitions[:, success:, :, end] = 1.0
    rewards[:, success] = 1.0
    secrets = np.random.default_rng(seed).permutation(leaves * actions)[:contexts]
    for context, secret in enumerate(secrets):
        leaf, action = divmod(int(secret), actions)
        transitions[context, inner + leaf, action, success] += edge
        transitions[context, inner + leaf, action, failure] -= edge
    return LatentMDP.from_arrays(transitions, rewards, horizon=horizon or depth + 2)
