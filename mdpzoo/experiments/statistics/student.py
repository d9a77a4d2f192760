"""Quantiles of Student's t and of the normal distribution, so that intervals need no SciPy."""

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

import numpy as np

NODES, WEIGHTS = np.polynomial.legendre.leggauss(80)
LARGE = 1_000.0  # degrees of freedom from which an expansion serves


@lru_cache(maxsize=1_000)
def student_quantile(probability: float, freedom: float) -> float:
    """Returns the t that a Student variable stays below with a probability, to about 1e-9.

    Args:
        probability: in (0, 1).
        freedom: degrees of freedom, at least 1, not necessarily an integer; may be infinite.
    """
    if probability < 0.5:
        return -student_quantile(1 - probability, freedom)
    normal = NormalDist().inv_cdf(probability)
    if freedom > LARGE:  # Cornish and Fisher
        second = (5 * normal**5 + 16 * normal**3 + 3 * normal) / 96
        return normal + (normal**3 + normal) / (4 * freedom) + second / freedom**2
    wanted = (probability - 0.5) * math.sqrt(math.pi)
    wanted *= math.exp(math.lgamma(freedom / 2) - math.lgamma((freedom + 1) / 2))
    low, high = 0.0, math.pi / 2
    for _ in range(60):  # t = sqrt(freedom) tan(angle) makes the density cos(angle)^(freedom - 1)
        angle = (low + high) / 2
        if _integral(angle, freedom) < wanted:
            low = angle
        else:
            high = angle
    return math.sqrt(freedom) * math.tan((low + high) / 2)


def _integral(angle: float, freedom: float) -> float:
    """Of ``cos(x)^(freedom - 1)`` from 0 to an angle, by Gauss and Legendre."""
    return float(angle / 2 * (WEIGHTS * np.cos(angle / 2 * (NODES + 1)) ** (freedom - 1)).sum())


def expanded_tail(level: float, sizes: Sequence[int]) -> float:
    """Returns the share of resamples to leave out at each end, so that few seeds do not make an interval narrow.

    A resample of n seeds varies ``(n - 1) / n`` times as much as n seeds do, so that the limits of a normal statistic
    belong ``sqrt(n / (n - 1))`` times as far out; and its quantile is taken midway between the normal one and
    Student's, because resamples of an interquartile mean already have heavier tails than those of a mean. Where
    environments differ in n, its mean counts. Never below a thousandth, where 2,000 resamples say nothing.
    """
    seeds = sum(sizes) / len(sizes)
    student = student_quantile((1 + level) / 2, float(sum(sizes) - len(sizes)))
    wide = math.sqrt(seeds / (seeds - 1)) * (NormalDist().inv_cdf((1 + level) / 2) + student) / 2
    return max(NormalDist().cdf(-wide), 1e-3)
