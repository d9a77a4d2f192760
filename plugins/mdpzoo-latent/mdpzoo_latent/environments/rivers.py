"""RiverSwim or its mirror image (Strehl and Littman 2008 for the river): which bank pays is the context."""

from typing import Annotated

import numpy as np

from mdpzoo.models import LatentMDP
from mdpzoo.settings import Range, ranged

RIGHT, STAY, BACK = 0.6, 0.35, 0.05
FAR, NEAR = 0.99, 0.1


@ranged
def latent_river_swim(length: Annotated[int, Range(2)] = 4, horizon: Annotated[int, Range(0)] = 0) -> LatentMDP:
    """Builds the river: context 0, and context 1 with states and actions mirrored; starts in the middle.

    In context 0, action 0 swims right (0.6; stays with 0.35, is driven back with 0.05) and pays 0.99 at the right bank;
    action 1 goes left surely and pays 0.1 at the left bank.

    Rewards: 0.99 for swimming on at the far bank of the context and 0.1 for staying at the near one, else 0.

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        length: states, at least 2; the start is state ``length // 2``.
        horizon: steps of an episode; 0: no end.

    Raises:
        SettingError: if the river is too short.
    """
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2))
    for state in range(length):
        for move, share in ((1, RIGHT), (0, STAY), (-1, BACK)):
            transitions[state, 0, min(max(state + move, 0), length - 1)] += share
        transitions[state, 1, max(state - 1, 0)] = 1.0
    rewards[-1, 0], rewards[0, 1] = FAR, NEAR
    both = np.stack([transitions, transitions[::-1, ::-1, ::-1]])
    return LatentMDP.from_arrays(
        both, np.stack([rewards, rewards[::-1, ::-1]]), np.eye(length)[length // 2], horizon=horizon
    )
