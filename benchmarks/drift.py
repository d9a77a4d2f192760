"""Stable-Baselines3 under change: the return before, at and after each change, and what short calls of learn cost.

python benchmarks/drift.py adaptation   # SAC on Pendulum, PPO and DQN on CartPole; about five minutes of CPU time
python benchmarks/drift.py calls        # updates per CPU-second: one call of learn against many short ones
"""

import argparse
import time
from collections.abc import Callable, Iterator
from typing import Any

import torch
from science.row_printing import add_rows, show
from stable_baselines3 import DQN, PPO, SAC

from mdpzoo_nonstationary import Step, adapt, drifting


def main() -> None:
    """Runs what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("adaptation", "calls"))
    parser.add_argument("--seeds", type=int, default=1)
    add_rows(parser)
    given = parser.parse_args()
    torch.set_num_threads(1)
    show(adaptation(given.seeds) if given.what == "adaptation" else calls(), given.rows)


def cases(seed: int) -> Iterator[tuple[str, Callable[[], Any], int, int, int, list[int]]]:
    """Yields a label, how the agent is made, steps, steps of a piece, the report's window and the changes."""
    gravity = Step([5_000], [1.0, 1.6])
    yield (
        "SAC, Pendulum, gravity x 1.6",
        lambda: SAC("MlpPolicy", drifting("Pendulum-v1", {"gravity": gravity}), seed=seed, learning_starts=500),
        9_000, 200, 1_000, [5_000],
    )  # fmt: skip
    longer = Step([30_000, 45_000], [1.0, 2.0, 0.5])
    yield (
        "PPO, CartPole, pole x 2, then x 0.5",
        lambda: PPO("MlpPolicy", drifting("CartPole-v1", {"pole_length": longer}), seed=seed, n_steps=512),
        60_000, 2_048, 3_000, [30_000, 45_000],
    )  # fmt: skip
    yield (
        "DQN, CartPole, pole x 2, then x 0.5",
        lambda: DQN(
            "MlpPolicy", drifting("CartPole-v1", {"pole_length": longer}), seed=seed, learning_rate=2.3e-3,
            batch_size=64, learning_starts=1_000, train_freq=64, gradient_steps=32, target_update_interval=10,
            exploration_fraction=0.9, exploration_final_eps=0.04,
        ),
        60_000, 1_024, 3_000, [30_000, 45_000],
    )  # fmt: skip


def adaptation(seeds: int) -> Iterator[dict[str, Any]]:
    """Yields the returns around every change."""
    for seed in range(seeds):
        for label, make, steps, piece, window, changes in cases(seed):
            for row in adapt(make(), steps, piece, changes).around(window):
                values = {name: float(row[name]) for name in ("before", "at", "after")}
                yield {"what": label, "seed": seed, "change": int(row["change"]), **values}


def calls() -> Iterator[dict[str, Any]]:
    """Yields steps per CPU-second of SAC with calls of learn of 1, 10, 100 and 1,000 steps each."""
    for piece in (1, 10, 100, 1_000):
        model = SAC("MlpPolicy", drifting("Pendulum-v1", {"gravity": Step([100], [1.0, 1.6])}), seed=0)
        model.learn(200)
        steps = 1_000 if piece > 1 else 200
        began = time.process_time()
        adapt(model, steps, piece)
        yield {"steps_a_call": piece, "rate": steps / (time.process_time() - began)}


if __name__ == "__main__":
    main()
