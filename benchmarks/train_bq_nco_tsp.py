"""Trains the BQ-NCO checkpoint for travelling salesmen that the package ships: one CPU thread, about 40 minutes.

    python benchmarks/train_bq_nco_tsp.py --work build/bq-nco

First makes labels by this project's own local search (about 7 CPU-minutes), then imitates them in two fits: a long
one at a high learning rate, stopped before its end, and a short one on fewer tours whose rate falls to nothing.
Stopped at any moment, the same command goes on where it was: labels are kept in files, the fits in ``first`` and
``second.safetensors``. The result, without the optimiser, is ``tsp.safetensors``; ``evaluate_bq_nco_tsp.py`` measures
it and writes its card.
"""

import argparse
import time
from pathlib import Path

import torch
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.labels import Labels, read_labels, write_labels

LABEL_SEED = 2026
DRAWN = (20, 50, 100, 100)  # a batch takes labels of one of these sizes, with equal chances
FIRST = {20: 8192, 50: 16384, 100: 16384}  # instances of each size, for the long fit
SECOND = {20: 1024, 50: 2048, 100: 3072}  # the first of them, for the short one
PLANNED, STOPPED = 2_400_000, 5_000  # decisions towards which the long fit's rate falls; updates it makes
ANNEALED = 300_000  # decisions of the short fit


class Keep(BaseCallback):
    """Saves the fit now and then, says how fast it goes, and stops it where it should."""

    def __init__(self, file: Path, every: int, stop: int | None = None) -> None:
        """Saves to ``file`` every so many updates; stops at update ``stop``."""
        super().__init__()
        self.file, self.every, self.stop = file, every, stop
        self.began = time.process_time()

    def _on_step(self) -> bool:
        updates = self.model.progress.updates  # type: ignore[attr-defined]
        if updates % self.every == 0 or updates == self.stop:
            self.model.save(self.file)
            seconds = time.process_time() - self.began
            print(
                f"{updates} updates, {self.num_timesteps} decisions, {seconds:.0f} CPU-seconds in this run", flush=True
            )
        return updates != self.stop


def make_labels(work: Path) -> None:
    """Writes whatever labels are missing."""
    for size, count in FIRST.items():
        write_labels(work / f"tsp{size}", count, size, seed=LABEL_SEED)
        print(f"{count} labels of {size} nodes", flush=True)


def labels_of(work: Path, counts: dict[int, int]) -> list[Labels]:
    """The first so many labels of each size that is drawn."""
    found = {size: read_labels(work / f"tsp{size}") for size in counts}
    return [Labels(found[size].coordinates[: counts[size]], found[size].tours[: counts[size]]) for size in DRAWN]


def first_fit(work: Path, every: int) -> BQNCO:
    """The long fit; resumed where it was saved, unless it is there whole."""
    file = work / "first.safetensors"
    agent = BQNCO.load(file, verbose=1) if file.exists() else BQNCO(num_nodes=100, seed=1, verbose=1)
    if agent.progress.updates < STOPPED:
        left = PLANNED - agent.num_timesteps
        agent.fit(labels_of(work, FIRST), left, Keep(file, every, STOPPED), reset_num_timesteps=False)
    return agent


def second_fit(work: Path, every: int, start: BQNCO) -> BQNCO:
    """The short fit, from the weights of the long one with a fresh optimiser."""
    file = work / "second.safetensors"
    if file.exists():
        agent = BQNCO.load(file, verbose=1)
    else:
        agent = BQNCO(imitation=ImitationSettings(learning_rate=8e-4, warm_up=50), num_nodes=100, seed=2, verbose=1)
        agent.policy.network.load_state_dict(start.policy.network.state_dict())
    left = max(0, ANNEALED - agent.num_timesteps)
    agent.fit(labels_of(work, SECOND), left, Keep(file, every), reset_num_timesteps=False)
    agent.save(file)
    return agent


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for labels, the fits and their result")
    parser.add_argument("--keep", type=int, default=200, help="updates between two saves")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    make_labels(options.work)
    agent = second_fit(options.work, options.keep, first_fit(options.work, options.keep))
    agent.save(options.work / "tsp.safetensors", resumable=False)


if __name__ == "__main__":
    main()
