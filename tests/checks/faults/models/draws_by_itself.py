"""Pays what a generator of its own says."""

import numpy as np

from tests.checks.faults.sound import Line


class DrawsByItself(Line):
    def __init__(self):
        self.generator = np.random.default_rng(0)

    def step(self, state, action, draw):
        after, _, ended = super().step(state, action, draw)
        return after, float(self.generator.random()), ended
