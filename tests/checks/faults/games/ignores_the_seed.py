"""Starts every game from an unpredictable sum."""

import numpy as np

from tests.checks.faults.sound import Duel


class IgnoresTheSeed(Duel):
    def reset(self, seed=None, options=None):
        self.generator = np.random.default_rng()
        return super().reset()
