"""Tiger (Kaelbling, Littman and Cassandra 1998): listen for a tiger behind one of two doors, then open the other."""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularPOMDP
from mdpzoo.settings import Range, ranged


@ranged
def tiger(accuracy: Annotated[float, Range(0.5, 1)] = 0.85, horizon: Annotated[int, Range(0)] = 0) -> TabularPOMDP:
    """Builds Tiger: states tiger left (0) and right (1); actions listen (0), open left (1) and open right (2).

    Listening costs 1 and is right with probability ``accuracy``; the tiger costs 100 and the other door pays 10.
    Opening a door puts the tiger behind a random one; what is heard then says nothing.

    Rewards: -1 for listening, -100 for the tiger's door, 10 for the other.

    Ends: After ``horizon`` steps; if that is 0, never by the rules.

    Args:
        accuracy: of listening, in [0.5, 1].
        horizon: steps of an episode; 0: no end.

    Raises:
        SettingError: if a number is out of its range.
    """
    transitions, emissions = np.full((2, 3, 2), 0.5), np.full((3, 2, 2), 0.5)
    transitions[:, 0] = np.eye(2)
    emissions[0] = [[accuracy, 1 - accuracy], [1 - accuracy, accuracy]]
    rewards = [[-1.0, -100.0, 10.0], [-1.0, 10.0, -100.0]]
    return TabularPOMDP(transitions, emissions, rewards, [0.5, 0.5], horizon=horizon)
