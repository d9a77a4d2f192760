"""A hard instance: a binary tree whose leaves look alike, and for each context one secret pull that is a little better.

What differs from the lower bound of Zhou, Wang and Du 2023: a sketch in its spirit, with at most two successors a pair;
not their instance.
"""

from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo.settings import Range, ranged


@ranged
def latent_tree(
    depth: Annotated[int, Range(1, 12)] = 2,
    actions: Annotated[int, Range(2, 64)] = 2,
    contexts: Annotated[int, Range(1)] = 2,
    edge: Annotated[float, Range(0, 0.5)] = 0.2,
    seed: Annotated[int, Range(0)] = 0,
    horizon: Annotated[int, Range(0)] = 0,
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
    if contexts > leaves * actions:
        raise SettingError(f"contexts must lie in 1..{leaves * actions}, got {contexts}")
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
