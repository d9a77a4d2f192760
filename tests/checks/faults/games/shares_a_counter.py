"""Counts the rounds of all its instances, and pays by them."""

from tests.checks.faults.sound import Scissors

ROUNDS = [0]


class SharesACounter(Scissors):
    def step(self, state, actions, draw):
        ROUNDS[0] += 1
        after, rewards, ended = super().step(state, actions, draw)
        return after, {player: float(ROUNDS[0] % 7) for player in rewards}, ended
