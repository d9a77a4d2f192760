"""Observes a state that the space does not have."""

import numpy as np

from tests.checks.faults.sound import Scissors


class ObservesOutside(Scissors):
    def observe(self, state):
        return {player: np.int64(99) for player in self.players}
