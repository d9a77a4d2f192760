"""Small environments for agents without environments of their own: one for each usual pair of spaces."""

from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces

from mdpzoo.models import TabularMDP


def corridor(rooms: int = 4) -> TabularMDP:
    """Builds a corridor: action 1 moves on with probability 0.9, action 0 back; the last room pays 1 and ends."""
    transitions, rewards = np.zeros((rooms, 2, rooms)), np.zeros((rooms, 2, rooms))
    for room in range(rooms):
        transitions[room, 0, max(room - 1, 0)] += 1
        transitions[room, 1, min(room + 1, rooms - 1)] += 0.9
        transitions[room, 1, room] += 0.1
    rewards[:-1, :, -1] = 1
    return TabularMDP.from_arrays(transitions, rewards, terminal=np.arange(rooms) == rooms - 1)


class Hand(NamedTuple):
    """The cards of an episode.

    Attributes:
        values: of each card, in [0, 1).
        taken: whether each is gone.
    """

    values: tuple[float, ...]
    taken: tuple[bool, ...]


class Cards:
    """Take every card once; each pays its value. Observes a dictionary with ``action_mask``."""

    def __init__(self, cards: int = 4) -> None:
        """Deals ``cards`` cards an episode."""
        self.cards = cards
        self.action_space = spaces.Discrete(cards)
        self.observation_space = spaces.Dict(
            value=spaces.Box(0, 1, (cards,), np.float32), action_mask=spaces.MultiBinary(cards)
        )

    def initial(self, draw: Any, before: Hand | None = None) -> Hand:
        """Deals."""
        return Hand(tuple(draw() for _ in range(self.cards)), (False,) * self.cards)

    def step(self, state: Hand, action: int, draw: Any) -> tuple[Hand, float, bool]:
        """Takes a card; one that is gone pays nothing."""
        if state.taken[action]:
            return state, 0.0, False
        taken = tuple(gone or card == action for card, gone in enumerate(state.taken))
        return Hand(state.values, taken), state.values[action], all(taken)

    def observe(self, state: Hand) -> dict[str, np.ndarray]:
        """Returns the values and the mask of the remaining cards."""
        return {"value": np.array(state.values, np.float32), "action_mask": 1 - np.array(state.taken, np.int8)}

    def action_mask(self, state: Hand) -> np.ndarray:
        """Returns the mask of the remaining cards, ``[cards]`` bool."""
        return ~np.array(state.taken)


class Ball:
    """Keep a ball near 0 with a bounded push; observations and actions are Boxes."""

    observation_space = spaces.Box(-10, 10, (1,), np.float32)
    action_space: spaces.Space[Any] = spaces.Box(-1, 1, (1,), np.float32)

    def initial(self, draw: Any, before: float | None = None) -> float:
        """Starts in [-1, 1)."""
        return 2 * draw() - 1

    def step(self, state: float, action: Any, draw: Any) -> tuple[float, float, bool]:
        """Moves by the push and a wind; pays minus the distance."""
        after = float(np.clip(state + 0.1 * float(np.ravel(action)[0]) + 0.1 * (draw() - 0.5), -10, 10))
        return after, -abs(after), False

    def observe(self, state: float) -> np.ndarray:
        """Returns the place, ``[1]`` float32."""
        return np.array([state], np.float32)


class PushedBall(Ball):
    """The same with two pushes, left and right."""

    action_space = spaces.Discrete(2)

    def step(self, state: float, action: Any, draw: Any) -> tuple[float, float, bool]:
        """Moves by a whole push to the left (0) or to the right (1)."""
        return super().step(state, 2.0 * action - 1, draw)


TOYS = (corridor, Cards, PushedBall, Ball)
LIMIT = 8  # steps of an episode
