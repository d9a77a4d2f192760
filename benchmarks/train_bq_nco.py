"""Trains the BQ-NCO checkpoints that the package ships: one CPU thread, no GPU, no solver but this project's own.

    python benchmarks/train_bq_nco.py --work build/bq-nco --problem TSP

First makes labels, then imitates them (``RECIPES``). Stopped at any moment, the same command goes on where it was:
labels and the fit are kept in files. The result, without the optimiser, is ``<problem>.safetensors``;
``<problem>-training.json`` says how it was made, for the card that ``evaluate_bq_nco.py`` writes.
"""

import argparse
import json
import platform
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks.kinds import network_settings
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, read_labels, write_labels

LABEL_SEED = 2026
SEED = 1  # of weights and of the states that are drawn


@dataclass(frozen=True)
class Source:
    """Random instances of one kind, as many as there are labels.

    Attributes:
        size: nodes, customers or items.
        labels: how many.
        distribution: of their places; None: the problem's own.
        shares: how many of the equal chances of a batch are theirs.
    """

    size: int
    labels: int
    distribution: str | None = None
    shares: int = 1


@dataclass(frozen=True)
class Recipe:
    """How a checkpoint is made.

    Attributes:
        sources: what is solved and imitated.
        decisions: to imitate.
        network: what differs from the default network.
    """

    sources: tuple[Source, ...]
    decisions: int
    network: dict[str, int] = field(default_factory=dict)


RECIPES = {
    "TSP": Recipe((Source(50, 8192), Source(100, 12288, shares=2), Source(100, 6144, "clustered")), 2_200_000),
    "ATSP": Recipe((Source(50, 4096),), 1_200_000),
    "CVRP": Recipe((Source(100, 3072),), 1_200_000),
    "OP": Recipe((Source(100, 6144),), 2_000_000),
    "Knapsack": Recipe((Source(100, 8192),), 150_000, {"width": 48, "layers": 3, "heads": 4}),
}
EXPERTS = {
    "TSP": "iterated local search of this project, 5 kicks a node",
    "ATSP": "iterated local search of this project, 20 kicks a node",
    "CVRP": "ruin and recreate of this project, 400 rounds a node",
    "OP": "ruin and recreate of this project, 50 rounds a node",
    "Knapsack": "dynamic programming, optimal",
}


class Keep(BaseCallback):
    """Saves the fit now and then, and beside it how long it took so far."""

    def __init__(self, file: Path, every: int) -> None:
        """Saves to ``file`` every so many updates."""
        super().__init__()
        self.file, self.every = file, every
        self.before = json.loads(clock_of(file).read_text()) if file.exists() and clock_of(file).exists() else 0.0
        self.began = time.process_time()

    def _on_step(self) -> bool:
        updates = self.model.progress.updates  # type: ignore[attr-defined]
        if updates % self.every == 0:
            self.save()
        return True

    def save(self) -> None:
        """Saves both."""
        seconds = self.before + time.process_time() - self.began
        self.model.save(self.file)
        clock_of(self.file).write_text(json.dumps(seconds))
        print(f"{self.num_timesteps} decisions, {seconds:.0f} CPU-seconds", flush=True)


def clock_of(file: Path) -> Path:
    """Where the CPU-seconds of a fit are noted."""
    return file.with_suffix(".seconds.json")


def labels_of(work: Path, problem: str, recipe: Recipe) -> list[Labels]:
    """Labels of every source, as often as it has shares; makes those that are missing."""
    found = []
    for each in recipe.sources:
        folder = work / "labels" / f"{problem.lower()}{each.size}{each.distribution or ''}"
        options = {} if each.distribution is None else {"distribution": each.distribution}
        write_labels(folder, problem, each.labels, each.size, seed=LABEL_SEED, **options)
        found += [read_labels(folder, each.labels)] * each.shares
    return found


def fitted(file: Path, problem: str, recipe: Recipe, every: int, labels: list[Labels]) -> BQNCO:
    """The agent after its fit; resumed where it was saved, from the start where it was not."""
    if file.exists():
        agent = BQNCO.load(file, verbose=1)
    else:
        network = network_settings(**recipe.network)
        agent = BQNCO(problem=problem, network=network, size=recipe.sources[-1].size, seed=SEED, verbose=1)
    left = recipe.decisions - agent.num_timesteps
    if left > 0:
        keep = Keep(file, every)
        agent.fit(labels, left, keep, reset_num_timesteps=False)
        keep.save()
    return agent


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for labels, the fit and its result")
    parser.add_argument("--problem", choices=tuple(RECIPES), required=True)
    parser.add_argument("--keep", type=int, default=200, help="updates between two saves")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    recipe = RECIPES[options.problem]
    labels = labels_of(options.work, options.problem, recipe)
    name = options.problem.lower()
    file = options.work / f"{name}-fit.safetensors"
    agent = fitted(file, options.problem, recipe, options.keep, labels)
    agent.save(options.work / f"{name}.safetensors", resumable=False)
    note = {
        "algorithm": "imitation of near-optimal solutions on the states of their own way, all symmetries",
        "labels": [asdict(each) for each in recipe.sources],
        "label_seed": LABEL_SEED,
        "expert": EXPERTS[options.problem],
        "decisions": agent.num_timesteps,
        "seed": SEED,
        "imitation": asdict(agent.imitation),
        "script": "benchmarks/train_bq_nco.py",
        "machine": f"one thread of a CPU ({platform.machine()}), float32, no GPU",
        "cpu_minutes": round(json.loads(clock_of(file).read_text()) / 60, 1),
    }
    (options.work / f"{name}-training.json").write_text(json.dumps(note, indent=1) + "\n")


if __name__ == "__main__":
    main()
