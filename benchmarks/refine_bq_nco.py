"""Trains a network of ``train_bq_nco.py`` further, also by the regret of its choices in its own decodings.

    python benchmarks/train_bq_nco.py --work build/bq-nco --problem TSP
    python benchmarks/refine_bq_nco.py --work build/bq-nco --problem TSP

In each round, the network decodes fresh random instances, compiled searches judge its choices, and training goes on
with these states, those of earlier rounds, and labels (``REFINEMENTS``); one CPU thread, no solver but this project's
own. Stopped at any moment, the same command goes on where it was: labels, regrets and the fit are kept in files. The
result, without the optimiser, is ``refined/<problem>.safetensors``; ``refined/<problem>-training.json`` says how it was
made, for the card that ``evaluate_bq_nco.py`` writes. To refine a result again, ``--work`` is the folder ``refined``.
"""

import argparse
import json
import platform
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo.files import replacing
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder
from mdpzoo_combinatorial.bq_nco.training.label_sets import LabelSet
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, read_labels
from mdpzoo_combinatorial.bq_nco.training.regrets import Judged, Regrets, measure_regrets
from mdpzoo_combinatorial.mixtures import KINDS, draw

LABEL_SEED, REGRET_SEED = 2027, 2028  # differ from those of first trainings and of evaluations


@dataclass(frozen=True)
class Source:
    """Random instances of one kind and size.

    Attributes:
        kind: of the mixture of the problem.
        size: nodes.
        labels: instances to imitate.
        judged: instances that are decoded in each round; 0: none.
        shares: relative frequency of their states.
    """

    kind: str
    size: int
    labels: int
    judged: int
    shares: int = 1


@dataclass(frozen=True)
class Refinement:
    """How a checkpoint is refined.

    Attributes:
        sources: instances.
        rounds: decodings of fresh instances.
        decisions: to learn from in each round.
        judged: batches of judged states for each batch of labels.
        kicks: of the search for labels, a node.
        imitation: what differs from the settings of the first training.
    """

    sources: tuple[Source, ...]
    rounds: int
    decisions: int
    judged: int
    kicks: int
    imitation: dict[str, Any]


REFINEMENTS = {
    "TSP": Refinement(
        sources=(
            Source("uniform", 100, 6144, 192, shares=2),
            Source("uniform", 50, 4096, 64),
            Source("clustered", 100, 3072, 48),
        ),
        rounds=21,
        decisions=310_000,
        judged=3,
        kicks=4,
        imitation={"learning_rate": 1e-3, "cooldown": 0.5, "regret": 20.0, "precision": "bfloat16"},
    ),
    "CVRP": Refinement(
        sources=(
            Source("uniform", 100, 8192, 0, shares=3),
            Source("uniform", 50, 3072, 0),
            Source("benchmark", 100, 6144, 0, shares=2),
        ),
        rounds=10,
        decisions=300_000,
        judged=0,
        kicks=300,
        imitation={"learning_rate": 2e-3, "cooldown": 0.5, "precision": "bfloat16", "tokens": 1024, "structure": 1.0},
    ),
    "OP": Refinement(
        sources=(
            *(Source(kind, 100, 6144, 0, shares=3) for kind in KINDS["OP"]),
            *(Source(kind, 50, 2048, 0) for kind in KINDS["OP"]),
        ),
        rounds=5,
        decisions=300_000,
        judged=0,
        kicks=30,
        imitation={"learning_rate": 2e-3, "cooldown": 0.5, "precision": "bfloat16", "tokens": 2048, "structure": 1.0},
    ),
    "ATSP": Refinement(
        sources=(
            Source("metric", 50, 2048, 24),
            Source("heavy-tailed", 50, 2048, 96, shares=3),
            Source("nearly-symmetric", 50, 2048, 96, shares=3),
            Source("many-zeros", 50, 2048, 24),
            Source("metric", 100, 2048, 16),
            Source("heavy-tailed", 100, 2048, 48, shares=3),
            Source("nearly-symmetric", 100, 2048, 48, shares=3),
            Source("many-zeros", 100, 2048, 24),
        ),
        rounds=5,
        decisions=500_000,
        judged=2,
        kicks=20,
        imitation={"learning_rate": 1.5e-3, "cooldown": 0.7, "regret": 20.0, "precision": "bfloat16"},
    ),
}


class Round(BaseCallback):
    """Ends a round when so many decisions have been learned from since the start of the refinement."""

    def __init__(self, end: int) -> None:
        """Stores the number."""
        super().__init__()
        self.end = end

    def _on_step(self) -> bool:
        return self.num_timesteps < self.end


class Work:
    """A refinement with its files in one folder."""

    def __init__(self, work: Path, problem: str) -> None:
        """Creates the folder."""
        self.work, self.problem, self.name, self.plan = work, problem, problem.lower(), REFINEMENTS[problem]
        self.folder = work / "refined" / self.name
        self.fit, self.clock = self.folder / "fit.safetensors", self.folder / "seconds.json"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.told: dict[str, Any] = json.loads((work / f"{self.name}-training.json").read_text())
        self.before: list[dict[str, Any]] = self.told.get("refinements", [])
        self.label_seed, self.regret_seed = LABEL_SEED + 100 * len(self.before), REGRET_SEED + 100 * len(self.before)
        self.seconds: dict[str, float] = json.loads(self.clock.read_text()) if self.clock.exists() else {}

    @property
    def judges(self) -> bool:
        """Whether choices are judged."""
        return any(each.judged for each in self.plan.sources)

    def run(self) -> BQNCO:
        """Runs all rounds that are missing, and returns the agent."""
        labels = self.labels()
        agent = self.agent()
        judged: list[Regrets] = []
        for index in range(self.plan.rounds):
            end = (index + 1) * self.plan.decisions
            judged += self.judged(agent, index)
            if agent.num_timesteps >= end:
                continue
            sources: list[Labels | Regrets] = [*judged * len(labels) * self.plan.judged, *labels * max(1, len(judged))]
            began = time.process_time()
            total = self.plan.rounds * self.plan.decisions - agent.num_timesteps
            agent.fit(sources, total, Round(end), log_interval=None, reset_num_timesteps=False)
            agent.save(self.fit)
            self.spend("training", began)
            print(f"round {index + 1} of {self.plan.rounds}: {json.dumps(self.seconds)}", flush=True)
        return agent

    def agent(self) -> BQNCO:
        """Returns the agent where it was saved, or with the weights of the first training."""
        if self.fit.exists():
            return BQNCO.load(self.fit)
        first = self.first()
        agent = BQNCO(
            problem=self.problem,
            network=first.policy.settings,
            imitation=replace(first.imitation, **self.plan.imitation),
            seed=self.regret_seed,
            size=max(each.size for each in self.plan.sources),
        )
        agent.policy.network.load_state_dict(first.policy.network.state_dict())
        return agent

    def first(self) -> BQNCO:
        """Returns the result of the first training."""
        return BQNCO.load(self.work / f"{self.name}.safetensors")

    def labels(self) -> list[Labels]:
        """Returns labels of every source, as often as it has shares; solves what is missing."""
        found = []
        for number, each in enumerate(self.plan.sources):
            chunks = LabelSet(
                problem=self.problem,
                chunks=-(-each.labels // 128),
                kinds={each.kind: 1.0},
                sizes=(each.size, each.size),
                iterations=self.plan.kicks,
                seed=self.label_seed + number,
            )
            folder = self.folder / "labels" / f"{each.kind}-{each.size}"
            for chunk in chunks.missing(folder):
                began = time.process_time()
                chunks.write(folder, chunk)
                self.spend("labels", began)
            found += [read_labels(folder)] * each.shares
        return found

    def judged(self, agent: BQNCO, index: int) -> list[Regrets]:
        """Returns the judged states of a round, as often as a source has shares; decodes what is missing."""
        found = []
        for number, each in enumerate(self.plan.sources):
            if not each.judged:
                continue
            file = self.folder / "regrets" / f"{index:03d}-{each.kind}-{each.size}.npz"
            seed = int(np.random.SeedSequence([self.regret_seed, index, number]).generate_state(1)[0])
            instances = draw(self.problem, each.kind, each.judged, each.size, seed)
            if not file.exists():
                began = time.process_time()
                write(file, measure_regrets(agent, instances, seed=seed))
                self.spend("regrets", began)
            found += [read(file, self.problem, instances)] * each.shares
        return found

    def spend(self, what: str, began: float) -> None:
        """Adds the CPU time since a moment."""
        self.seconds[what] = round(self.seconds.get(what, 0.0) + time.process_time() - began, 1)
        with replacing(self.clock) as beside:
            beside.write_text(json.dumps(self.seconds))

    def note(self, agent: BQNCO) -> dict[str, Any]:
        """Returns how the result was made: the note on what was there before, with one on this refinement."""
        refinement = {
            "algorithm": "imitation"
            + self.judges * " and expected regret of the choices in the states of its own decodings",
            "sources": [asdict(each) for each in self.plan.sources],
            "rounds": self.plan.rounds,
            "decisions": agent.num_timesteps,
            "seeds": [self.label_seed, self.regret_seed],
            "imitation": asdict(agent.imitation),
            "script": "benchmarks/refine_bq_nco.py",
            "machine": f"one thread of a CPU ({platform.machine()}), no GPU",
            "cpu_minutes": {name: round(each / 60, 1) for name, each in self.seconds.items()},
        }
        return self.told | {"refinements": [*self.before, refinement]}


def write(file: Path, regrets: Regrets) -> None:
    """Writes judged states atomically, without the instances."""
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays = {}
    for k, (left, action, regret) in enumerate(regrets.steps):
        state = {name: each for name, each in left._asdict().items() if each is not None}
        arrays |= {f"{name}{k}": each.numpy() for name, each in (state | {"action": action, "regret": regret}).items()}
    with replacing(file) as beside, beside.open("wb") as stream:
        np.savez_compressed(stream, steps=np.array(len(regrets.steps)), **arrays)


def read(file: Path, problem: str, instances: list[Any]) -> Regrets:
    """Reads what ``write`` has written about these instances."""
    with np.load(file, allow_pickle=False) as data:
        found = {name: torch.from_numpy(each) for name, each in data.items()}
    steps = []
    for k in range(int(found["steps"])):
        left = Remainder(*(found.get(f"{name}{k}") for name in Remainder._fields))
        steps.append(Judged(left, found[f"action{k}"], found[f"regret{k}"]))
    return Regrets(problem, batch_of(instances, exact=False), tuple(steps))


def main() -> None:
    """Reads the command line and trains."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="the folder of train_bq_nco.py")
    parser.add_argument("--problem", choices=tuple(REFINEMENTS), required=True)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    work = Work(options.work, options.problem)
    agent, result = work.run(), options.work / "refined" / options.problem.lower()
    result.with_name(f"{result.name}-training.json").write_text(json.dumps(work.note(agent), indent=1) + "\n")
    agent.imitation = work.first().imitation  # whoever trains it further begins with these
    agent.save(result.with_suffix(".safetensors"), resumable=False)


if __name__ == "__main__":
    main()
