"""A corridor with a copy of one action that is worse by ``eps``: an example of the policy cliff.

At ``eps = 0`` the best actions are tied and any change of reward, however small, may turn the greedy policy; the values
hardly move. Source: the argument of arXiv:2507.20150 on ties; the example is this project's.
"""

from typing import Annotated

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.settings import Range, ranged


@ranged
def tied_actions(eps: Annotated[float, Range()] = 0.0, rooms: Annotated[int, Range(1)] = 4) -> TabularMDP:
    """Builds the corridor: action 0 goes on, action 1 goes on and pays ``eps`` less, action 2 goes back.

    Rewards: 1 for going on from the last room, less ``eps`` wherever action 1 goes on.

    Ends: Behind the last room.

    Args:
        eps: difference of the two rewards; any finite number.
        rooms: states before the last one, at least 1.

    Raises:
        SettingError: if an argument is out of its range.
    """
    transitions, rewards = np.zeros((rooms + 1, 3, rooms + 1)), np.zeros((rooms + 1, 3))
    for room in range(rooms):
        transitions[room, :2, room + 1] = 1
        transitions[room, 2, max(room - 1, 0)] = 1
        rewards[room] = 0.0, -eps, 0.0
    rewards[rooms - 1, :2] += 1
    transitions[rooms, :, rooms] = 1
    return TabularMDP.from_arrays(transitions, rewards, terminal=np.arange(rooms + 1) == rooms)
