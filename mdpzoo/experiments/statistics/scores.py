"""Scores as strata: one environment each, in which seeds are exchangeable.

Seeds are resampled within an environment and never across environments; episodes of one seed are no replicates of a
run and must be averaged before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo.errors import ResultsError

Scores = ArrayLike | Mapping[str, ArrayLike]


@dataclass(frozen=True)
class Strata:
    """Scores, environment after environment.

    Attributes:
        values: ``[N]`` float64, finite.
        sizes: seeds of each environment, positive.
    """

    values: np.ndarray
    sizes: tuple[int, ...]

    @property
    def starts(self) -> np.ndarray:
        """``[E]`` int64, where each environment begins."""
        return np.cumsum([0, *self.sizes[:-1]])

    @property
    def parts(self) -> list[np.ndarray]:
        """``[seeds]`` for each environment."""
        return np.split(self.values, self.starts[1:])


def strata_of(scores: Scores) -> Strata:
    """Checks scores and lays them out environment after environment.

    Args:
        scores: ``[seeds]`` for one environment, ``[seeds, environments]``, or ``[seeds]`` by the environment's name
            where their numbers differ.

    Raises:
        ResultsError: if there is no score, or one is not finite.
    """
    if isinstance(scores, Mapping):
        columns: Sequence[np.ndarray] = [_floats(each).ravel() for each in scores.values()]
    else:
        table = _floats(scores)
        if table.ndim not in (1, 2):
            raise ResultsError(f"scores must be [seeds] or [seeds, environments], got the shape {table.shape}")
        columns = list(table.T) if table.ndim == 2 else [table]
    if not columns or not all(map(len, columns)):
        raise ResultsError("there is no score in an environment; leave it out, or wait for its runs")
    values = np.concatenate(columns)
    if not np.isfinite(values).all():
        bad = values[~np.isfinite(values)][0]
        raise ResultsError(f"scores must be finite, got {bad}; leave out runs that failed")
    return Strata(values, tuple(map(len, columns)))


def _floats(scores: ArrayLike) -> np.ndarray:
    try:
        return np.asarray(scores, np.float64)
    except (TypeError, ValueError):
        raise ResultsError(f"scores must be numbers, got {scores!r:.80}") from None


def check_seeds(strata: Strata) -> None:
    """Raises if an environment has a single seed, which has no spread.

    Raises:
        ResultsError: if an environment has a single seed.
    """
    if min(strata.sizes) < 2:
        raise ResultsError("an interval needs at least 2 seeds of every environment, got 1; run more seeds")


def resampled(strata: Strata, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Draws seeds with replacement within every environment; returns ``[resamples, N]`` scores."""
    return strata.values[_resampled(strata, resamples, generator)]


def _resampled(strata: Strata, resamples: int, generator: np.random.Generator) -> np.ndarray:
    sizes = np.repeat(strata.sizes, strata.sizes)
    uniform = generator.random((resamples, len(sizes)))
    return (uniform * sizes).astype(np.intp) + np.repeat(strata.starts, strata.sizes)


def draw_weights(count: int, resamples: int, generator: np.random.Generator) -> np.ndarray:
    """Returns ``[resamples, count]`` int64, how often each of ``count`` seeds is in a resample of as many."""
    return generator.multinomial(count, np.full(count, 1 / count), resamples)
