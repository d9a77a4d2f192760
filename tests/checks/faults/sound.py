"""Sound rules, simulators and an agent; each fault beside them is a subclass with one thing wrong."""

from typing import NamedTuple

import gymnasium
import numpy as np
import torch
from gymnasium import spaces
from pettingzoo import ParallelEnv
from stable_baselines3.common.policies import BasePolicy

from mdpzoo.errors import IllegalActionError
from mdpzoo.interop.online import OnlineAgent
from mdpzoo_example.matrix_game import MatrixGame


class Line:
    """Walk right from 0; ends at 9, and pays the action."""

    observation_space, action_space = spaces.Box(0, 9, (1,), np.float32), spaces.Discrete(2)
    reward_range = (0.0, 1.0)

    def initial(self, draw, before=None):
        return 0

    def step(self, state, action, draw):
        return state + 1, float(action), state == 8

    def observe(self, state):
        return np.array([state], np.float32)


class Taken(NamedTuple):
    """Which of three cards are gone."""

    gone: tuple[bool, ...] = (False, False, False)


class Picker:
    """Take three cards, each once."""

    observation_space, action_space = spaces.MultiBinary(3), spaces.Discrete(3)

    def initial(self, draw, before=None):
        return Taken()

    def step(self, state, action, draw):
        if not 0 <= action < 3 or state.gone[action]:
            raise IllegalActionError(f"card {action} is gone")
        after = Taken(tuple(gone or card == action for card, gone in enumerate(state.gone)))
        return after, float(draw()), all(after.gone)

    def observe(self, state):
        return np.array(state.gone, np.int8)

    def action_mask(self, state):
        return ~np.array(state.gone)


class Scissors(MatrixGame):
    """Rock, paper, scissors."""

    def __init__(self):
        super().__init__("rock-paper-scissors")


class Drift(gymnasium.Env):
    """A simulator: a point drifts at random, is pushed, and after eight steps the episode ends."""

    metadata = {"render_modes": []}

    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        self.observation_space = spaces.Box(-100, 100, (2,), np.float32)
        self.action_space = spaces.Box(-1, 1, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.steps = float(self.np_random.normal()), 0
        return self.seen(), {}

    def step(self, action):
        self.place = float(np.clip(self.place + float(action[0]) + 0.1 * self.np_random.normal(), -100, 100))
        self.steps += 1
        return self.seen(), -abs(self.place), self.steps == 8, False, {}

    def seen(self):
        return np.array([self.place, self.steps], np.float32)


class Duel(ParallelEnv):
    """A simulator of two players: each adds to a sum, and four rounds are a game."""

    metadata = {"name": "duel_v0", "is_parallelizable": True}
    possible_agents = ["player_0", "player_1"]

    def __init__(self, render_mode=None, max_cycles=None):
        self.render_mode = render_mode
        self.generator = np.random.default_rng()
        self.spaces = {each: (spaces.Box(0, 20, (1,), np.float32), spaces.Discrete(3)) for each in self.possible_agents}

    def observation_space(self, agent):
        return self.spaces[agent][0]

    def action_space(self, agent):
        return self.spaces[agent][1]

    def reset(self, seed=None, options=None):
        if seed is not None:
            self.generator = np.random.default_rng(seed)
        self.agents, self.sum, self.rounds = list(self.possible_agents), float(self.generator.random()), 0
        return self.seen(), {each: {} for each in self.agents}

    def step(self, actions):
        self.sum += int(sum(actions.values()))
        self.rounds += 1
        over = dict.fromkeys(self.agents, self.rounds == 4)
        rewards = dict.fromkeys(self.agents, self.sum % 3 - 1)
        never, infos = dict.fromkeys(self.agents, False), {each: {} for each in self.agents}
        seen = self.seen()
        self.agents = [] if self.rounds == 4 else self.agents
        return seen, rewards, over, never, infos

    def seen(self):
        return {each: np.array([self.sum], np.float32) for each in self.possible_agents}


class CountingPolicy(BasePolicy):
    """Takes the action that was taken most, from a table that ``save`` keeps."""

    def __init__(self, observation_space, action_space):
        super().__init__(observation_space, action_space)
        self.register_buffer("table", torch.zeros(int(observation_space.n), int(action_space.n), dtype=torch.float64))

    def _predict(self, observation, deterministic=False):
        return self.table[observation.long()].argmax(1)


class Counting(OnlineAgent):
    """Acts at random while it learns, and counts what it does."""

    def __init__(self, policy=CountingPolicy, env=None, *, seed=None, _init_setup_model=True):
        super().__init__(policy, env, seed=seed)
        if _init_setup_model:
            self._setup_model()

    def act(self, observations):
        return self.generator.integers(int(self.action_space.n), size=len(observations))

    def observe(self, transitions):
        for observation, action in zip(transitions.observations, transitions.actions, strict=True):
            self.policy.table[int(observation), int(action)] += 1
