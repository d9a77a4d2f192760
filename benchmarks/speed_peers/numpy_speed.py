"""The travelling salesman by hand in NumPy: a mask, a gather, a norm, and nothing of an environment's contract.

Seeds, statistics, the ends of episodes and legality are missing; it is the floor that a shell is measured by.
"""

import worker  # first: it sets the number of threads  # isort: skip
from typing import Any

import numpy as np


class Tours:
    """B tours of n nodes."""

    def __init__(self, batch: int, size: int) -> None:
        """Draws instances; the same for every run."""
        self.random = np.random.default_rng(0)
        self.places = self.random.random((batch, size, 2), dtype=np.float32)
        self.rows, self.shape = np.arange(batch), (batch, size)
        self.noise = np.empty(self.shape, np.float32)
        self.raised = np.empty(self.shape, np.float32)
        order = self.random.permuted(np.tile(np.arange(1, size), (batch, 1)), axis=1)
        self.actions = list(np.ascontiguousarray(order.T))
        self.steps = batch * (size - 1)

    def begin(self) -> np.ndarray:
        """Stands at node 0 of every row; returns the nodes left, ``[B, n]`` bool."""
        left = np.ones(self.shape, np.bool_)
        left[:, 0] = False
        self.here = self.places[:, 0]
        return left

    def step(self, left: np.ndarray, action: np.ndarray) -> np.ndarray:
        """Goes to ``[B]`` nodes; returns the rewards ``[B]``."""
        left[self.rows, action] = False
        there = self.places[self.rows, action]
        reward = -np.linalg.norm(there - self.here, axis=1)
        self.here = there
        return reward

    def replay(self, left: Any) -> int:
        """Whole tours from orders drawn beforehand."""
        for action in self.actions:
            self.step(left, action)
        return self.steps

    def sample(self, left: Any) -> int:
        """Whole tours, every node uniform among those left."""
        for _ in self.actions:
            self.random.random(out=self.noise, dtype=np.float32)
            self.step(left, np.add(self.noise, left, out=self.raised).argmax(1))
        return self.steps


def prepare(problem: str, size: int, batch: int) -> worker.Plays:
    """The plays of a shape; none but the travelling salesman's."""
    if problem != "TSP":
        return {}
    tours = Tours(batch, size)
    usage = "plain NumPy loop"
    return {
        (usage, worker.ALONE): worker.Play(tours.begin, tours.replay),
        (usage, worker.SAMPLER): worker.Play(tours.begin, tours.sample),
    }


if __name__ == "__main__":
    worker.main("the plain NumPy loop", prepare)
