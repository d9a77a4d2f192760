"""Pays by the hash of a string, which every process draws anew."""

from tests.checks.faults.sound import Line


class OrderOfHashes(Line):
    def step(self, state, action, draw):
        after, _, ended = super().step(state, action, draw)
        return after, float(hash(f"room {state}") % 1000), ended
