"""Labels the training mixtures and trains BQ-NCO on them: one process, one CPU thread, days, resumable at any moment.

    nice -n 19 python benchmarks/train_bq_nco_mixtures.py --work build/bq-nco-mixtures

The recipe (``bq_nco_mixtures.json``) lists label sets, fits and how much is measured. Turns of a few minutes alternate:
first labels, of the set that is furthest behind for its priority; then the first fit in the list that has enough labels
and is not finished. What is kept in the work folder:

    labels/<problem>/*.npz                chunks of labels, with the CPU time that they took
    held-out/<problem>/*.npz              labels of other seeds, to measure fits on
    fits/<name>.safetensors               a fit with its optimiser, saved after every turn
    fits/<name>.json                      its turns: decisions, CPU time, loss, chunks of labels that there were
    fits/<name>-measured.json             gaps of a finished fit (``measure_bq_nco_mixtures.py``)
    finished/<name>.safetensors, .json    a finished fit without optimiser, and how it was made, for its card
    progress.json                         how far everything is

A turn that is interrupted is lost, nothing else. A fit's number of decisions may be changed in the recipe until its
learning rate begins to fall, which is at 0.7 of it.
"""

import argparse
import fcntl
import json
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from measure_bq_nco_mixtures import Measurement, measure
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo.files import replacing
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks import network_settings
from mdpzoo_combinatorial.bq_nco.training.imitation import ImitationSettings
from mdpzoo_combinatorial.bq_nco.training.label_sets import LabelSet, sample, summary

RECIPE = Path(__file__).with_name("bq_nco_mixtures.json")


@dataclass(frozen=True)
class Fit:
    """One network to train.

    Attributes:
        name: of its files.
        problem: what it solves.
        decisions: to imitate.
        chunks_needed: chunks of labels that must be there before it begins.
        network: settings of the network that differ from the default.
        imitation: settings of the fit that differ from the default.
        seed: of weights and samples.
        chunks_read: of labels in one turn, drawn anew for each.
    """

    name: str
    problem: str
    decisions: int
    chunks_needed: int
    network: dict[str, Any]
    imitation: dict[str, Any] = field(default_factory=dict)
    seed: int = 1
    chunks_read: int = 128


class Turn(BaseCallback):
    """Ends a turn when its CPU time is up; keeps the losses."""

    def __init__(self, seconds: float) -> None:
        """Starts the clock."""
        super().__init__()
        self.end = time.process_time() + seconds
        self.losses: list[torch.Tensor] = []

    def _on_step(self) -> bool:
        self.losses.append(self.locals["update"].loss)
        return time.process_time() < self.end


class Queue:
    """Everything there is to do in one work folder."""

    def __init__(self, work: Path, recipe: Path) -> None:
        """Reads the recipe."""
        content = json.loads(recipe.read_text())
        self.work, self.priorities = work, {}
        self.sets: dict[str, LabelSet] = {}
        for each in content["labels"]:
            self.priorities[each["problem"]] = each.pop("priority", 1)
            self.sets[each["problem"]] = LabelSet(**each)
        self.measurement = Measurement(**content.get("measurement", {}))
        self.fits = [Fit(**each) for each in content["fits"]]
        self.missing = {name: each.missing(self.labels(name)) for name, each in self.sets.items()}

    def labels(self, problem: str) -> Path:
        """The folder of a problem's labels."""
        return self.work / "labels" / problem.lower()

    def present(self, problem: str) -> int:
        """Chunks of a problem's labels."""
        return self.sets[problem].chunks - len(self.missing[problem])

    def label(self, seconds: float) -> bool:
        """Makes labels for so many CPU-seconds; False where all are there."""
        end = time.process_time() + seconds
        while time.process_time() < end:
            behind = {
                name: (self.present(name) + 1) / each.chunks / self.priorities[name]
                for name, each in self.sets.items()
                if self.missing[name]
            }
            if not behind:
                return False
            name = min(behind, key=lambda each: behind[each])
            chunk = self.missing[name][0]
            took = self.sets[name].write(self.labels(name), chunk)
            del self.missing[name][0]
            say(f"labels of {name}: chunk {self.present(name)} of {self.sets[name].chunks}, {took:.1f} CPU-seconds")
        return True

    def train(self, seconds: float) -> bool:
        """Trains for so many CPU-seconds, and measures what it has finished; False where nothing can be trained now."""
        for fit in self.fits:
            if self.present(fit.problem) >= fit.chunks_needed and not self.finished(fit):
                self._turn(fit, seconds)
                return True
        return False

    def finished(self, fit: Fit) -> bool:
        """Whether a fit has imitated all its decisions and was measured."""
        return (self.work / "fits" / f"{fit.name}-measured.json").exists()

    def _turn(self, fit: Fit, seconds: float) -> None:
        file, notes = self.work / "fits" / f"{fit.name}.safetensors", self.work / "fits" / f"{fit.name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        agent = agent_of(fit, file)
        turns = json.loads(notes.read_text()) if notes.exists() else []
        left = fit.decisions - agent.num_timesteps
        if left > 0:
            began = time.process_time()
            sources = sample(self.labels(fit.problem), fit.chunks_read, agent.progress.updates)
            turn = Turn(seconds)
            agent.fit(sources, left, turn, log_interval=None, reset_num_timesteps=False)
            loss = float(torch.stack(turn.losses).mean())
            turns.append({
                "decisions": agent.num_timesteps,
                "cpu_seconds": round(time.process_time() - began, 1),
                "loss": round(loss, 4),
                "chunks": self.present(fit.problem),
            })  # fmt: skip
            write_json(notes, turns)
            agent.save(file)
            say(f"{fit.name}: {agent.num_timesteps} of {fit.decisions} decisions, loss {loss:.4f}")
        if agent.num_timesteps >= fit.decisions:
            self._finish(fit, agent, turns)

    def _finish(self, fit: Fit, agent: BQNCO, turns: list[dict[str, Any]]) -> None:
        """Writes the finished fit and how it was made, and measures it."""
        folder = self.work / "finished"
        folder.mkdir(parents=True, exist_ok=True)
        agent.save(folder / f"{fit.name}.safetensors", resumable=False)
        labels, seconds = summary(self.labels(fit.problem)), sum(each["cpu_seconds"] for each in turns)
        labels["recipe"] = asdict(self.sets[fit.problem])
        note = {
            "algorithm": "imitation of near-optimal solutions on the states of their own way, all symmetries",
            "labels": labels,
            "decisions": agent.num_timesteps,
            "seed": fit.seed,
            "imitation": asdict(agent.imitation),
            "script": "benchmarks/train_bq_nco_mixtures.py",
            "machine": f"one thread of a CPU ({platform.machine()}), float32, no GPU",
            "cpu_minutes": round(seconds / 60 + labels["cpu_minutes"], 1),
            "cpu_minutes_of_labels": labels["cpu_minutes"],
        }
        write_json(folder / f"{fit.name}.json", note)
        held_out = self.work / "held-out" / fit.problem.lower()
        rows = measure(agent, self.sets[fit.problem], held_out, self.measurement)
        write_json(self.work / "fits" / f"{fit.name}-measured.json", rows)
        say(f"{fit.name} is finished: {json.dumps(rows)}")

    def tell(self) -> None:
        """Writes how far everything is."""
        labels = {name: f"{self.present(name)} of {each.chunks} chunks" for name, each in self.sets.items()}
        fits = {}
        for fit in self.fits:
            notes = self.work / "fits" / f"{fit.name}.json"
            done = json.loads(notes.read_text())[-1]["decisions"] if notes.exists() else 0
            fits[fit.name] = "finished" if self.finished(fit) else f"{done} of {fit.decisions} decisions"
        written = time.strftime("%Y-%m-%d %H:%M:%S")
        write_json(self.work / "progress.json", {"written": written, "labels": labels, "fits": fits})


def agent_of(fit: Fit, file: Path) -> BQNCO:
    """The agent where it was saved, or a new one; ends the program where the recipe now asks for another network."""
    network, imitation = network_settings(**fit.network), ImitationSettings(**fit.imitation)
    if not file.exists():
        return BQNCO(problem=fit.problem, network=network, imitation=imitation, seed=fit.seed, size=100)
    agent = BQNCO.load(file)
    if (agent.policy.settings, agent.imitation) != (network, imitation):
        sys.exit(f"{file} has other settings than {fit.name} in the recipe; give the changed fit a new name")
    return agent


def write_json(file: Path, content: Any) -> None:
    """Writes a file, whole or not at all."""
    with replacing(file) as beside:
        beside.write_text(json.dumps(content, indent=1) + "\n")


def say(text: str) -> None:
    """A line of the log, with the time."""
    print(time.strftime("%m-%d %H:%M:%S"), text, flush=True)


def run(queue: Queue, label_seconds: float, train_seconds: float, most: int | None = None) -> None:
    """Takes turns until nothing is left, or so many of both."""
    steps: list[tuple[Callable[[float], bool], float]] = [(queue.label, label_seconds), (queue.train, train_seconds)]
    rounds = 0
    while most is None or rounds < most:
        worked = [step(seconds) for step, seconds in steps if seconds > 0]
        queue.tell()
        rounds += 1
        if not any(worked):
            return


def main() -> None:
    """Reads the command line and works."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for labels, fits and results")
    parser.add_argument("--recipe", type=Path, default=RECIPE, help="the JSON file that lists label sets and fits")
    parser.add_argument("--label-seconds", type=float, default=300.0, help="CPU time of a turn of labels; 0: none")
    parser.add_argument("--train-seconds", type=float, default=300.0, help="CPU time of a turn of training; 0: none")
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    options.work.mkdir(parents=True, exist_ok=True)
    with (options.work / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"another process works in {options.work}; there may be one at a time")
        run(Queue(options.work, options.recipe), options.label_seconds, options.train_seconds)


if __name__ == "__main__":
    main()
