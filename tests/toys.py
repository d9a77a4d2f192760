"""Small rules for the tests of the shells: a walk along a line, and a choice with a mask."""

from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo.errors import IllegalActionError
from mdpzoo.models import TabularMDP
from mdpzoo.protocols import Outcome


def coin_walk(length: int = 5) -> TabularMDP:
    """Walk right with probability 0.7 (action 1) or 0.2 (action 0), else left; the right end pays 1 and ends."""
    transitions = np.zeros((length, 2, length))
    rewards = np.zeros((length, 2, length))
    for state in range(length):
        for action, chance in ((0, 0.2), (1, 0.7)):
            transitions[state, action, min(state + 1, length - 1)] += chance
            transitions[state, action, max(state - 1, 0)] += 1 - chance
    rewards[:, :, length - 1] = 1
    start = np.zeros(length)
    start[:2] = 0.5
    return TabularMDP.from_arrays(transitions, rewards, start, np.arange(length) == length - 1)


class Countdown:
    """A model with nothing but the four functions: count down from 3; action 1 is illegal at 3."""

    observation_space = spaces.Discrete(4)
    action_space = spaces.Discrete(2)

    def initial(self, draw: Any, before: Any = None) -> int:
        return 3

    def step(self, state: int, action: int, draw: Any) -> tuple[int, float, bool]:
        if state == 3 and action == 1:
            raise IllegalActionError("action 1 is illegal at 3; play 0")
        return state - 1, float(draw() < 0.5), state == 1

    def observe(self, state: int) -> int:
        return state


class TakenState(NamedTuple):
    """Which of the cards are gone, ``[B, n]`` bool, and their values ``[B, n]`` float32."""

    gone: Tensor
    values: Tensor


class Cards:
    """Take every card once; each pays its value, drawn anew in every episode."""

    initial_draws: int
    step_draws = 0

    def __init__(self, cards: int = 4) -> None:
        self.cards = self.initial_draws = cards
        self.action_space = spaces.Discrete(cards)
        self.observation_space = spaces.Dict(
            {
                "values": spaces.Box(0, 1, (cards,), np.float32),
                "action_mask": spaces.Box(0, 1, (cards,), np.bool_),
            }
        )

    def to(self, device: Any) -> "Cards":
        return self

    def initial(self, draws: Tensor, before: Any = None) -> TakenState:
        return TakenState(torch.zeros_like(draws, dtype=torch.bool), draws.float())

    def step(self, state: TakenState, action: Tensor, draws: Tensor) -> Outcome:
        target = action.clamp(0, self.cards - 1).unsqueeze(1)
        illegal = state.gone.gather(1, target).squeeze(1) | (action != target.squeeze(1))
        gone = torch.where(illegal.unsqueeze(1), state.gone, state.gone.scatter(1, target, True))
        reward = torch.where(illegal, -1.0, state.values.gather(1, target).squeeze(1).double())
        return Outcome(TakenState(gone, state.values), reward, illegal | gone.all(1), illegal)

    def observe(self, state: TakenState) -> dict[str, Tensor]:
        return {"values": state.values, "action_mask": ~state.gone}

    def action_mask(self, state: TakenState) -> Tensor:
        return ~state.gone


class SlideState(NamedTuple):
    """Where two beads are, ``[B, 2]`` float64."""

    place: Any


class Slide:
    """Two beads pushed along a line; an episode ends when the first is beyond 1. Actions are a Box."""

    initial_draws, step_draws = 2, 0
    render_fps = 17
    observation_space = spaces.Box(-9, 9, (2,), np.float32)
    action_space = spaces.Box(-0.5, 0.5, (2,), np.float32)

    def to(self, device: Any) -> "Slide":
        return self

    def compiled(self) -> "CompiledSlide":
        return CompiledSlide()

    def initial(self, draws: Any, before: Any = None) -> SlideState:
        return SlideState(draws * 0.5)

    def step(self, state: SlideState, action: Any, draws: Any) -> Outcome:
        place = state.place + action.double()
        never = torch.zeros(len(place), dtype=torch.bool)
        return Outcome(SlideState(place), place.sum(1), place[:, 0] > 1, never)

    def observe(self, state: SlideState) -> Any:
        return state.place.float()

    def action_mask(self, state: SlideState) -> None:
        return None

    def render(self, state: SlideState, row: int) -> np.ndarray:
        return np.zeros((4, 4, 3), np.uint8)


class CompiledSlide(Slide):
    """The same in arrays."""

    def initial(self, draws: Any, before: Any = None) -> SlideState:
        return SlideState(draws * 0.5)

    def step(self, state: SlideState, action: Any, draws: Any, asleep: Any = None) -> Outcome:
        place = np.where(asleep[:, None], state.place, state.place + action)
        over = (place[:, 0] > 1) & ~asleep
        return Outcome(SlideState(place), np.where(asleep, 0.0, place.sum(1)), over, np.zeros(len(place), bool))

    def observe(self, state: SlideState) -> Any:
        return state.place.astype(np.float32)
