"""Starts every episode from an unpredictable place."""

import numpy as np

from tests.checks.faults.sound import Drift


class IgnoresTheSeed(Drift):
    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = float(np.random.default_rng().normal())
        return self.seen(), {}
