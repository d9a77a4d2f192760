"""Observes float64 where the space says float32."""

import numpy as np

from tests.checks.faults.sound import Line


class WrongDtype(Line):
    def observe(self, state):
        return np.array([state], np.float64)
