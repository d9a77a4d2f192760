"""Curves of several seeds as one: means on common steps, with an interval at each and the number of runs behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from mdpzoo.experiments.statistics import mean_limits
from mdpzoo.report.records import Curve, RunRecord, Truth

POINTS = 60  # of a curve at most
LEVEL = 0.95
RESAMPLES = 1_000


@dataclass(frozen=True)
class SeedCurve:
    """The mean of some runs' curves.

    Attributes:
        steps: ``[k]`` float64, increasing.
        values: ``[k]``, means over the runs that reach so far.
        low: ``[k]``, lower limits; NaN where fewer than two runs reach.
        high: ``[k]``, upper limits; NaN where fewer than two runs reach.
        seeds: ``[k]`` int64, number of runs that reach so far.
    """

    steps: np.ndarray
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seeds: np.ndarray


def mean_of(curves: Sequence[Curve | None]) -> SeedCurve | None:
    """Averages curves of one agent in one environment, a seed each; None where none has a point.

    Points at steps that all curves share are averaged directly; otherwise curves are interpolated between their own
    points, and none is extrapolated beyond its end. Of many points, about ``POINTS`` are kept.
    """
    held = [each for each in curves if each is not None and len(each)]
    if not held:
        return None
    grid = _common_steps(held)
    values = np.stack([np.interp(grid, each.steps, each.values, left=np.nan, right=np.nan) for each in held], 1)
    seeds = np.isfinite(values).sum(1)
    grid, values, seeds = (each[seeds > 0] for each in (grid, values, seeds))
    low, high = (np.full(len(grid), np.nan) for _ in range(2))
    for _, block in groupby(range(len(grid)), key=lambda point: tuple(np.isfinite(values[point]))):
        points = list(block)
        present = values[points][:, np.isfinite(values[points[0]])]
        if present.shape[1] > 1:
            low[points], high[points] = mean_limits(present, (present.shape[1],), LEVEL, RESAMPLES, 0)
    return SeedCurve(grid, np.nanmean(values, 1), low, high, seeds)


def learning_curve(runs: Sequence[RunRecord], truth: Truth) -> SeedCurve | None:
    """Returns the mean of learning curves, in the environment's criterion."""
    return mean_of([run.learning_curve(truth.per_step) for run in runs if not run.failure])


def regret_curve(runs: Sequence[RunRecord], truth: Truth) -> SeedCurve | None:
    """Returns the mean regret: optimal reward of the steps done minus rewards received; None if no gain is known."""
    return mean_of([regret_of(run, truth) for run in runs if not run.failure])


def regret_of(run: RunRecord, truth: Truth) -> Curve | None:
    """Returns one run's regret against steps, 0 at step 0; None if gain or rewards are unknown."""
    if truth.gain is None or run.rewards is None or not len(run.rewards):
        return None
    steps = np.concatenate([[0.0], run.rewards.steps])
    return Curve(steps, steps * truth.gain - np.concatenate([[0.0], run.rewards.values]))


def _common_steps(curves: Sequence[Curve]) -> np.ndarray:
    first = curves[0].steps
    if all(np.array_equal(first, each.steps) for each in curves[1:]):
        return first[_kept(len(first))]
    every = np.unique(np.concatenate([each.steps for each in curves]))
    if len(every) <= POINTS:
        return every
    start = min(float(each.steps[0]) for each in curves)
    ends = [float(each.steps[-1]) for each in curves]  # a point where each run ends, so that none is cut short
    return np.unique(np.concatenate([np.linspace(start, max(ends), POINTS), ends]))


def _kept(count: int) -> np.ndarray:
    """Returns indices of evenly spread points, including the first and the last."""
    return np.unique(np.linspace(0, count - 1, min(count, POINTS)).round().astype(int))
