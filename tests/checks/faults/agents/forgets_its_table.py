"""Keeps what it learns beside the policy, where save does not look."""

import torch

from tests.checks.faults.sound import Counting, CountingPolicy


class Forgetful(CountingPolicy):
    def __init__(self, observation_space, action_space):
        super().__init__(observation_space, action_space)
        shape = self.table.shape
        del self.table
        self.table = [torch.zeros(shape[1], dtype=torch.float64) for _ in range(shape[0])]

    def _predict(self, observation, deterministic=False):
        return torch.stack(self.table)[observation.long()].argmax(1)


class ForgetsItsTable(Counting):
    def __init__(self, policy=Forgetful, env=None, **more):
        super().__init__(policy, env, **more)

    def observe(self, transitions):
        for observation, action in zip(transitions.observations, transitions.actions, strict=True):
            self.policy.table[int(observation)][int(action)] += 1
