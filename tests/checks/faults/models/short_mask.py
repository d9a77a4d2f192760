"""Its mask has two entries for three actions."""

from tests.checks.faults.sound import Picker


class ShortMask(Picker):
    def action_mask(self, state):
        return super().action_mask(state)[:2]
