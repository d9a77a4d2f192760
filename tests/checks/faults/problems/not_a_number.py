"""Pays nan for card 2."""

import torch

from tests.toys import Cards


class NotANumber(Cards):
    def step(self, state, action, draws):
        outcome = super().step(state, action, draws)
        return outcome._replace(reward=torch.where(action == 2, float("nan"), outcome.reward))
