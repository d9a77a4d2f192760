"""Observes a list."""

from tests.checks.faults.sound import Drift


class ObservesAList(Drift):
    def seen(self):
        return super().seen().tolist()
