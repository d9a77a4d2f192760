"""Learns on after a callback has returned False."""

from tests.checks.faults.sound import Counting


class CannotBeStopped(Counting):
    def _play(self, callback):
        super()._play(callback)
        return True
