"""Observes a scalar where the space says a vector."""

import numpy as np

from tests.checks.faults.sound import Line


class WrongShape(Line):
    def observe(self, state):
        return np.float32(state)
