"""Counts the steps of all its instances, and shows them in the reward."""

from tests.checks.faults.sound import Line

STEPS = [0]


class SharesACounter(Line):
    def step(self, state, action, draw):
        STEPS[0] += 1
        after, _, ended = super().step(state, action, draw)
        return after, float(STEPS[0] % 2), ended
