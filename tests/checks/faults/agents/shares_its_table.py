"""All its instances count in one table."""

import torch

from tests.checks.faults.sound import Counting, CountingPolicy

TABLE = torch.zeros(4, 2, dtype=torch.float64)


class Shared(CountingPolicy):
    def __init__(self, observation_space, action_space):
        super().__init__(observation_space, action_space)
        self.register_buffer("table", TABLE)


class SharesItsTable(Counting):
    def __init__(self, policy=Shared, env=None, **more):
        super().__init__(policy, env, **more)
