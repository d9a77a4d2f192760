"""Draws from fresh randomness whatever the seed."""

import numpy as np

from tests.checks.faults.sound import Counting


class IgnoresTheSeed(Counting):
    def act(self, observations):
        return np.random.default_rng().integers(int(self.action_space.n), size=len(observations))
