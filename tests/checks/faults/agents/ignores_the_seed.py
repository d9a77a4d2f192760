"""Learns from fresh randomness, whatever the seed."""

import numpy as np

from tests.checks.faults.sound import Counting


class IgnoresTheSeed(Counting):
    def observe(self, transitions):
        self.policy.table += np.random.default_rng().random()
