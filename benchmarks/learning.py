"""What agents reach in a study of problems whose return is minus a cost, beside one of them that serves as baseline.

    mdpzoo bench benchmarks/science/studies/learning.toml --out FOLDER --jobs 2
    python benchmarks/learning.py FOLDER --baseline random

A row a run: mean cost of its last evaluation, and what it saves against the baseline of the same seed, which has
solved the same instances, with 95 % intervals over instances. Then a row an agent: means over seeds, with intervals
over seeds. At last what the study knows of the instances: an optimum, or the best of a local search. An episode that
ends earlier than the baseline's has been ended by an illegal action.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

from mdpzoo.experiments.statistics import bootstrap_interval


@dataclass(frozen=True)
class Played:
    """The last evaluation of a run.

    Attributes:
        costs: ``[episodes]``.
        lengths: ``[episodes]``, in steps.
        cpu_seconds: of the whole run.
    """

    costs: np.ndarray
    lengths: np.ndarray
    cpu_seconds: float


def read_run(folder: Path) -> Played:
    """Reads the last evaluation of a finished run."""
    with (folder / "evaluations.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    last = [line for line in lines if line["steps"] == lines[-1]["steps"]]
    costs, lengths = (np.array([float(line[name]) for line in last]) for name in ("return", "length"))
    return Played(-costs, lengths, json.loads((folder / "result.json").read_text())["cpu_seconds"])


def read_study(folder: Path) -> dict[tuple[str, str], dict[int, Played]]:
    """Reads the runs of a study, by environment and agent, then seed."""
    found: dict[tuple[str, str], dict[int, Played]] = {}
    for run in json.loads((folder / "study.json").read_text())["runs"]:
        key = run["environment_name"], run["agent_name"]
        found.setdefault(key, {})[run["seed"]] = read_run(folder / run["folder"])
    return found


def rows_of(runs: dict[tuple[str, str], dict[int, Played]], baseline: str) -> Iterator[dict[str, Any]]:
    """Yields a row for each run, and one for each agent."""
    for (environment, agent), seeds in runs.items():
        bases = runs[environment, baseline]
        rows = [compared(seed, played, bases[seed]) for seed, played in seeds.items()]
        for row in [*rows, over_seeds(rows)]:
            yield {"environment": environment, "agent": agent} | row


def known_of(folder: Path) -> Iterator[dict[str, Any]]:
    """Yields the mean of the best costs that the study knows for the instances of each environment."""
    runs = json.loads((folder / "study.json").read_text())["runs"]
    names = {run["folder"].partition("/")[0]: run["environment_name"] for run in runs}
    for label, name in names.items():
        truth = json.loads((folder / "truth" / f"{label}.json").read_text())
        agent = "optimum" if truth["exact"] else "best known"
        yield {"environment": name, "agent": agent, "seed": "all", "cost": -truth["optimum"]}


def compared(seed: int, played: Played, base: Played) -> dict[str, Any]:
    """A run beside the baseline's on the same instances."""
    saved = base.costs - played.costs
    row = {"seed": str(seed), **mean_of("cost", played.costs), **mean_of("saved", saved)}
    row["saved_percent"] = 100 * saved.mean() / base.costs.mean()
    row["illegal"] = int((played.lengths < base.lengths).sum())
    return row | {"cpu_seconds": played.cpu_seconds}


def mean_of(name: str, values: np.ndarray) -> dict[str, float]:
    """The mean over instances and its 95 % interval."""
    mean, half_width = values.mean(), 1.96 * values.std(ddof=1) / len(values) ** 0.5
    return {name: mean, f"{name}_low": mean - half_width, f"{name}_high": mean + half_width}


def over_seeds(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over seeds; intervals are those of ``mdpzoo.experiments.statistics``."""
    found: dict[str, Any] = {"seed": "all"}
    for name in ("cost", "saved"):
        interval = bootstrap_interval(np.array([row[name] for row in rows]), "mean")
        found |= {name: interval.estimate, f"{name}_low": interval.low, f"{name}_high": interval.high}
    for name in ("saved_percent", "cpu_seconds"):
        found[name] = float(np.mean([row[name] for row in rows]))
    return found | {"illegal": sum(row["illegal"] for row in rows)}


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("study", type=Path, help="the folder of a study that is done")
    parser.add_argument("--baseline", required=True, help="an agent of the study")
    add_rows(parser)
    options = parser.parse_args()
    show(chain(rows_of(read_study(options.study), options.baseline), known_of(options.study)), options.rows)


if __name__ == "__main__":
    main()
