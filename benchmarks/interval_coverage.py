"""How often 95 % intervals cover the truth: benchmarks/results of interval methods on simulated scores.

For each distribution, number of seeds and number of environments, scores are drawn again and again, and it is counted
how often the interval of the mean, and of the interquartile mean, holds the distribution's own. Printed for adjusted
intervals, which are the default, and for the percentile bootstrap that rliable uses.
``python benchmarks/interval_coverage.py [--trials 2000]``; 2,000 trials take about ten minutes of one core.
"""

import argparse
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

from mdpzoo.experiments.statistics import bootstrap_interval, interquartile_mean, mean_limits

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
DISTRIBUTIONS: dict[str, Draw] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "uniform": lambda rng, shape: rng.random(shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "lognormal, sigma 0.5": lambda rng, shape: rng.lognormal(0, 0.5, shape),
    "lognormal, sigma 0.75": lambda rng, shape: rng.lognormal(0, 0.75, shape),
    "near a ceiling, beta(5, 1)": lambda rng, shape: rng.beta(5, 1, shape),
    "Student's t of 3": lambda rng, shape: rng.standard_t(3, shape),
    "a tenth 5 times as wide": lambda rng, shape: rng.normal(0, np.where(rng.random(shape) < 0.1, 5.0, 1.0)),
    "two skills, overlapping": lambda rng, shape: rng.normal(rng.random(shape) < 0.5, 0.3),
    "two skills, apart": lambda rng, shape: rng.normal(rng.random(shape) < 0.5, 0.1),
    "three in ten fail": lambda rng, shape: rng.normal(rng.random(shape) < 0.7, 0.1),
}
SHAPES = ((5, 1), (10, 1), (10, 5), (20, 1))  # seeds, environments
TRUTH = 4_000_000  # scores that stand for a distribution
RESAMPLES = 1_000


def covered_means(drawn: np.ndarray, truth: float) -> float:
    """Share of adjusted intervals of the mean that hold the truth, of ``[trials, seeds, environments]`` scores."""
    trials, seeds, environments = drawn.shape
    rows = drawn.transpose(0, 2, 1).reshape(trials, -1)
    low, high = mean_limits(rows, (seeds,) * environments, 0.95, RESAMPLES, 0)
    return float(((low <= truth) & (truth <= high)).mean())


def covered(drawn: np.ndarray, statistic: object, method: str, truth: float) -> float:
    """Likewise for any statistic and method, one interval after the other."""
    found = (bootstrap_interval(each, statistic, method=method, resamples=RESAMPLES) for each in drawn)
    return float(np.mean([truth in each for each in found]))


def coverage(trials: int) -> Iterator[dict[str, Any]]:
    """Yields the shares in percent, of every distribution and shape."""
    for name, draw in DISTRIBUTIONS.items():
        rng = np.random.default_rng(20)
        every = draw(rng, (TRUTH,))
        mean, middle = float(every.mean()), interquartile_mean(every)
        for seeds, environments in SHAPES:
            drawn = draw(rng, (trials, seeds, environments))
            yield {
                "distribution": name,
                "shape": f"{seeds} x {environments}",
                "mean": 100 * covered_means(drawn, mean),
                "iqm": 100 * covered(drawn, interquartile_mean, "adjusted", middle),
                "mean_percentile": 100 * covered(drawn, np.mean, "percentile", mean),
                "iqm_percentile": 100 * covered(drawn, interquartile_mean, "percentile", middle),
            }


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=2_000, help="simulated studies of each kind")
    add_rows(parser)
    options = parser.parse_args()
    show(coverage(options.trials), options.rows)


if __name__ == "__main__":
    main()
