"""Observations lie outside the space from the fourth step on."""

import numpy as np

from tests.checks.faults.sound import Line


class LeavesTheSpace(Line):
    def observe(self, state):
        return np.array([state if state < 4 else 99], np.float32)
