"""Leaves its declared range of rewards."""

from tests.checks.faults.sound import Drift


class LeavesItsRange(Drift):
    reward_range = (-1e-9, 0.0)
