"""Pays nan at the third step."""

from tests.checks.faults.sound import Line


class NotANumber(Line):
    def step(self, state, action, draw):
        after, reward, ended = super().step(state, action, draw)
        return after, float("nan") if state == 2 else reward, ended
