"""Goes on from the last episode's place after a reset."""

from tests.checks.faults.sound import Drift


class ForgetsToReset(Drift):
    last = None

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = self.place if self.last is None else self.last
        return self.seen(), {}

    def step(self, action):
        outcome = super().step(action)
        self.last = self.place
        return outcome
