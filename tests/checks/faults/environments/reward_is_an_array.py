"""Pays an array."""

import numpy as np

from tests.checks.faults.sound import Drift


class RewardIsAnArray(Drift):
    def step(self, action):
        seen, reward, *rest = super().step(action)
        return seen, np.array([reward]), *rest
