"""Measures a BQ-NCO agent on held-out instances of the training mixtures, at equal CPU time per solution.

    python benchmarks/measure_bq_nco_mixtures.py --checkpoint tsp.safetensors --work build/bq-nco-mixtures

Instances of every kind of the mixture have seeds that no label set has; they are held against five times the search
that makes labels. Time is that of the process, so that a busy machine changes nothing: re-construction ends when the
process has had its CPU-seconds. Run it with one thread.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from baselines import CpuBudget

from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.training.label_sets import LabelSet
from mdpzoo_combinatorial.bq_nco.training.labels import Labels, read_labels
from mdpzoo_combinatorial.mixtures import draw

HELD_OUT_SEED = 1_000_000_007  # added to that of the labels


@dataclass(frozen=True)
class Measurement:
    """How much is measured.

    Attributes:
        size: nodes, customers or items of the instances.
        instances: of each kind, decoded greedily.
        few: of these, solved by re-construction.
        seconds: CPU time of re-construction, an instance.
        effort: iterations of the expert over those of labels.
    """

    size: int = 100
    instances: int = 64
    few: int = 16
    seconds: float = 1.0
    effort: int = 5


def held_out(labels: LabelSet, kind: str, folder: Path, how: Measurement) -> tuple[list[Any], Labels]:
    """Instances of one kind that no label set has, and the expert's solutions, which are kept in a folder."""
    one = replace(
        labels,
        chunks=1,
        kinds={kind: 1.0},
        sizes=(how.size, how.size),
        iterations=how.effort * labels.iterations,
        seed=labels.seed + HELD_OUT_SEED,
        instances=how.instances,
    )
    for chunk in one.missing(folder / kind):
        one.write(folder / kind, chunk)
    return draw(one.problem, kind, how.instances, how.size, one.cell(0)[2]), read_labels(one.file(folder / kind, 0))


def gaps_of(instances: list[Any], best: np.ndarray, objective: np.ndarray) -> dict[str, float]:
    """Mean gap in percent, the half-width of its 95 % interval, and the worst."""
    ratio = objective / np.where(best > 0, best, 1.0)
    gaps = 100 * (1 - ratio if instances[0].maximise else ratio - 1)[best > 0]
    half_width = 1.96 * gaps.std(ddof=1) / len(gaps) ** 0.5
    return {
        "gap_percent": round(float(gaps.mean()), 3),
        "interval_95": round(float(half_width), 3),
        "worst": round(float(gaps.max()), 2),
    }


def measure(agent: BQNCO, labels: LabelSet, folder: Path, how: Measurement) -> list[dict[str, Any]]:
    """One row for each kind and decoding: greedily in a batch, then by re-construction in a smaller one.

    Args:
        agent: on the CPU.
        labels: the set whose kinds are measured.
        folder: where the expert's solutions are kept.
        how: how much is measured.
    """
    rows = []
    for kind in labels.kinds:
        instances, solved = held_out(labels, kind, folder, how)
        best = np.array([each.objective(x) for each, x in zip(instances, solved.solutions, strict=True)], np.float64)
        for decoding, count in (("greedy", how.instances), ("reconstruct", how.few)):
            budget = CpuBudget(how.seconds * count) if decoding == "reconstruct" else None
            began = time.process_time()
            found = agent.solve(instances[:count], decoding, seed=0, budget=budget)
            seconds = (time.process_time() - began) / count
            row = {"kind": kind, "size": how.size, "decoding": decoding, "instances": count}
            row |= gaps_of(instances, best[:count], found.objective)
            rows.append(row | {"cpu_seconds_per_instance": round(seconds, 4), "rounds": found.rounds})
    return rows


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True, help="work folder of train_bq_nco_mixtures.py")
    parser.add_argument("--recipe", type=Path, default=Path(__file__).with_name("bq_nco_mixtures.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    agent = BQNCO.load(options.checkpoint)
    content = json.loads(options.recipe.read_text())
    described = next(each for each in content["labels"] if each["problem"] == agent.problem.name)
    described.pop("priority", None)
    how, folder = Measurement(**content.get("measurement", {})), options.work / "held-out" / agent.problem.name.lower()
    for row in measure(agent, LabelSet(**described), folder, how):
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
