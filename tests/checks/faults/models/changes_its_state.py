"""Keeps its state in a list and writes into it."""

import numpy as np

from tests.checks.faults.sound import Line


class ChangesItsState(Line):
    def initial(self, draw, before=None):
        return [0]

    def step(self, state, action, draw):
        state[0] += 1
        return [state[0]], float(action), state[0] == 9

    def observe(self, state):
        return np.array(state, np.float32)
