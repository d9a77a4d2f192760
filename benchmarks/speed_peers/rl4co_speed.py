"""RL4CO's environments, stepped as its own policies step them.

Its environment: ``python3 -m venv rl4co && rl4co/bin/pip install torch==2.13.0`` (from PyTorch's CPU index), then
``rl4co/bin/pip install rl4co==0.7.0 torch==2.13.0``; tensordict 0.14.3 and torchrl 0.14.1 work with it.

Chosen in its favour: rewards, which it computes from finished tours, are left out; no type checks, no solution
checks, inference mode.
"""

import worker  # first: it sets the number of threads  # isort: skip
from typing import Any

import torch
from rl4co.envs import ATSPEnv, CVRPEnv, OPEnv, TSPEnv
from torch_sampler import Sampler

ENVIRONMENTS = {"TSP": TSPEnv, "ATSP": ATSPEnv, "CVRP": CVRPEnv, "OP": OPEnv}


class Episodes:
    """B episodes of one environment."""

    def __init__(self, problem: str, size: int, batch: int) -> None:
        """Makes instances, and records one legal episode of each."""
        self.env = ENVIRONMENTS[problem](generator_params={"num_loc": size}, check_solution=False, seed=0)
        self.start = self.env.reset(batch_size=[batch])
        self.draw = Sampler(*self.start["action_mask"].shape)
        self.actions: list[torch.Tensor] = []
        state = self.begin()
        while not self.actions or not state["done"].all():
            self.actions.append(self.draw(state["action_mask"]))
            state = self.step(state, self.actions[-1])
        self.steps = batch * len(self.actions)

    def begin(self) -> Any:
        """A copy of the start; a step changes its state in place."""
        return self.start.clone()

    def step(self, state: Any, action: torch.Tensor) -> Any:
        """Acts once in every row."""
        state.set("action", action)
        return self.env.step(state)["next"]

    def replay(self, state: Any) -> int:
        """The recorded episodes."""
        for action in self.actions:
            state = self.step(state, action)
        return self.steps

    def sample(self, state: Any) -> int:
        """As many steps, each action drawn."""
        for _ in self.actions:
            state = self.step(state, self.draw(state["action_mask"]))
        return self.steps


def prepare(problem: str, size: int, batch: int) -> worker.Plays:
    """The plays of a shape; none for problems that it has not."""
    if problem not in ENVIRONMENTS:
        return {}
    episodes = Episodes(problem, size, batch)
    return {
        ("RL4CO", worker.ALONE): worker.Play(episodes.begin, episodes.replay),
        ("RL4CO", worker.SAMPLER): worker.Play(episodes.begin, episodes.sample),
    }


if __name__ == "__main__":
    torch.set_num_threads(1)
    with torch.inference_mode():
        worker.main("RL4CO", prepare)
