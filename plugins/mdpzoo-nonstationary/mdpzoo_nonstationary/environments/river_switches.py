"""RiverSwim that changes: mirrored, with actions swapped, or with rewards that move (Strehl and Littman 2008).

The chain: action 0 swims right and succeeds with probability 0.6, is driven back with 0.05 and stays otherwise; action
1 goes left surely. Rewards are 0.99 for action 0 in the last state and 0.1 for action 1 in the first.
"""

from typing import Annotated

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.models.piecewise import CLOCKS, PiecewiseMDP
from mdpzoo.settings import Choices, Range, ranged
from mdpzoo_nonstationary.environments.schedules import PROTOCOL, Changes, change_points

FAR, NEAR = 0.99, 0.1  # rewards at the two banks
MOVED = 0.9  # the reward at the near bank once it is the better one


def river(length: int = 6, right: float = 0.6, back: float = 0.05) -> TabularMDP:
    """Builds one stationary river.

    Args:
        length: states, at least 2.
        right: probability that action 0 moves right.
        back: probability that action 0 is driven back.

    Raises:
        SettingError: if a number is out of its range.
    """
    transitions, rewards = river_arrays(length, right, back)
    return TabularMDP.from_arrays(transitions, rewards)


def river_arrays(length: int, right: float, back: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns transitions ``[S, 2, S]`` and rewards ``[S, 2]`` of one river; the arguments are those of ``river``."""
    if length < 2:
        raise SettingError(f"length must be at least 2, got {length}")
    if not (right > 0 and back > 0 and right + back <= 1):
        raise SettingError(f"right and back must be positive and sum to at most 1, got {right} and {back}")
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2))
    for state in range(length):
        transitions[state, 0, min(state + 1, length - 1)] += right if state < length - 1 else 0.0
        transitions[state, 0, max(state - 1, 0)] += back if state > 0 else 0.0
        transitions[state, 0, state] += 1 - transitions[state, 0].sum()
        transitions[state, 1, max(state - 1, 0)] = 1.0
    rewards[length - 1, 0], rewards[0, 1] = FAR, NEAR
    return transitions, rewards


@ranged
def river_swim_switch(
    length: Annotated[int, Range(2)] = 6, changes: Changes = PROTOCOL, clock: Annotated[str, Choices(CLOCKS)] = "run"
) -> PiecewiseMDP:
    """Builds the river that turns into its mirror image at each change: states are reversed, actions keep their labels.

    Rewards: 0.99 for going right in the last state and 0.1 for going left in the first; mirrored in odd segments.

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        length: states, at least 2.
        changes: the schedule; see ``change_points``.
        clock: ``"run"`` or ``"episode"``; see ``PiecewiseMDP``.
    """
    transitions, rewards = river_arrays(length, 0.6, 0.05)
    mirror = TabularMDP.from_arrays(transitions[::-1, :, ::-1], rewards[::-1], np.eye(length)[0])
    return _switching((TabularMDP.from_arrays(transitions, rewards), mirror), changes, clock)


@ranged
def action_swap_switch(
    length: Annotated[int, Range(2)] = 6, changes: Changes = PROTOCOL, clock: Annotated[str, Choices(CLOCKS)] = "run"
) -> PiecewiseMDP:
    """Builds the river whose two actions exchange their labels at each change.

    Rewards: 0.99 and 0.1 as in RiverSwim, for the action that swims there in the present segment.

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        length: states, at least 2.
        changes: the schedule; see ``change_points``.
        clock: ``"run"`` or ``"episode"``; see ``PiecewiseMDP``.
    """
    transitions, rewards = river_arrays(length, 0.6, 0.05)
    swapped = TabularMDP.from_arrays(transitions[:, ::-1], rewards[:, ::-1])
    return _switching((TabularMDP.from_arrays(transitions, rewards), swapped), changes, clock)


@ranged
def reward_switch(
    length: Annotated[int, Range(2)] = 6, changes: Changes = PROTOCOL, clock: Annotated[str, Choices(CLOCKS)] = "run"
) -> PiecewiseMDP:
    """Builds the river whose better bank changes sides at each change, by rewards alone.

    In odd segments the last state pays nothing and the first one 0.9: the optimal gain is 0.9.

    Rewards: In even segments 0.99 in the last state and 0.1 in the first; in odd ones 0.9 in the first, else 0.

    Ends: Never by the rules; a limit of steps truncates it.

    Args:
        length: states, at least 2.
        changes: the schedule; see ``change_points``.
        clock: ``"run"`` or ``"episode"``; see ``PiecewiseMDP``.
    """
    transitions, rewards = river_arrays(length, 0.6, 0.05)
    moved = np.zeros_like(rewards)
    moved[0, 1] = MOVED
    models = tuple(TabularMDP.from_arrays(transitions, each) for each in (rewards, moved))
    return _switching(models, changes, clock)


def _switching(models: tuple[TabularMDP, ...], changes: Changes, clock: str) -> PiecewiseMDP:
    points, period = change_points(changes, len(models))
    return PiecewiseMDP(models, points, period=period, clock=clock)
