"""Clips the action in the caller's own array."""

from tests.checks.faults.sound import Drift


class WritesIntoActions(Drift):
    def step(self, action):
        outcome = super().step(action)
        action *= 0.5
        return outcome
