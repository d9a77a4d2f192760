"""Sparse random MDPs with Dirichlet probabilities of a few successors; similar to Garnet problems.

What differs from the Garnet problems of Archibald, McKinnon and Thomas 1995: successors are drawn with replacement and
duplicates merged, and every pair of state and action has a reward of its own.
"""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.settings import Range, ranged


@ranged
def random_mdp(
    num_states: Annotated[int, Range(1)] = 50,
    num_actions: Annotated[int, Range(1)] = 4,
    branching: Annotated[int, Range(1)] = 5,
    reward_density: Annotated[float, Range(0, 1)] = 1.0,
    seed: Annotated[int, Range(0)] = 0,
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
