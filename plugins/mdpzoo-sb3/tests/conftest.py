import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary

torch.set_num_threads(1)


class Doors(gymnasium.Env):
    """Five doors, of which one to three are open; going through a closed one is an error, the last open one pays 1."""

    def __init__(self, asks=True):
        self.observation_space = Dict({"seen": Box(0, 1, (5,)), "action_mask": MultiBinary(5)})
        self.action_space = Discrete(5)
        if asks:
            self.action_masks = lambda: self.open.copy()

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self._look(), {}

    def step(self, action):
        assert self.open[action], "went through a closed door"
        reward = float(action == np.flatnonzero(self.open)[-1])
        self.steps += 1
        return self._look(), reward, self.steps == 10, False, {}

    def _look(self):
        self.open = np.zeros(5, bool)
        self.open[self.np_random.choice(5, self.np_random.integers(1, 4), replace=False)] = True
        return {"seen": self.np_random.random(5, np.float32), "action_mask": self.open.astype(np.int8)}


class Toy(gymnasium.Env):
    """Any spaces; observations are drawn, the reward is 1 and an episode takes 8 steps."""

    def __init__(self, observation_space, action_space):
        self.observation_space, self.action_space = observation_space, action_space

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        if seed is not None:
            self.observation_space.seed(seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        self.steps += 1
        return self.observation_space.sample(), 1.0, self.steps == 8, False, {}


@pytest.fixture
def doors():
    return Doors


@pytest.fixture
def toy():
    return Toy
