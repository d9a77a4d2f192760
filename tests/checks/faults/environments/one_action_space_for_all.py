"""All its instances have one action space, and with it one seed."""

import numpy as np
from gymnasium import spaces

from tests.checks.faults.sound import Drift

PUSHES = spaces.Box(-1, 1, (1,), np.float32)


class OneActionSpaceForAll(Drift):
    def __init__(self, render_mode=None):
        super().__init__(render_mode)
        self.action_space = PUSHES
