"""Bootstrap intervals over seeds, stratified by environment.

With ten seeds the percentile bootstrap, which Agarwal et al. 2021 use, covers a mean in 89 of 100 cases where it
promises 95. By default the limits here are adjusted for few seeds: those of a mean as ``means`` says; those of the
interquartile mean and of any other statistic are percentiles at wider levels, as ``student.expanded_tail`` says, in the
manner of Hesterberg 2015 (What Teachers Should Know about the Bootstrap, section 3.3).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics.aggregates import interquartile_mean, middle_means
from mdpzoo.experiments.statistics.means import mean_limits
from mdpzoo.experiments.statistics.scores import Scores, Strata, check_seeds, resampled, strata_of
from mdpzoo.experiments.statistics.student import expanded_tail

Method = Literal["adjusted", "percentile"]
METHODS = get_args(Method)
RESAMPLES = 2_000
AT_ONCE = 2_000_000  # scores that are resampled together


@dataclass(frozen=True)
class Interval:
    """An estimate and its interval; ``low, high = interval`` unpacks the limits.

    Attributes:
        estimate: the statistic of the scores themselves.
        low: lower limit.
        high: upper limit.
        level: how often such an interval should cover, as in 0.95.
        method: how it was computed.
        seeds: the smallest number of seeds in an environment.
    """

    estimate: float
    low: float
    high: float
    level: float
    method: str
    seeds: int

    def __iter__(self) -> Iterator[float]:
        """The limits, the lower first."""
        return iter((self.low, self.high))

    def __contains__(self, value: float) -> bool:
        """Whether a value lies between the limits."""
        return self.low <= value <= self.high

    def _repr_html_(self) -> str:
        """One line for notebooks."""
        numbers = f"<b>{self.estimate:.4g}</b> [{self.low:.4g}, {self.high:.4g}]"
        return f"<span>{numbers} <small>{self.level:.0%} interval, {self.seeds} seeds</small></span>"


def bootstrap_interval(
    scores: Scores,
    statistic: Callable[..., Any] | str = interquartile_mean,
    *,
    level: float = 0.95,
    method: Method = "adjusted",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Returns a statistic of scores with a bootstrap interval over seeds.

    Args:
        scores: ``[seeds]`` for one environment, ``[seeds, environments]``, or ``[seeds]`` by the environment's name.
            A seed's score is one number: average its episodes before.
        statistic: ``interquartile_mean``, ``numpy.mean``, ``numpy.median`` or their names ``"iqm"``, ``"mean"`` and
            ``"median"``, or any function from ``[N]`` scores to a number.
        level: in (0, 1).
        method: ``"adjusted"`` for few seeds, see above, or ``"percentile"`` as in rliable.
        resamples: at least 100.
        seed: of the resampling; the same arguments give the same interval.

    Raises:
        ResultsError: if an environment has a single seed, a score is not finite, or an argument is out of its range.

    Costs O(resamples N).
    """
    check_level(level, method)
    if resamples < 100:
        raise ResultsError(f"resamples must be at least 100, got {resamples}")
    strata = strata_of(scores)
    check_seeds(strata)
    compute = _vectorised(statistic)
    estimate = float(compute(strata.values[None])[0])
    is_mean = compute is _means or (compute is middle_means and len(strata.values) < 4)  # then nothing is cut off
    if method == "adjusted" and is_mean:
        low, high = (float(each[0]) for each in mean_limits(strata.values[None], strata.sizes, level, resamples, seed))
    else:
        values = np.concatenate([compute(drawn) for drawn in _batches(strata, resamples, seed)])
        low, high = percentiles(values, level, method, strata.sizes)
    return Interval(estimate, low, high, level, method, min(strata.sizes))


def percentiles(values: np.ndarray, level: float, method: Method, sizes: Sequence[int]) -> tuple[float, float]:
    """Returns the limits of an interval from ``[resamples]`` values of a statistic; ``sizes``: seeds per stratum."""
    tail = (1 - level) / 2 if method == "percentile" else expanded_tail(level, sizes)
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _means(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.mean(-1))


def _medians(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.median(values, -1))


Rows = Callable[[np.ndarray], np.ndarray]
KNOWN: dict[Any, Rows] = {
    interquartile_mean: middle_means,
    np.mean: _means,
    np.median: _medians,
    "iqm": middle_means,
    "mean": _means,
    "median": _medians,
}


def _vectorised(statistic: Any) -> Rows:
    """A function from ``[B, N]`` to ``[B]``."""
    if statistic in KNOWN:
        return KNOWN[statistic]
    if not callable(statistic):
        known = ", ".join(repr(name) for name in KNOWN if isinstance(name, str))
        raise ResultsError(f"unknown statistic {statistic!r:.40}; give a function of scores, or one of {known}")
    return lambda values: np.array([float(statistic(row)) for row in values])


def _batches(strata: Strata, resamples: int, seed: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    most = max(1, AT_ONCE // len(strata.values))
    for first in range(0, resamples, most):
        yield resampled(strata, min(most, resamples - first), generator)


def check_level(level: float, method: str = "percentile") -> None:
    """Checks the arguments that all bootstrap intervals share.

    Raises:
        ResultsError: if the level is out of its range, or there is no such method.
    """
    if not 0 < level < 1:
        raise ResultsError(f"level must be in (0, 1), got {level!r}; 0.95 is usual")
    if method not in METHODS:
        raise ResultsError(f"method must be one of {', '.join(METHODS)}, got {method!r:.40}")
