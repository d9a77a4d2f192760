"""Its mask allows nothing once two cards are gone."""

import numpy as np

from tests.checks.faults.sound import Picker


class EmptyMask(Picker):
    def action_mask(self, state):
        return super().action_mask(state) & np.array([sum(state.gone) < 2] * 3)
