"""Observes a number without a player."""

from tests.checks.faults.sound import Scissors


class ObservesInteger(Scissors):
    def observe(self, state):
        return int(state)
