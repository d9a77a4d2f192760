"""Numbers as the integers that solvers in C want: as they are where they are integers, else scaled and rounded."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.local_search.budget import Budget

Floats = NDArray[np.float64]
LIMIT = 10.0  # seconds, of searches that never end by themselves


def factor(numbers: Any, integral: bool, largest: float) -> float:
    """What to multiply with, so that nothing exceeds ``largest``; 1 for integers that do not."""
    most = float(np.max(numbers, initial=0.0))
    return 1.0 if most == 0 or (integral and most <= largest) else largest / most


def whole(numbers: Floats, by: float) -> NDArray[np.int64]:
    """The numbers times a factor, rounded to the nearest integers."""
    return np.rint(numbers * by).astype(np.int64)


def whole_up(numbers: Floats, by: float) -> NDArray[np.int64]:
    """The numbers times a factor, rounded up, so that no limit is broken."""
    return np.ceil(numbers * by - 1e-9).astype(np.int64)


def limited(budget: Budget) -> Budget:
    """The budget itself, or ``LIMIT`` seconds where it has no end."""
    return budget if budget.left < float("inf") else Budget(LIMIT)


def whole_limit(limit: float, by: float, costs: NDArray[np.int64]) -> int:
    """The limit of a tour in the units of ``costs`` ``[n, n]``, rounded down; no more than any tour can be long."""
    return int(min(np.floor(limit * by + 1e-9), float(costs.max()) * len(costs)))
