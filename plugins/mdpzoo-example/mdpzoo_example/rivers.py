"""RiverSwim: a small reward downstream, a large one upstream, a current between them (Strehl and Littman 2008).

What differs from the paper: the numbers are those of Osband, Van Roy and Russo 2013, figure 1, which later work
uses: rewards in [0, 1] and a start in the first state, where the paper has rewards 5 and 10000 and starts further up.
"""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.settings import Range, ranged

LEFT, RIGHT = 0, 1
MOST = 10_000  # states; the table is built densely


@ranged
def river_swim(
    length: Annotated[int, Range(2, MOST)] = 6,
    small_reward: Annotated[float, Range()] = 0.005,
    large_reward: Annotated[float, Range()] = 1.0,
    swim: tuple[float, float, float] = (0.05, 0.6, 0.35),
) -> TabularMDP:
    """Builds the river: states ``0 .. length - 1`` from its mouth upwards, actions left (0) and right (1).

    Rewards: ``large_reward`` for going right in the last state, ``small_reward`` for going left in the first, else 0.

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        length: states, at least 2 and at most ``MOST``.
        small_reward: for going left in the first state.
        large_reward: for going right in the last state, wherever the current then carries the swimmer.
        swim: in the middle, the probabilities that going right leads back, nowhere and on. In the first state it
            leads on with 0.6 and nowhere with 0.4; in the last, nowhere with 0.6 and back with 0.4.

    Raises:
        SettingError: the river is too short, or a row's probabilities do not sum to 1.
    """
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2))
    for state in range(length):
        transitions[state, LEFT, max(state - 1, 0)] = 1
        if 0 < state < length - 1:
            transitions[state, RIGHT, state - 1 : state + 2] = swim
    transitions[0, RIGHT, :2] = 0.4, 0.6
    transitions[-1, RIGHT, -2:] = 0.4, 0.6
    rewards[0, LEFT], rewards[-1, RIGHT] = small_reward, large_reward
    return TabularMDP.from_arrays(transitions, rewards)
