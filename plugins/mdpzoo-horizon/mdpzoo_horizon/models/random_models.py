"""Sparse random MDPs: Dirichlet probabilities of a few successors, uniform or rare rewards (Garnets, roughly).

What differs from the Garnet problems of Archibald, McKinnon and Thomas 1995: successors are drawn with replacement
and repeated ones are one, and every state and action has a reward of its own.
"""

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP


def random_mdp(
    num_states: int = 50, num_actions: int = 4, branching: int = 5, reward_density: float = 1.0, seed: int = 0
) -> TabularMDP:
    """Draws an MDP that starts in state 0 and never ends.

    Args:
        num_states: S, at least 1.
        num_actions: A, at least 1.
        branching: successors drawn for each state and action, at least 1; what is drawn twice is one.
        reward_density: 1: rewards are uniform in [0, 1); below: each is 1 with this probability, else 0.
        seed: of all draws: probabilities, then successors, then rewards.

    Raises:
        SettingError: a number is out of its range.

    Costs O(S A branching).
    """
    if min(num_states, num_actions, branching) < 1 or seed < 0:
        raise SettingError(
            "a random MDP needs at least 1 state, action and successor and a seed of at least 0, "
            f"got {num_states}, {num_actions}, {branching} and {seed}"
        )
    if not 0 <= reward_density <= 1:
        raise SettingError(f"reward_density must lie in [0, 1], got {reward_density}")
    generator = np.random.default_rng(seed)
    rows = num_states * num_actions
    law = generator.dirichlet(np.ones(branching), rows)  # [S A, branching]
    successors = generator.integers(num_states, size=(rows, branching))
    rewards = generator.random((num_states, num_actions)).ravel()
    if reward_density < 1:
        rewards = (rewards < reward_density).astype(float)
    order = successors.argsort(1, kind="stable")
    successors, law = np.take_along_axis(successors, order, 1), np.take_along_axis(law, order, 1)
    new = np.ones(successors.shape, bool)  # the first of each group of equal successors
    new[:, 1:] = successors[:, 1:] != successors[:, :-1]
    counts = new.sum(1)
    return TabularMDP(
        np.concatenate(([0], counts.cumsum())),
        successors[new],
        np.add.reduceat(law.ravel(), np.flatnonzero(new.ravel())),
        np.repeat(rewards, counts),
        np.eye(1, num_states)[0],
        np.zeros(num_states, bool),
    )
