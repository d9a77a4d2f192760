"""One number for many runs: interquartile mean, optimality gap, area under a curve, and steps to a threshold.

The interquartile mean and the optimality gap are those of Agarwal et al. 2021 (Deep Reinforcement Learning at the Edge
of the Statistical Precipice, section 4.3). Of N scores ``floor(N / 4)`` are cut off at each end, as their library does.
"""

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics.scores import Scores, strata_of

CUT = 0.25  # of the scores, at each end


def interquartile_mean(scores: Scores) -> float:
    """Returns the mean of the middle half of all scores, environments and seeds together.

    Args:
        scores: ``[seeds]``, ``[seeds, environments]``, or ``[seeds]`` by the environment's name.

    Raises:
        ResultsError: if there is no score, or one is not finite.
    """
    return float(middle_means(strata_of(scores).values))


def optimality_gap(scores: Scores, target: float = 1.0) -> float:
    """Returns by how much scores miss a target on average, where those above it count as the target itself.

    Args:
        scores: ``[seeds]``, ``[seeds, environments]``, or ``[seeds]`` by the environment's name; normalised, so that 1
            is the optimum.
        target: the score wanted.

    Raises:
        ResultsError: if there is no score, or one is not finite.
    """
    return float(np.maximum(target - strata_of(scores).values, 0.0).mean())


def area_under_curve(steps: ArrayLike, values: ArrayLike, until: float | None = None) -> float:
    """Returns the mean height of a learning curve over its steps, by trapezoids.

    Dividing by the steps makes it a score like those of the curve, so that it can be normalised and compared alike.

    Args:
        steps: ``[k]``, increasing.
        values: ``[k]``, finite.
        until: the last step that counts; None: all. A curve that is shorter counts as far as it goes.

    Raises:
        ResultsError: if there is no point, or steps do not increase.
    """
    x, y = _curve(steps, values)
    if until is not None and until < x[-1]:
        inside = x < until
        x, y = np.append(x[inside], until), np.append(y[inside], np.interp(until, x, y))
    return float(y[0]) if len(x) == 1 else float(np.trapezoid(y, x) / (x[-1] - x[0]))


def steps_to_threshold(steps: ArrayLike, values: ArrayLike, threshold: float) -> float | None:
    """Returns the first steps at which a learning curve reaches a threshold and stays there to its end.

    Args:
        steps: ``[k]``, increasing.
        values: ``[k]``, finite.
        threshold: the height.

    Returns:
        Steps; None if the curve ends below the threshold.

    Raises:
        ResultsError: if there is no point, or steps do not increase.
    """
    x, y = _curve(steps, values)
    below = np.flatnonzero(y < threshold)
    first = below[-1] + 1 if len(below) else 0
    return float(x[first]) if first < len(x) else None


def middle_means(values: np.ndarray) -> np.ndarray:
    """Interquartile means of ``[..., N]``."""
    count = values.shape[-1]
    cut = int(CUT * count)
    if not cut:
        return np.asarray(values.mean(-1))
    return np.asarray(np.partition(values, (cut, count - cut - 1), -1)[..., cut : count - cut].mean(-1))


def _curve(steps: ArrayLike, values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    x, y = np.asarray(steps, float), np.asarray(values, float)
    if x.ndim != 1 or x.shape != y.shape or not len(x):
        raise ResultsError(f"a curve needs as many steps as values, at least one, got {x.shape} and {y.shape}")
    if (np.diff(x) <= 0).any() or not np.isfinite(y).all():
        raise ResultsError("a curve's steps must increase and its values must be finite; leave out what repeats")
    return x, y
