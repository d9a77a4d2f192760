"""The code behind the good plugin; nothing here needs torch."""

import numpy as np
from gymnasium.spaces import Discrete

from mdpzoo.models import TabularMDP


def corridor(length: int = 3) -> TabularMDP:
    """Action 1 leads on, action 0 back; the last room pays 1 and ends the episode."""
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2))
    for room in range(length):
        transitions[room, 0, max(room - 1, 0)] = transitions[room, 1, min(room + 1, length - 1)] = 1
    rewards[length - 2, 1] = 1
    return TabularMDP.from_arrays(transitions, rewards, terminal=np.arange(length) == length - 1)


class Pennies:
    """The first player wins where both show the same side; nobody sees anything."""

    players = ("even", "odd")

    def __init__(self):
        self.observation_spaces = {player: Discrete(1) for player in self.players}
        self.action_spaces = {player: Discrete(2) for player in self.players}

    def initial(self, draw, before=None):
        return 0

    def step(self, state, actions, draw):
        won = 1.0 if actions["even"] == actions["odd"] else -1.0
        return state, {"even": won, "odd": -won}, False

    def observe(self, state):
        return {player: np.int64(0) for player in self.players}


class Majority:
    """Counts what each action has paid."""

    def __init__(self, env, seed=None):
        self.env, self.generator = env, np.random.default_rng(seed)
        self.paid = np.zeros(env.action_space.n)

    def learn(self, total_timesteps):
        self.env.reset(seed=int(self.generator.integers(2**31)))
        for _ in range(total_timesteps):
            action = int(self.generator.integers(len(self.paid)))
            _, reward, terminated, truncated, _ = self.env.step(action)
            self.paid[action] += reward
            if terminated or truncated:
                self.env.reset()
        return self

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return self.paid.argmax(), state


def greet(name: str) -> None:
    """Greet somebody. Example: mdpzoo good-greet Ada"""
    print(f"hello {name}")
