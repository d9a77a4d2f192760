"""Its mask forbids the last card, which can be taken."""

import numpy as np

from tests.checks.faults.sound import Picker


class ForbidsLegalActions(Picker):
    def action_mask(self, state):
        mask = super().action_mask(state)
        return mask & np.array([True, True, mask.sum() == 1])
