"""Counts from 0 again when it should learn on."""

from tests.checks.faults.sound import Counting


class CountsFromZero(Counting):
    def learn(self, total_timesteps, callback=None, reset_num_timesteps=True, **more):
        return super().learn(total_timesteps, callback, reset_num_timesteps=True, **more)
