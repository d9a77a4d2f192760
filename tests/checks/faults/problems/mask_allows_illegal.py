"""The mask allows a card that is gone."""

import torch

from tests.toys import Cards


class MaskAllowsIllegal(Cards):
    def action_mask(self, state):
        return super().action_mask(state) | (torch.arange(self.cards) == 0)

    def observe(self, state):
        return super().observe(state) | {"action_mask": self.action_mask(state)}
