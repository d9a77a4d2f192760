"""Breadth-first search for all states that a model can reach, and their table."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP

Outcome = tuple[float, Hashable, float, bool]  # probability, next state, reward, whether the episode ends


def explore(
    starts: Mapping[Any, float],
    outcomes: Callable[[Any, int], Iterable[Outcome]],
    num_actions: int,
    max_states: int = 100_000,
) -> tuple[TabularMDP, list[Any]]:
    """Makes the table of a model that is given as a function.

    Args:
        starts: probability of each start state; states are hashable.
        outcomes: returns the outcomes of a state and an action as ``(probability, next state, reward, ends)``; if
            ``ends``, the next state is ignored. Called once for each state and action, with actions in order.
        num_actions: A.
        max_states: maximum number of states.

    Returns:
        The model, and its states in the order of their numbers. The model has one more state, the last, which is
        terminal.

    Raises:
        SettingError: if there are more states, or the probabilities of an action do not sum to 1.

    Costs one call and O(1) memory for each state and action.
    """
    numbers: dict[Any, int] = {}
    states: list[Any] = []

    def number(state: Any) -> int:
        found = numbers.setdefault(state, len(states))
        if found == len(states):
            if found == max_states:
                raise SettingError(
                    f"there are more than {max_states:,} states; give a larger max_states, or a smaller environment"
                )
            states.append(state)
        return found

    first = [(number(state), probability) for state, probability in starts.items()]
    counts, successors, probabilities, rewards = [], [], [], []
    at = 0
    while at < len(states):
        for action in range(num_actions):
            listed = list(outcomes(states[at], action))
            counts.append(len(listed))
            for probability, next_state, reward, ends in listed:
                successors.append(-1 if ends else number(next_state))
                probabilities.append(probability)
                rewards.append(reward)
        at += 1
    return _model(first, counts, successors, probabilities, rewards, len(states), num_actions), states


def _model(
    starts: list[tuple[int, float]],
    counts: list[int],
    successors: list[int],
    probabilities: list[float],
    rewards: list[float],
    end: int,
    num_actions: int,
) -> TabularMDP:
    """Appends the terminal state ``end``, to which successors of -1 lead."""
    start = np.zeros(end + 1)
    for state, probability in starts:
        start[state] += probability
    after = np.array([*successors, *[end] * num_actions], np.int64)
    after[after < 0] = end
    return TabularMDP(
        np.concatenate(([0], np.cumsum([*counts, *[1] * num_actions]))),
        after,
        np.array([*probabilities, *[1.0] * num_actions], np.float64),
        np.array([*rewards, *[0.0] * num_actions], np.float64),
        start,
        np.arange(end + 1) == end,
    )
