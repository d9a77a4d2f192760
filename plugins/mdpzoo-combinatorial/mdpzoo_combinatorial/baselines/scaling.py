"""Converts numbers to the integers that solvers in C need: unchanged if they are integers, else scaled and rounded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.local_search.budget import Budget

Floats = NDArray[np.float64]
LIMIT = 10.0  # seconds, the default of anytime solvers


def scale_factor(numbers: Any, integral: bool, largest: float) -> float:
    """Returns the factor that scales the maximum to ``largest``; 1 for integers whose maximum is smaller."""
    maximum = float(np.max(numbers, initial=0.0))
    return 1.0 if maximum == 0 or (integral and maximum <= largest) else largest / maximum


def to_integers(numbers: Floats, by: float) -> NDArray[np.int64]:
    """Returns the numbers times a factor, rounded to the nearest integers."""
    return np.rint(numbers * by).astype(np.int64)


def to_integers_up(numbers: Floats, by: float) -> NDArray[np.int64]:
    """Returns the numbers times a factor, rounded up, so that no limit is exceeded."""
    return np.ceil(numbers * by - 1e-9).astype(np.int64)


def with_limit(budget: Budget) -> Budget:
    """Returns the budget, or one of ``LIMIT`` seconds if it is unlimited."""
    return budget if budget.left < float("inf") else Budget(LIMIT)


def integer_limit(limit: float, by: float, costs: NDArray[np.int64]) -> int:
    """Returns the limit of a tour in the units of ``costs`` ``[n, n]``, rounded down, at most n times the largest."""
    return int(min(np.floor(limit * by + 1e-9), float(costs.max()) * len(costs)))
