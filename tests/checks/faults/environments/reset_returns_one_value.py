"""Its reset() returns no info."""

from tests.checks.faults.sound import Drift


class ResetReturnsOneValue(Drift):
    def reset(self, *, seed=None, options=None):
        return super().reset(seed=seed)[0]
