"""Writes folders as ``mdpzoo bench`` lays them out, with made-up learning curves."""

import csv
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

CRASH = "Traceback (most recent call last):\n  File 'agent.py', line 12\nValueError: nan in <loss> & friends\n"
VERSIONS = {
    "python": "3.11.7",
    "platform": "Linux",
    "cpu": "Example CPU",
    "packages": {
        "mdpzoo": "0.1.0",
        "numpy": "2.4.6",
        "gymnasium": "1.4.0",
        "mdpzoo-example": "0.1.0",
        "torch": "2.13.0",
    },
}


@dataclass
class World:
    """An environment as the writer needs it: curves go from ``random`` towards ``optimum``."""

    id: str
    optimum: float = 10.0
    random: float = 1.0
    gain: float | None = None
    criterion: str = "return"
    known: bool = True


@dataclass
class StudyWriter:
    """Writes one study.

    Attributes:
        root: its folder.
        worlds: environments.
        agents: how far from random to optimal each agent gets, by its id.
        seeds: of every pair.
        steps: of every run.
        evaluations: how many there are.
        episodes: of an evaluation.
    """

    root: Path
    worlds: list[World]
    agents: dict[str, float]
    seeds: int = 5
    steps: int = 100_000
    evaluations: int = 20
    episodes: int = 10
    lines: int = 100
    skipped: list[dict[str, str]] = field(default_factory=list)

    def write(self) -> Path:
        """Writes everything and returns the folder."""
        self.root.mkdir(parents=True, exist_ok=True)
        runs = [
            self.write_run(world, agent, skill, seed)
            for world in self.worlds
            for agent, skill in self.agents.items()
            for seed in range(self.seeds)
        ]
        dump(self.root / "study.json", {"name": self.root.name, "runs": runs, "skipped": self.skipped})
        for world in self.worlds:
            self.write_truth(world)
        return self.root

    def write_truth(self, world: World) -> None:
        truth = {
            "environment": world.id,
            "criterion": world.criterion,
            "optimum": world.optimum if world.known else None,
            "random": world.random if world.known else None,
            "gain": world.gain,
            "exact": True,
            "interval": None,
            "source": "policy iteration on the exact model.",
        }
        dump(self.root / "truth" / f"{label(world.id)}.json", truth)

    def write_run(self, world: World, agent: str, skill: float, seed: int) -> dict[str, Any]:
        """Writes one finished run and returns its entry of the study."""
        folder = Path(label(world.id)) / label(agent) / f"seed-{seed}"
        asked = {"agent": agent, "environment": world.id, "steps": self.steps, "seed": seed, "num_envs": 8}
        asked |= {"settings": {}, "environment_settings": {}}
        rng = np.random.default_rng([seed, sum(map(ord, world.id + agent))])
        reach = np.clip(skill + 0.06 * rng.normal(), -0.1, 1.0)
        dump(self.root / folder / "run.json", asked)
        dump(self.root / folder / "versions.json", VERSIONS)
        write_csv(self.root / folder / "progress.csv", PROGRESS, self._progress(world, reach, rng))
        returns = list(self._returns(world, reach, rng))
        write_csv(self.root / folder / "evaluations.csv", EVALUATIONS, returns)
        final = float(np.mean([float(row[2]) for row in returns[-self.episodes :]]))
        result = {"agent": agent, "environment": world.id, "seed": seed, "steps": self.steps, "final_return": final}
        dump(self.root / folder / "result.json", result | {"seconds": 21.5 + seed, "cpu_seconds": 20.25 + seed})
        return {"folder": folder.as_posix(), **asked}

    def _level(self, world, reach, steps, rng):
        learnt = reach * (1 - np.exp(-4 * steps / self.steps))
        return world.random + (world.optimum - world.random) * (learnt + 0.02 * rng.normal(size=np.shape(steps)))

    def _progress(self, world, reach, rng):
        steps = np.linspace(self.steps / self.lines, self.steps, self.lines).astype(int)
        values = self._level(world, reach, steps, rng)
        gain = world.gain if world.gain is not None else 1.0
        share = (values - world.random) / (world.optimum - world.random)
        totals = np.cumsum(np.diff(steps, prepend=0) * gain * (0.2 + 0.8 * share))
        for step, value, total in zip(steps, values, totals, strict=True):
            yield step, f"{step / 5000:.3f}", f"{step / 5200:.3f}", 10, f"{value:.10g}", f"{total:.10g}"

    def _returns(self, world, reach, rng):
        for step in np.linspace(0, self.steps, self.evaluations + 1).astype(int)[1:]:
            value = self._level(world, reach, step, rng)
            for episode in range(self.episodes):
                length = 50
                scale = length if world.criterion == "average" else 1
                yield step, episode, f"{(value + 0.1 * rng.normal()) * scale:.8g}", length


PROGRESS = ("steps", "seconds", "cpu_seconds", "episodes", "mean_return", "total_reward")
EVALUATIONS = ("steps", "episode", "return", "length")


def fail(run: Path, kind: str = "ValueError", message: str = "nan in <loss> & friends") -> None:
    """Makes a finished run one that failed."""
    (run / "result.json").unlink()
    dump(run / "failure.json", {"type": kind, "message": message, "traceback": CRASH, "attempt": 1})


def write_csv(path: Path, header: tuple[str, ...], rows: Any) -> None:
    """Writes a CSV file as runs do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])


def dump(path: Path, content: Any) -> None:
    """Writes a JSON file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def label(id: str) -> str:
    """What a study calls the folder of an id."""
    return id.replace("/", "-")


def showcase(root: Path, seeds: int = 5) -> Path:
    """A study with everything a page can show: truths of both criteria, a failure, a pair that does not fit."""
    worlds = [
        World("mdpzoo/FrozenLake-v0", 0.74, 0.015),
        World("mdpzoo/RiverSwim-v0", 0.88, 0.02, gain=0.88, criterion="average"),
        World("mdpzoo/TSP-v0", -3.83, -10.4),
        World("example/Unknown-v0", 250.0, 20.0, known=False),
    ]
    agents = {"q-learning": 0.72, "ppo": 0.93, "random": 0.0, "bq-nco": 0.985}
    skipped = [{"environment": "mdpzoo/TSP-v0", "agent": "optimal", "reason": "it has no model"}]
    writer = StudyWriter(root, worlds, agents, seeds, skipped=skipped)
    writer.write()
    fail(root / "mdpzoo-TSP-v0" / "ppo" / "seed-1")
    (root / "mdpzoo-RiverSwim-v0" / "ppo" / "seed-2" / "result.json").unlink()
    return root
