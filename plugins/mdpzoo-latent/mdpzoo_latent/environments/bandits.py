"""A bandit whose arms are shuffled for each episode: the order of the arms is the context.

The optimum is known exactly, so that a memory policy's return can be judged: see DLR-RM/stable-baselines3-contrib #211,
where it was unclear whether the algorithm fails or the optimum is low.
"""

from collections.abc import Sequence
from itertools import permutations
from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import LatentMDP
from mdpzoo.settings import Range, ranged

NOTHING, LOST, WON = 0, 1, 2  # states: the result of the last pull


@ranged
def latent_bandit(means: Sequence[float] = (0.9, 0.5, 0.1), horizon: Annotated[int, Range(0)] = 20) -> LatentMDP:
    """Builds the bandit: the state is the last pull's outcome, the reward 1 if it won.

    Rewards: 1 if the pulled arm wins, else 0.

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        means: probabilities to win, one an arm; at most 6. Every different order of them is a context, equally likely.
        horizon: steps of an episode; 0: no end.

    Raises:
        SettingError: if there are too few or too many arms, or a mean lies outside [0, 1].
    """
    if not 1 <= len(means) <= 6 or not all(0 <= mean <= 1 for mean in means):
        raise SettingError(f"means must be 1 to 6 probabilities, got {list(means)!s:.60}")
    orders = sorted(set(permutations(float(mean) for mean in means)), reverse=True)
    transitions, rewards = np.zeros((2, len(orders), 3, len(means), 3))
    transitions[:, :, :, WON] = np.array(orders)[:, None]
    transitions[:, :, :, LOST] = 1 - np.array(orders)[:, None]
    rewards[..., WON] = 1.0
    return LatentMDP.from_arrays(transitions, rewards, horizon=horizon)
