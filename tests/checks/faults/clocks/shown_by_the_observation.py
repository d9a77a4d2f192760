"""Shows the hidden phase beside the position."""

import numpy as np
from gymnasium import spaces

from mdpzoo_example.tidal_swim import TidalSwim


class ShownByTheObservation(TidalSwim):
    def __init__(self, length=6, period=3):
        super().__init__(length, period)
        self.observation_space = spaces.MultiDiscrete([length, 2])

    def observe(self, state):
        return np.array([state.position, state.clock // self.period % 2])

    def __getattribute__(self, name):
        if name == "batched":  # a model that steps one state at a time
            raise AttributeError(name)
        return super().__getattribute__(name)
