"""The observation's mask allows nothing."""

import torch

from tests.toys import Cards


class MaskEmptyInObservation(Cards):
    def observe(self, state):
        seen = super().observe(state)
        return seen | {"action_mask": torch.zeros_like(seen["action_mask"])}
