"""Comparisons of two agents: probability of improvement, permutation tests over seeds, and a correction for many.

The probability of improvement is that of Agarwal et al. 2021, section 4.3: how often a run of one agent beats a run of
the other in the same environment, ties counting half, averaged over environments (Mann and Whitney 1947).
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics.intervals import RESAMPLES, Interval, Method, check_level, percentiles
from mdpzoo.experiments.statistics.scores import Scores, Strata, draw_weights, strata_of

EXACT = 14  # seeds up to which all sign changes are tried
PERMUTATIONS = 20_000  # drawn where there are too many to try them all


@dataclass(frozen=True)
class Comparison:
    """Two agents in one environment.

    Attributes:
        environment: its name.
        seeds: number of seeds of each, ``(first, second)``; for pairs, the number of pairs twice.
        paired: whether runs with the same seed were compared.
        difference: mean score of the first minus that of the second.
        improvement: probability of improvement of the first over the second.
        p_value: two-sided, of a permutation test that both have the same scores; None from a single seed.
        corrected: the p-value after Holm's correction for all comparisons made together; None from a single seed.
    """

    environment: str
    seeds: tuple[int, int]
    paired: bool
    difference: float
    improvement: float
    p_value: float | None
    corrected: float | None = None

    def _repr_html_(self) -> str:
        """One line for notebooks."""
        p = "" if self.p_value is None else f", p = {self.p_value:.3g}"
        corrected = "" if self.corrected is None else f", corrected {self.corrected:.3g}"
        numbers = f"difference {self.difference:.4g}, better in {self.improvement:.0%}{p}{corrected}"
        return f"<span><b>{html.escape(self.environment)}</b>: {numbers}</span>"


def probability_of_improvement(first: Scores, second: Scores) -> float:
    """Returns the probability that a run of the first agent beats one of the second in the same environment.

    Args:
        first: ``[seeds]``, ``[seeds, environments]``, or ``[seeds]`` by the environment's name.
        second: of the same form and environments; the numbers of seeds may differ.

    Raises:
        ResultsError: if the environments differ, or a score is not finite.
    """
    x, y = _same_environments(first, second)
    return float(np.mean([_improvement(*pair) for pair in zip(x.parts, y.parts, strict=True)]))


def improvement_interval(
    first: Scores,
    second: Scores,
    *,
    level: float = 0.95,
    method: Method = "adjusted",
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval:
    """Returns the probability of improvement with its interval, of the bootstrap stratified by environment.

    Args:
        first: as for ``probability_of_improvement``.
        second: as ``first``.
        level: of the interval, in (0, 1).
        method: of the limits, as in ``bootstrap_interval``.
        resamples: at least 1.
        seed: of the resampling.

    Returns:
        The estimate with its interval; from a single seed of either agent in some environment the limits are NaN.

    Raises:
        ResultsError: if the environments differ, a score is not finite, or an argument is out of its range.
    """
    check_level(level, method)
    x, y = _same_environments(first, second)
    parts = list(zip(x.parts, y.parts, strict=True))
    estimate = float(np.mean([_improvement(*pair) for pair in parts]))
    seeds = min(*x.sizes, *y.sizes)
    if seeds < 2:
        return Interval(estimate, np.nan, np.nan, level, "none", seeds)
    generator = np.random.default_rng(seed)
    drawn = _resampled_improvements(parts, resamples, generator)
    low, high = percentiles(drawn, level, method, min(x.sizes, y.sizes, key=sum))
    return Interval(estimate, low, high, level, method, seeds)


def _improvement(first: np.ndarray, second: np.ndarray) -> float:
    """P(X > Y) + P(X = Y) / 2 of ``[n]`` and ``[m]``."""
    ordered = np.sort(second)
    below = np.searchsorted(ordered, first, "left") + np.searchsorted(ordered, first, "right")
    return float(below.mean() / (2 * len(second)))


def _resampled_improvements(
    parts: Sequence[tuple[np.ndarray, np.ndarray]], resamples: int, generator: np.random.Generator
) -> np.ndarray:
    """``[resamples]``: a resample of seeds weighs the pairs ``[n, m]`` of each environment anew."""
    total = np.zeros(resamples)
    for first, second in parts:
        wins = np.sign(first[:, None] - second[None]) / 2 + 0.5
        weights = [draw_weights(len(each), resamples, generator) for each in (first, second)]
        total += ((weights[0] @ wins) * weights[1]).sum(1) / wins.size
    return total / len(parts)


def _same_environments(first: Scores, second: Scores) -> tuple[Strata, Strata]:
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if first.keys() != second.keys():
            different = sorted(map(str, first.keys() ^ second.keys()))[0]
            raise ResultsError(f"both agents need scores of the same environments; only one has {different!r}")
        second = {name: second[name] for name in first}
    x, y = strata_of(first), strata_of(second)
    if len(x.sizes) != len(y.sizes):
        counts = f"{len(x.sizes)} and {len(y.sizes)}"
        raise ResultsError(f"both agents need scores of the same environments, got {counts} environments")
    return x, y


def compare_paired(environment: str, first: ArrayLike, second: ArrayLike, *, seed: int = 0) -> Comparison:
    """Compares two agents by the differences between runs with the same seed.

    Args:
        environment: its name.
        first: ``[seeds]``, scores.
        second: ``[seeds]``, of the same seeds in the same order.
        seed: of the sign changes, where there are more than ``EXACT`` seeds.

    Raises:
        ResultsError: if the numbers of seeds differ, or a score is not finite.
    """
    x, y = strata_of(first).values, strata_of(second).values
    if len(x) != len(y):
        raise ResultsError(f"pairs need as many seeds of both agents, got {len(x)} and {len(y)}; use compare_unpaired")
    differences = x - y
    p_value = _sign_test(differences, seed) if len(x) > 1 else None
    return Comparison(environment, (len(x), len(y)), True, float(differences.mean()), _improvement(x, y), p_value)


def compare_unpaired(environment: str, first: ArrayLike, second: ArrayLike, *, seed: int = 0) -> Comparison:
    """Compares two agents whose runs have nothing in common.

    Args:
        environment: its name.
        first: ``[n]``, scores.
        second: ``[m]``, scores.
        seed: of the permutations.

    Raises:
        ResultsError: if a score is not finite.
    """
    x, y = strata_of(first).values, strata_of(second).values
    p_value = _permutation_test(x, y, seed) if min(len(x), len(y)) > 1 else None
    difference = float(x.mean() - y.mean())
    return Comparison(environment, (len(x), len(y)), False, difference, _improvement(x, y), p_value)


def _sign_test(differences: np.ndarray, seed: int) -> float:
    """Fisher's randomisation test: under the null hypothesis, the sign of each difference is random."""
    count = len(differences)
    if count <= EXACT:
        signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        return _share_as_large(np.abs(signs @ differences), abs(differences.sum()), 0)
    signs = np.random.default_rng(seed).integers(0, 2, (PERMUTATIONS, count)) * 2 - 1
    return _share_as_large(np.abs(signs @ differences), abs(differences.sum()), 1)


def _permutation_test(x: np.ndarray, y: np.ndarray, seed: int) -> float:
    """A permutation test: under the null hypothesis, the assignment of runs to agents is random."""
    every = np.concatenate([x, y]) - np.concatenate([x, y]).mean()
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(len(every)), (PERMUTATIONS, 1)), axis=1)
    sums = np.abs(every[order[:, : len(x)]].sum(1))
    return _share_as_large(sums, abs(every[: len(x)].sum()), 1)


def _share_as_large(sums: np.ndarray, observed: float, itself: int) -> float:
    """Returns the share of permutations as extreme; drawn ones include the observed one (Phipson, Smyth 2010)."""
    slack = 1e-9 * max(observed, 1e-300)
    return float(((sums >= observed - slack).sum() + itself) / (len(sums) + itself))


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Corrects p-values of tests made together, so that the family-wise error rate is controlled.

    Args:
        p_values: in [0, 1]; None if there was no test, which is not counted.

    Returns:
        Corrected p-values in the same order.

    Source: Holm 1979.
    """
    tested = sorted((p, place) for place, p in enumerate(p_values) if p is not None)
    corrected: list[float | None] = [None] * len(p_values)
    largest = 0.0
    for rank, (p, place) in enumerate(tested):
        largest = max(largest, min(1.0, (len(tested) - rank) * p))
        corrected[place] = largest
    return corrected
