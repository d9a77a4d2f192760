"""Takes half of the steps that it is asked for."""

from tests.checks.faults.sound import Counting


class StopsHalfway(Counting):
    def learn(self, total_timesteps, *arguments, **more):
        return super().learn(total_timesteps // 2, *arguments, **more)
