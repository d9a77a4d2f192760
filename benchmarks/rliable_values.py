"""Writes what rliable computes for fixed scores, which tests compare ours with: tests/experiments/rliable_values.json.

rliable 1.2.0 cannot be imported beside pandas 3, so that it runs in an environment of its own:

    python -m venv PEER && PEER/bin/pip install rliable==1.2.0 "pandas<3"
    PEER/bin/python benchmarks/rliable_values.py tests/experiments/rliable_values.json

Scores are shaped as in the examples that rliable publishes: 5 runs of 55 Atari games, 10 runs of 6 DeepMind Control
tasks, 100 runs of 26 games; they are drawn here, because the published ones are behind a download.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from rliable import library, metrics

REPETITIONS = 50_000
METRICS = (metrics.aggregate_iqm, metrics.aggregate_mean, metrics.aggregate_optimality_gap)
SHAPES = {"atari": (5, 55), "control": (10, 6), "atari-100k": (100, 26)}


def scores(runs: int, tasks: int, lift: float, seed: int) -> np.ndarray:
    """Skewed scores ``[runs, tasks]`` of tasks that differ in difficulty."""
    rng = np.random.default_rng(seed)
    return (rng.lognormal(lift, 0.7, tasks) * rng.lognormal(0, 0.25, (runs, tasks))).round(4)


def main(path: Path) -> None:
    """Writes the file."""
    cases = {}
    for name, (runs, tasks) in SHAPES.items():
        first, second = scores(runs, tasks, 0.0, 1), scores(runs, tasks, 0.1, 2)
        np.random.seed(0)  # noqa: NPY002  rliable resamples by NumPy's global state
        points, limits = library.get_interval_estimates(
            {"first": first},
            lambda x: np.array([metric(x) for metric in METRICS]),
            reps=REPETITIONS,
        )
        pair, pair_limits = library.get_interval_estimates(
            {"pair": (first, second)}, metrics.probability_of_improvement, reps=2_000
        )
        thresholds = np.linspace(0, 3, 13)
        shares, _ = library.create_performance_profile({"first": first}, thresholds, reps=50)
        cases[name] = {
            "scores": [first.tolist(), second.tolist()],
            "iqm": float(points["first"][0]),
            "mean": float(points["first"][1]),
            "optimality_gap": float(points["first"][2]),
            "limits": limits["first"].T.tolist(),
            "improvement": float(np.squeeze(pair["pair"])),
            "improvement_limits": np.squeeze(pair_limits["pair"]).tolist(),
            "thresholds": thresholds.tolist(),
            "profile": shares["first"].tolist(),
        }
    told = {"rliable": version("rliable"), "numpy": np.__version__, "repetitions": REPETITIONS, "cases": cases}
    path.write_text(json.dumps(told) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
