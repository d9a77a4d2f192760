"""Sparse random MDPs with Dirichlet probabilities of a few successors; similar to Garnet problems.

What differs from the Garnet problems of Archibald, McKinnon and Thomas 1995: successors are drawn with replacement and
duplicates merged, and every pair of state and action has a reward of its own.
"""

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP


def random_mdp(
    num_states: int = 50, num_actions: int = 4, branching: int = 5, reward_density: float = 1.0, seed: int = 0
) -> TabularMDP:
    """Draws an MDP that starts in state 0 and never ends.

    Rewards: Of each state and action, drawn from the seed: in [0, 1).

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        num_states: S, at least 1.
        num_actions: A, at least 1.
        branching: successors drawn for each state and action, at least 1; duplicates are merged.
        reward_density: if 1, rewards are uniform in [0, 1); if less, each is 1 with this probability and 0 otherwise.
        seed: draws probabilities, then successors, then rewards.

    Raises:
        SettingError: if an argument is out of range.

    Costs O(S A branching).
    """
    if min(num_states, num_actions, branching) < 1 or seed < 0:
        raise SettingError(
            "a random MDP needs at least 1 state, 1 action, 1 successor and a non-negative seed, "
            f"got {num_states}, {num_actions}, {branching} and {seed}"
        )
    if not 0 <= reward_density <= 1:
        raise SettingError(f"reward_density must lie in [0, 1], got {reward_density}")
    generator = np.random.default_rng(seed)
    rows = num_states * num_actions
    probabilities = generator.dirichlet(np.ones(branching), rows)  # [S A, branching]
    successors = generator.integers(num_states, size=(rows, branching))
    rewards = generator.random((num_states, num_actions)).ravel()
    if reward_density < 1:
        rewards = (rewards < reward_density).astype(float)
    order = successors.argsort(1, kind="stable")
    successors = np.take_along_axis(successors, order, 1)
    probabilities = np.take_along_axis(probabilities, order, 1)
    new = np.ones(successors.shape, bool)  # the first of each group of equal successors
    new[:, 1:] = successors[:, 1:] != successors[:, :-1]
    counts = new.sum(1)
    return TabularMDP(
        np.concatenate(([0], counts.cumsum())),
        successors[new],
        np.add.reduceat(probabilities.ravel(), np.flatnonzero(new.ravel())),
        np.repeat(rewards, counts),
        np.eye(1, num_states)[0],
        np.zeros(num_states, bool),
    )
