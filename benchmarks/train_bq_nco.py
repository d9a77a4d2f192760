"""Trains the BQ-NCO checkpoints that the package ships: one CPU thread, no GPU, no solver but this project's own.

    python benchmarks/train_bq_nco.py --work build/bq-nco --problem TSP

First makes labels, then imitates them in one fit after the other (``RECIPES``); each fit begins with the weights of the
one before and a fresh optimiser. Stopped at any moment, the same command goes on where it was: labels are kept in
files, every fit in a file of its own. The result, without the optimiser, is ``<problem>.safetensors``;
``evaluate_bq_nco.py`` measures it and writes its card.
"""

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import torch
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.labels import Labels, read_labels, write_labels
from mdpzoo_combinatorial.bq_nco.networks import network_settings

LABEL_SEED = 2026


@dataclass(frozen=True)
class Fit:
    """One fit: so many decisions, at a rate that is level and then falls; the seed draws the states."""

    decisions: int
    learning_rate: float
    seed: int


@dataclass(frozen=True)
class Recipe:
    """How a checkpoint is made.

    Attributes:
        labels: instances of each size.
        drawn: sizes, one of which a batch takes with equal chances.
        network: what differs from the default network.
        fits: one after the other.
    """

    labels: dict[int, int]
    drawn: tuple[int, ...]
    network: dict[str, int]
    fits: tuple[Fit, ...]


RECIPES = {
    "TSP": Recipe({50: 8192, 100: 12288}, (50, 100, 100), {}, (Fit(1_200_000, 1.5e-3, 1),)),
    "ATSP": Recipe({50: 4096}, (50,), {}, (Fit(1_000_000, 1.5e-3, 1),)),
    "CVRP": Recipe({100: 3072}, (100,), {}, (Fit(1_200_000, 1.5e-3, 1),)),
    "OP": Recipe({100: 3072}, (100,), {}, (Fit(200_000, 1.5e-3, 1),)),
    "Knapsack": Recipe({100: 8192}, (100,), {"width": 48, "layers": 3, "heads": 4}, (Fit(150_000, 1.5e-3, 1),)),
}


class Keep(BaseCallback):
    """Saves the fit now and then, and says how fast it goes."""

    def __init__(self, file: Path, every: int) -> None:
        """Saves to ``file`` every so many updates."""
        super().__init__()
        self.file, self.every = file, every
        self.began = time.process_time()

    def _on_step(self) -> bool:
        updates = self.model.progress.updates  # type: ignore[attr-defined]
        if updates % self.every == 0:
            self.model.save(self.file)
            seconds = time.process_time() - self.began
            print(
                f"{updates} updates, {self.num_timesteps} decisions, {seconds:.0f} CPU-seconds in this run", flush=True
            )
        return True


def labels_of(work: Path, problem: str, recipe: Recipe) -> list[Labels]:
    """Labels of every size that is drawn; makes those that are missing."""
    found = {}
    for size, count in recipe.labels.items():
        folder = work / "labels" / f"{problem.lower()}{size}"
        write_labels(folder, problem, count, size, seed=LABEL_SEED)
        found[size] = read_labels(folder, count)
    return [found[size] for size in recipe.drawn]


def fitted(work: Path, problem: str, recipe: Recipe, number: int, every: int, labels: list[Labels]) -> BQNCO:
    """The agent after the fit of that number; resumed where it was saved, from the start where it was not."""
    fit, file = recipe.fits[number], work / f"{problem.lower()}-{number + 1}.safetensors"
    if file.exists():
        agent = BQNCO.load(file, verbose=1)
    else:
        settings = ImitationSettings(learning_rate=fit.learning_rate)
        agent = BQNCO(
            problem=problem,
            network=network_settings(**recipe.network),
            imitation=settings,
            size=recipe.drawn[-1],
            seed=fit.seed,
            verbose=1,
        )
        if number:
            before = fitted(work, problem, recipe, number - 1, every, labels)
            agent.policy.network.load_state_dict(before.policy.network.state_dict())
    left = fit.decisions - agent.num_timesteps
    if left > 0:
        agent.fit(labels, left, Keep(file, every), reset_num_timesteps=False)
        agent.save(file)
    return agent


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for labels, the fits and their result")
    parser.add_argument("--problem", choices=tuple(RECIPES), required=True)
    parser.add_argument("--keep", type=int, default=200, help="updates between two saves")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    recipe = RECIPES[options.problem]
    labels = labels_of(options.work, options.problem, recipe)
    agent = fitted(options.work, options.problem, recipe, len(recipe.fits) - 1, options.keep, labels)
    agent.save(options.work / f"{options.problem.lower()}.safetensors", resumable=False)


if __name__ == "__main__":
    main()
