"""How much the shells cost: steps per CPU-second beside bare loops, in turn, in one run on one thread.

The bare loops do the same work by hand, without Gymnasium's contract: no observation dictionary, no autoreset, no
seeds, no statistics. Ratios hold where absolute figures drift; each is the median over the repetitions.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from science.row_printing import add_rows, show

import mdpzoo
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import random_mdp

ROWS, NODES = 1024, 50


class BareRiverSwim:
    """RiverSwim as one would write it by hand: 6 states, one random number a step."""

    def __init__(self) -> None:
        """Seeds its own generator."""
        self.random = np.random.default_rng(0).random
        self.state = 0

    def step(self, action: int) -> tuple[int, float, bool, bool, dict]:
        """Acts once."""
        state, number = self.state, self.random()
        if action == 0:
            reward = 0.005 if state == 0 else 0.0
            self.state = max(state - 1, 0)
        else:
            reward = 1.0 if state == 5 else 0.0
            if state == 0:
                self.state = 1 if number < 0.6 else 0
            elif state == 5:
                self.state = 4 if number < 0.4 else 5
            else:
                self.state = state - 1 if number < 0.05 else state if number < 0.65 else state + 1
        return self.state, reward, False, False, {}


def single(env: BareRiverSwim, actions: list[int]) -> None:
    """Plays an endless episode."""
    step = env.step
    for action in actions:
        step(action)


def limited(env: object, actions: list[int]) -> None:
    """Plays episodes until they are truncated."""
    env.reset(seed=0)
    step, reset = env.step, env.reset
    for action in actions:
        if step(action)[3]:
            reset()


class Sampler:
    """Uniform among the legal actions: the largest of masked random numbers."""

    def __init__(self) -> None:
        """Allocates ``[ROWS, NODES]``."""
        self.numbers = torch.empty(ROWS, NODES)
        self.generator = torch.Generator().manual_seed(0)

    def __call__(self, mask: torch.Tensor) -> torch.Tensor:
        """Actions ``[ROWS]`` from a mask ``[ROWS, NODES]``."""
        return torch.where(mask, self.numbers.uniform_(generator=self.generator), -1.0).argmax(1)


def bare_tsp(sample: Sampler, steps: int) -> None:
    """Whole tours by hand: a mask, a gather, a norm."""
    rows = torch.arange(ROWS)
    while steps > 0:
        places = torch.rand(ROWS, NODES, 2, generator=sample.generator)
        visited = torch.zeros(ROWS, NODES, dtype=torch.bool)
        visited[:, 0] = True
        here = start = places[:, 0]
        length = torch.zeros(ROWS)
        for _ in range(NODES - 1):
            action = sample(~visited)
            visited = visited.scatter(1, action[:, None], True)
            there = places[rows, action]
            length += (there - here).norm(dim=1)
            here, steps = there, steps - 1
        length += (here - start).norm(dim=1)


def our_tsp(envs: object, sample: Sampler, steps: int) -> None:
    """The same through ``make_vec``: observations, masks, statistics, autoreset."""
    observation, _ = envs.reset(seed=0)
    for _ in range(steps):
        observation, *_ = envs.step(sample(observation["action_mask"]))


class BareTable:
    """A tabular model as one would step it in NumPy: padded rows, a generator, no ends."""

    def __init__(self, model: TabularMDP) -> None:
        """Pads the rows."""
        table = model.batched()
        self.thresholds, self.successors, self.rewards = (
            each.numpy() for each in (table.thresholds, table.successors, table.rewards)
        )
        self.actions, self.generator = model.num_actions, np.random.default_rng(0)
        self.state = np.zeros(ROWS, np.int64)

    def step(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Acts once in every row."""
        row = self.state * self.actions + actions
        which = (self.thresholds[row] <= self.generator.random((ROWS, 1))).sum(1)
        self.state = self.successors[row, which]
        return self.state, self.rewards[row, which]


def tabular(model: TabularMDP, name: str, repetitions: int) -> Iterator[dict[str, Any]]:
    """One environment, and many, of a model."""
    generator = np.random.default_rng(0)
    actions = generator.integers(model.num_actions, size=(200, ROWS))
    alone = actions.ravel().tolist()
    one, many, kept = mdpzoo.make(model), mdpzoo.make_vec(model, ROWS), mdpzoo.make_vec(model, ROWS, output="torch")
    for each in (one, many, kept):
        each.reset(seed=0)
    bare, given = BareTable(model), torch.from_numpy(actions)
    works = {
        "bare NumPy loop": lambda: [bare.step(each) for each in actions] and None,
        "make_vec": lambda: [many.step(each) for each in actions] and None,
        "make_vec, torch output": lambda: [kept.step(each) for each in given] and None,
        "make, one at a time": lambda: single(one, alone),
    }
    yield from compare(f"{name}, {ROWS} rows", works, actions.size, repetitions)


def rate(work: Callable[[], None], count: int) -> float:
    """Steps per CPU-second, in millions."""
    began = time.process_time()
    work()
    return count / (time.process_time() - began) / 1e6


def compare(name: str, works: dict[str, Callable[[], None]], count: int, repetitions: int) -> Iterator[dict[str, Any]]:
    """Runs each in turn, after one warm-up, and yields a row for each with the ratio to the first."""
    for work in works.values():
        work()
    found: dict[str, list[float]] = {each: [] for each in works}
    for _ in range(repetitions):
        for each, work in works.items():
            found[each].append(rate(work, count))
    base = found[next(iter(works))]
    for each, rates in found.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(rates, base, strict=True))
        row = {"what": name, "how": each, "rate": statistics.median(rates)}
        yield row | {"least": min(rates), "most": max(rates), "ratio": ratio}


def main() -> None:
    """Reads the command line; the rates are million steps per CPU-second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=7)
    add_rows(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    show(measured(options.repetitions), options.rows)


def measured(repetitions: int) -> Iterator[dict[str, Any]]:
    """Yields the rows of all environments."""
    actions = np.random.default_rng(0).integers(2, size=300_000).tolist()
    unwrapped = mdpzoo.make("mdpzoo/RiverSwim-v0").unwrapped
    unwrapped.reset(seed=0)
    wrapped = mdpzoo.make("mdpzoo/RiverSwim-v0")
    yield from compare(
        "RiverSwim, one",
        {
            "bare class": lambda: single(BareRiverSwim(), actions),
            "unwrapped": lambda: single(unwrapped, actions),
            "gymnasium.make": lambda: limited(wrapped, actions),
        },
        len(actions),
        repetitions,
    )
    yield from tabular(unwrapped.rules, "RiverSwim, 6 states", repetitions)
    yield from tabular(random_mdp(10_000, 4), "random, 10 000 states", repetitions)
    sample, steps = Sampler(), 6 * (NODES - 1)
    envs = mdpzoo.make_vec("mdpzoo/TSP-v0", ROWS, output="torch", num_nodes=NODES)
    quick = torch.ones(ROWS, NODES, dtype=torch.bool)
    yield from compare(
        f"TSP, {NODES} nodes, {ROWS} rows",
        {
            "bare torch loop": lambda: bare_tsp(sample, steps),
            "make_vec, torch output": lambda: our_tsp(envs, sample, steps),
            "the sampler alone": lambda: [sample(quick) for _ in range(steps)] and None,
        },
        ROWS * steps,
        repetitions,
    )


if __name__ == "__main__":
    main()
