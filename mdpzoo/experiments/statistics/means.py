"""Limits of a mean over seeds, for one mean or for every point of a curve at once.

They lie midway between Student's and those of the studentised bootstrap (Efron 1979; Hall 1988), which measures each
resample's distance from the mean in the resample's own standard errors. Student's t is exact for normal scores and
covers too seldom when they are skewed; the studentised bootstrap leans as a skewed distribution does, and too far when
ten scores happen to look skewed. Midway, intervals of ten seeds cover in 92 to 97 of 100 cases for symmetric,
exponential and heavy-tailed scores; benchmarks/interval_coverage.py has the table.

What differs from the textbook: a studentised limit is at most ``LEAN`` times as far away as Student's, because a
resample of nearly equal scores has hardly any standard error; and below ``FEWEST`` degrees of freedom, where that
happens often, Student's limits are used alone.
"""

from collections.abc import Sequence

import numpy as np

from mdpzoo.experiments.statistics.scores import draw_weights
from mdpzoo.experiments.statistics.student import student_quantile

LEAN = 1.5
FEWEST = 3.5
FAR = 1e300  # standard errors, where a resample has none


def mean_limits(
    values: np.ndarray, sizes: Sequence[int], level: float, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns lower and upper limits ``[k]`` of means over seeds.

    Args:
        values: ``[k, N]`` float64, environment after environment; a row for each mean wanted.
        sizes: seeds of each environment, at least 2 each; they sum to N.
        level: in (0, 1).
        resamples: of the bootstrap.
        seed: of the resampling, which all rows share.

    Costs O(resamples k N).
    """
    means = values.mean(1)
    parts = np.split(values - means[:, None], np.cumsum(sizes)[:-1], axis=1)
    variances = np.stack([part.var(1, ddof=1) * part.shape[1] for part in parts], 1)
    errors = np.sqrt(variances.sum(1)) / values.shape[1]
    freedom = _freedom(variances, sizes)
    student = np.array([student_quantile((1 + level) / 2, round(each, 3)) for each in freedom])
    flat = errors <= 1e-12 * np.abs(means)
    left, right = _studentised(parts, np.where(flat, 1.0, errors), level, resamples, seed)
    left, right = (np.clip(each, 0.0, LEAN * student) for each in (left, right))
    few = freedom < FEWEST
    left, right = (np.where(few, student, (student + each) / 2) for each in (left, right))
    errors = np.where(flat, 0.0, errors)
    return means - left * errors, means + right * errors


def _freedom(variances: np.ndarray, sizes: Sequence[int]) -> np.ndarray:
    """Degrees of freedom ``[k]`` of a sum of variances ``[k, E]`` (Satterthwaite 1946; Welch 1947)."""
    squares = (variances**2 / (np.array(sizes) - 1)).sum(1)
    with np.errstate(invalid="ignore"):
        return np.where(squares > 0, variances.sum(1) ** 2 / squares, float(min(sizes) - 1))


def _studentised(
    parts: list[np.ndarray], errors: np.ndarray, level: float, resamples: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the studentised limits' distances below and above the mean, ``[k]`` each, in standard errors."""
    generator = np.random.default_rng(seed)
    shifts = squares = np.zeros((len(errors), resamples))
    for part in parts:
        count = part.shape[1]
        draws = draw_weights(count, resamples, generator).T
        sums = part @ draws
        shifts = shifts + sums
        squares = squares + (part**2 @ draws - sums**2 / count) * (count / (count - 1))
    tiny = (1e-9 * errors[:, None] * sum(part.shape[1] for part in parts)) ** 2
    ratios = np.where(squares > tiny, shifts / np.sqrt(np.maximum(squares, tiny)), np.sign(shifts) * FAR)
    below, above = np.quantile(ratios, [(1 - level) / 2, (1 + level) / 2], axis=1, method="inverted_cdf")
    return above, -below
