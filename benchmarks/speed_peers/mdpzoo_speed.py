"""Our environments: ``make_vec`` with NumPy and with torch output, and for B = 1 the single environment, too.

``autoreset_mode="disabled"``: resets are left out of every measurement here. A step returns the whole observation, the
reward and the infos; it checks whether its action is legal.
"""

import worker  # first: it sets the number of threads  # isort: skip
from typing import Any

import numpy as np
import torch
from torch_sampler import Sampler

import mdpzoo

SIZES = {"TSP": "num_nodes", "ATSP": "num_nodes", "CVRP": "num_customers", "OP": "num_customers"}
SIZES |= {"Knapsack": "num_items"}


class NumpySampler:
    """The sampler of the comparison in NumPy: uniform numbers raised by one where legal, the largest."""

    def __init__(self, batch: int, actions: int) -> None:
        """Allocates ``[B, actions]``."""
        self.noise, self.random = np.empty((batch, actions), np.float32), np.random.default_rng(0)
        self.raised = np.empty_like(self.noise)

    def __call__(self, mask: np.ndarray) -> np.ndarray:
        """Actions ``[B]`` from a mask ``[B, actions]`` bool."""
        self.random.random(out=self.noise, dtype=np.float32)
        return np.add(self.noise, mask, out=self.raised).argmax(1)


class Episodes:
    """B episodes of a vector environment."""

    def __init__(self, id: str, batch: int, output: str, settings: dict[str, Any]) -> None:
        """Records one legal episode of every row."""
        self.envs = mdpzoo.make_vec(id, batch, output=output, autoreset_mode="disabled", **settings)
        actions = int(self.envs.single_action_space.n)
        self.draw: Any = Sampler(batch, actions) if output == "torch" else NumpySampler(batch, actions)
        self.actions: list[Any] = []
        observation, done = self.begin(), False
        while not done:
            self.actions.append(self.draw(observation["action_mask"]))
            observation, _, ended, *_ = self.envs.step(self.actions[-1])
            done = bool(ended.all())
        self.steps = batch * len(self.actions)

    def begin(self) -> Any:
        """Resets; returns the first observation."""
        return self.envs.reset(seed=0)[0]

    def replay(self, observation: Any) -> int:
        """The recorded episodes."""
        step = self.envs.step
        for action in self.actions:
            step(action)
        return self.steps

    def sample(self, observation: Any) -> int:
        """As many steps, each action drawn."""
        step, draw = self.envs.step, self.draw
        for _ in self.actions:
            observation, *_ = step(draw(observation["action_mask"]))
        return self.steps


class SingleEpisode:
    """One episode of a single environment."""

    def __init__(self, id: str, settings: dict[str, Any]) -> None:
        """Records one legal episode."""
        self.env = mdpzoo.make(id, **settings).unwrapped
        self.draw = NumpySampler(1, int(self.env.action_space.n))
        self.actions: list[int] = []
        observation, done = self.begin(), False
        while not done:
            self.actions.append(int(self.draw(observation["action_mask"])[0]))
            observation, _, done, *_ = self.env.step(self.actions[-1])

    def begin(self) -> Any:
        """Resets; returns the first observation."""
        return self.env.reset(seed=0)[0]

    def replay(self, observation: Any) -> int:
        """The recorded episode."""
        step = self.env.step
        for action in self.actions:
            step(action)
        return len(self.actions)

    def sample(self, observation: Any) -> int:
        """An episode, each action drawn."""
        step, draw, done, steps = self.env.step, self.draw, False, 0
        while not done:
            observation, _, done, *_ = step(draw(observation["action_mask"])[0])
            steps += 1
        return steps


def prepare(problem: str, size: int, batch: int) -> worker.Plays:
    """The plays of a shape; none for unknown ids."""
    id = f"mdpzoo/{problem}-v0"
    if id not in mdpzoo.environments():
        return {}
    settings, plays = {SIZES[problem]: size}, {}
    for output in ("numpy", "torch"):
        many = Episodes(id, batch, output, settings)
        usage = f"ours, {output} output"
        plays[usage, worker.ALONE] = worker.Play(many.begin, many.replay)
        plays[usage, worker.SAMPLER] = worker.Play(many.begin, many.sample)
    if batch == 1:
        one = SingleEpisode(id, settings)
        plays["ours, one", worker.ALONE] = worker.Play(one.begin, one.replay)
        plays["ours, one", worker.SAMPLER] = worker.Play(one.begin, one.sample)
    return plays


if __name__ == "__main__":
    torch.set_num_threads(1)
    worker.main("our environments", prepare)
