"""Pays nan for every other pair of actions."""

from tests.checks.faults.sound import Scissors


class NotANumber(Scissors):
    def step(self, state, actions, draw):
        after, rewards, ended = super().step(state, actions, draw)
        return after, rewards | ({"player_1": float("nan")} if after % 2 else {}), ended
