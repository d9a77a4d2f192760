"""How much a seat costs: steps per CPU-second against frozen opponents, beside bare NumPy loops, in one run.

    python benchmarks/seats.py

The bare loop plays the same rounds of rock-paper-scissors by hand: a table of payoffs, one generator, no resets, no
streams of its own for each row. The best of several repetitions counts, since other work on the machine only slows.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np
import torch
from science.row_printing import add_rows, show
from stable_baselines3 import PPO, SAC

import mdpzoo
from mdpzoo.policies import TablePolicy, freeze

GAME, ROWS, STEPS = "mdpzoo/MatrixGame-v0", 1024, 200
PAYOFFS = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]], float)
TABLE = np.full((10, 3), 1 / 3)


def best(work: Callable[[], object], repetitions: int) -> float:
    """Seconds of CPU time of the fastest repetition."""
    work()
    seconds = []
    for _ in range(repetitions):
        began = time.process_time()
        work()
        seconds.append(time.process_time() - began)
    return min(seconds)


def bare_rounds(actions: np.ndarray) -> None:
    """Rounds by hand."""
    generator, thresholds = np.random.default_rng(0), TABLE.cumsum(1)[:, :-1]
    last = np.full(ROWS, 9)
    for row in actions:
        column = (thresholds[last] <= generator.random((ROWS, 1))).sum(1)
        PAYOFFS[row, column]
        last = row * 3 + column


def seat_rows(repetitions: int) -> Iterator[dict[str, Any]]:
    """Batched seats against a fixed table."""
    actions = np.random.default_rng(0).integers(3, size=(STEPS, ROWS))
    bare = best(lambda: bare_rounds(actions), repetitions)
    name = f"rock-paper-scissors, {ROWS} rows"
    yield {"what": f"{name}, bare NumPy loop", "million": actions.size / bare / 1e6, "microseconds": None, "ratio": 1.0}
    for output in ("numpy", "torch"):
        envs = mdpzoo.seat(
            GAME, "player_0", TablePolicy(TABLE), payoffs="rock-paper-scissors", num_envs=ROWS, output=output
        )
        envs.reset(seed=0)
        given = torch.from_numpy(actions) if output == "torch" else actions
        seconds = best(lambda envs=envs, given=given: [envs.step(each) for each in given], repetitions)
        row = {"what": f"the same in a seat, {output} output", "million": actions.size / seconds / 1e6}
        yield row | {"microseconds": None, "ratio": bare / seconds}


def policy_rows(repetitions: int) -> Iterator[dict[str, Any]]:
    """Frozen networks beside SB3's own ``predict``."""
    for algorithm, env in ((PPO, "CartPole-v1"), (SAC, "Pendulum-v1")):
        agent = algorithm("MlpPolicy", env, device="cpu")
        for rows, calls in ((1, 500), (ROWS, 20)):
            yield compare(agent, f"{algorithm.__name__} on {env}", rows, calls, repetitions)


def compare(agent: object, name: str, rows: int, calls: int, repetitions: int) -> dict[str, Any]:
    """One row of the table."""
    frozen = freeze(agent)
    seen = np.random.default_rng(0).normal(size=(rows, *agent.observation_space.shape)).astype(np.float32)
    numbers = np.random.default_rng(0).random((rows, frozen.draws))
    ours = best(lambda: [frozen.act(seen, numbers) for _ in range(calls)], repetitions) / calls
    theirs = best(lambda: [agent.predict(seen) for _ in range(calls)], repetitions) / calls
    row = {"what": f"{name}, {rows} row{'s' if rows > 1 else ''}, exported", "million": rows / ours / 1e6}
    return row | {"microseconds": ours * 1e6, "ratio": theirs / ours}


def main() -> None:
    """Reads the command line; ratios are to the bare loop, or to SB3's ``predict``."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repetitions", type=int, default=9)
    add_rows(parser)
    options = parser.parse_args()
    torch.set_num_threads(1)
    show(chain(seat_rows(options.repetitions), policy_rows(options.repetitions)), options.rows)


if __name__ == "__main__":
    main()
