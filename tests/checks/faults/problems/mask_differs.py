"""The observation's mask forgets the last card."""

import torch

from tests.toys import Cards


class MaskDiffers(Cards):
    def observe(self, state):
        seen = super().observe(state)
        return seen | {"action_mask": seen["action_mask"] & (torch.arange(self.cards) < self.cards - 1)}
