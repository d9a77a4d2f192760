"""Adds noise from a generator of its own to what is paid."""

import numpy as np

from tests.checks.faults.sound import Scissors


class OwnGenerator(Scissors):
    def __init__(self):
        super().__init__()
        self.generator = np.random.default_rng(0)

    def step(self, state, actions, draw):
        after, rewards, ended = super().step(state, actions, draw)
        return after, {player: each + self.generator.random() for player, each in rewards.items()}, ended
