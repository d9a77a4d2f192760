"""Says 0 and 1 where it should say False and True."""

from tests.checks.faults.sound import Drift


class FlagsAreNumbers(Drift):
    def step(self, action):
        seen, reward, terminated, truncated, info = super().step(action)
        return seen, reward, int(terminated), truncated, info
