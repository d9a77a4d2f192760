"""Batched problems with one fault each; the sound one is ``tests.toys:Cards``."""

import torch
from gymnasium import spaces

from tests.toys import Cards


class MaskAllowsIllegal(Cards):
    """The mask allows a card that is gone."""

    def action_mask(self, state):
        mask = super().action_mask(state)
        return mask | (torch.arange(self.cards) == 0)

    def observe(self, state):
        return super().observe(state) | {"action_mask": self.action_mask(state)}


class NeverReports(Cards):
    """Taking card 1 a second time is taken for legal."""

    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        return outcome._replace(illegal=outcome.illegal & (action != 1))


class MaskDiffers(Cards):
    """The observation's mask forgets the last card."""

    def observe(self, state):
        seen = super().observe(state)
        return seen | {"action_mask": seen["action_mask"] & (torch.arange(self.cards) < self.cards - 1)}


class MaskEmptyInObservation(Cards):
    """The observation's mask allows nothing."""

    def observe(self, state):
        seen = super().observe(state)
        return seen | {"action_mask": torch.zeros_like(seen["action_mask"])}


class Float64Observed(Cards):
    """Observes float64 where the space says float32."""

    def observe(self, state):
        seen = super().observe(state)
        return seen | {"values": seen["values"].double()}


class BoolForInt8(Cards):
    """Observes bool where the space says int8."""

    def __init__(self, cards=4):
        super().__init__(cards)
        parts = dict(self.observation_space.spaces)
        self.observation_space = spaces.Dict(parts | {"action_mask": spaces.MultiBinary(cards)})


class NotANumber(Cards):
    """Pays nan for card 2."""

    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        return outcome._replace(reward=torch.where(action == 2, float("nan"), outcome.reward))


class ChangesItsState(Cards):
    """Writes into the state that it was given."""

    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        state.gone.copy_(outcome.state.gone)
        return outcome


class ReadsBack(Cards):
    """Reads a value back to the host."""

    def step(self, state, action, draws):
        float(state.values.sum())
        return super().step(state, action, draws)
