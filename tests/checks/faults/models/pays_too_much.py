"""Pays 2 at the last step, though it declares rewards in 0..1."""

from tests.checks.faults.sound import Line


class PaysTooMuch(Line):
    def step(self, state, action, draw):
        after, reward, ended = super().step(state, action, draw)
        return after, 2.0 if ended else reward, ended
