"""Performance profiles: the share of runs above each score (Dolan and Moré 2002; Agarwal et al. 2021)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics.intervals import RESAMPLES, check_level
from mdpzoo.experiments.statistics.scores import Scores, Strata, draw_weights, strata_of


@dataclass(frozen=True)
class Profile:
    """A performance profile.

    Attributes:
        thresholds: ``[k]`` float64, scores.
        shares: ``[k]`` float64 in [0, 1], of runs above the threshold.
        low: ``[k]``, lower limits, point by point; None from a single seed of some environment.
        high: ``[k]``, upper limits likewise.
        level: of the limits.
    """

    thresholds: np.ndarray
    shares: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None
    level: float

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        """The shares, for functions of NumPy."""
        return np.array(self.shares, dtype=dtype)

    def _repr_html_(self) -> str:
        """A row for each threshold, for notebooks."""
        rows = "".join(
            f"<tr><td>{threshold:.4g}</td><td>{share:.1%}</td></tr>"
            for threshold, share in zip(self.thresholds.tolist(), self.shares.tolist(), strict=True)
        )
        return f"<table><tr><th>score above</th><th>share of runs</th></tr>{rows}</table>"


def performance_profile(
    scores: Scores, thresholds: ArrayLike, *, level: float = 0.95, resamples: int = RESAMPLES, seed: int = 0
) -> Profile:
    """Returns the share of runs that score above each threshold, with limits over seeds, point by point.

    Args:
        scores: ``[seeds]``, ``[seeds, environments]``, or ``[seeds]`` by the environment's name; normalised where there
            are several environments.
        thresholds: ``[k]``, finite.
        level: of the limits, in (0, 1).
        resamples: of the stratified bootstrap, whose percentiles are the limits.
        seed: of the resampling.

    Raises:
        ResultsError: if a score or a threshold is not finite, or the level out of its range.

    Costs O(k (N + resamples seeds)).
    """
    check_level(level)
    strata, levels = strata_of(scores), np.asarray(thresholds, float)
    if levels.ndim != 1 or not np.isfinite(levels).all():
        raise ResultsError(f"thresholds must be finite numbers [k], got the shape {levels.shape}")
    above = [(part[:, None] > levels).astype(float) for part in strata.parts]
    shares = np.concatenate(above).mean(0)
    if min(strata.sizes) < 2:
        return Profile(levels, shares, None, None, level)
    low, high = np.quantile(_drawn(strata, above, resamples, seed), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return Profile(levels, shares, low, high, level)


def _drawn(strata: Strata, above: list[np.ndarray], resamples: int, seed: int) -> np.ndarray:
    """Shares ``[resamples, k]``: a resample weighs seeds by how often it draws them."""
    generator = np.random.default_rng(seed)
    total = np.zeros((resamples, above[0].shape[1]))
    for part in above:
        total += draw_weights(len(part), resamples, generator) @ part
    return total / len(strata.values)
