"""Signpost: look at a signpost that shows the context, or guess; the smallest problem in which looking can pay."""

from typing import Annotated

import numpy as np

from mdpzoo.models import LatentMDP
from mdpzoo.settings import Range, ranged


@ranged
def signpost(
    penalty: Annotated[float, Range(0)] = 0.0,
    accuracy: Annotated[float, Range(0.5, 1)] = 0.8,
    delay: Annotated[int, Range(1)] = 1,
    horizon: Annotated[int, Range(0)] = 0,
) -> LatentMDP:
    """Builds the signpost: two contexts, three actions.

    In state 0, action 0 or 1 guesses the context: it pays 1 if right and ``-penalty`` if wrong, and stays there. Action
    2 looks: it leads to a signpost that reads "0" (state 1) or "1" (state 2), the context with probability
    ``accuracy``. From there every action leads back, for no reward.

    Rewards: 1 for a right guess, ``-penalty`` for a wrong one, 0 for looking.

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        penalty: of a wrong guess, at least 0.
        accuracy: in [0.5, 1].
        delay: steps that the way back takes, at least 1; each more than one adds a state.
        horizon: steps of an episode; 0: no end.

    Raises:
        SettingError: if a number is out of its range.
    """
    states = 2 + delay
    transitions, rewards = np.zeros((2, states, 3, states)), np.zeros((2, states, 3))
    for context in range(2):
        transitions[context, 0, :2, 0] = 1.0
        transitions[context, 0, 2, 1 + context], transitions[context, 0, 2, 2 - context] = accuracy, 1 - accuracy
        rewards[context, 0, context], rewards[context, 0, 1 - context] = 1.0, -penalty
    way = [*range(3, states), 0]  # where the signposts lead, one state after the other
    transitions[:, 1:3, :, way[0]] = 1.0
    for here, after in zip(way[:-1], way[1:], strict=True):
        transitions[:, here, :, after] = 1.0
    return LatentMDP.from_arrays(transitions, rewards, horizon=horizon)
