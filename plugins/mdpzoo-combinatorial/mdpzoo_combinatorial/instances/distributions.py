"""The distributions of the literature as functions of uniform random numbers, equal in NumPy and torch.

Every function takes the array library ``xp`` (``numpy`` or ``torch``) and numbers ``u`` in [0, 1), float64, with
leading dimension B. Environments and ``generate`` share them.

Sources: CVRP demands and capacities: Nazari et al. 2018 (20, 50 and 100 customers), Drakulic et al. 2023 (BQ-NCO).
Orienteering: Kool, van Hoof and Welling 2019, section 5 (prizes and limits). Asymmetric costs: Kwon et al. 2021
(MatNet), the closure of random integers. Knapsack: Pisinger 2005, "Where are the hard knapsack problems?", section 2,
and a capacity of 250 n for the uncorrelated class (25 000 at n = 100 in BQ-NCO). The clustered distribution is our own:
three to eight centres, uniform in [0.2, 0.8]^2, with standard deviations of 0.07, clipped to the square.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled

CENTRES, SPREAD = 8, 0.07
LARGEST_COST = 1_000_000
CAPACITIES = ((10, 20), (20, 30), (50, 40), (100, 50), (200, 80), (500, 100), (math.inf, 250))
LIMITS = ((20, 2.0), (50, 3.0), (math.inf, 4.0))
LAYOUTS = ("uniform", "clustered")
PRIZES = ("distance", "uniform", "constant")
CLASSES = (
    "uncorrelated",
    "weakly-correlated",
    "strongly-correlated",
    "inverse-strongly-correlated",
    "almost-strongly-correlated",
    "subset-sum",
    "similar-weights",
)


def by_size(table: tuple[tuple[float, Any], ...], size: int) -> Any:
    """Returns the value for a size in a table of (largest size, value)."""
    return next(value for largest, value in table if size <= largest)


def coordinate_draws(kind: str, count: int) -> int:
    """Returns how many random numbers ``random_coordinates`` needs."""
    return 2 * count if kind == "uniform" else 3 * count + 2 * CENTRES + 1


def random_coordinates(xp: Any, kind: str, u: Any, count: int) -> Any:
    """Returns nodes in the unit square, ``[B, 2, count]`` float64, from ``[B, coordinate_draws]`` numbers."""
    if kind == "uniform":
        return u.reshape(-1, 2, count)
    centres = 0.2 + 0.6 * u[:, : 2 * CENTRES].reshape(-1, 2, CENTRES)
    used = 3 + xp.floor(u[:, 2 * CENTRES : 2 * CENTRES + 1] * (CENTRES - 2))
    which, radius, angle = (u[:, 2 * CENTRES + 1 :][:, part * count : (part + 1) * count] for part in range(3))
    nearest = xp.floor(which * used)[:, None, :]  # [B, 1, count]
    chosen = sum((nearest == k) * centres[:, :, k : k + 1] for k in range(CENTRES))
    far = SPREAD * xp.sqrt(-2.0 * xp.log1p(-radius))
    turn = 2.0 * math.pi * angle
    return xp.clip(chosen + xp.stack((far * xp.cos(turn), far * xp.sin(turn)), 1), 0.0, 1.0)


def costs(xp: Any, u: Any, count: int) -> Any:
    """Returns asymmetric costs that satisfy the triangle inequality, ``[B, count, count]`` float64 in [0, 1].

    Takes O(B count^3).

    Args:
        xp: the array library.
        u: ``[B, count * count]``.
        count: nodes.
    """
    whole = 1.0 + xp.floor(u * LARGEST_COST).reshape(-1, count, count)
    whole = whole * (1 - xp.eye(count, dtype=u.dtype, **({} if xp is np else {"device": u.device})))
    if xp is np:
        _close(whole)
    else:
        for k in range(count):
            whole = xp.minimum(whole, whole[:, :, k : k + 1] + whole[:, k : k + 1, :])
    return whole / LARGEST_COST


@compiled
def _close(whole: NDArray[np.float64]) -> None:
    """Replaces costs by shortest paths (Floyd 1962), in place; exact in any order, since costs are integers."""
    count = whole.shape[1]
    for each in range(len(whole)):
        for k in range(count):
            for i in range(count):
                reached = whole[each, i, k]
                for j in range(count):
                    whole[each, i, j] = min(whole[each, i, j], reached + whole[each, k, j])


def demands(xp: Any, u: Any) -> Any:
    """Returns demands of customers, integers in 1..9."""
    return 1.0 + xp.floor(9.0 * u)


def prizes(xp: Any, kind: str, u: Any, far: Any) -> Any:
    """Returns prizes of customers, multiples of 0.01 in (0, 1].

    Args:
        xp: the array library.
        kind: one of ``PRIZES``.
        u: ``[B, n]``.
        far: ``[B, n]``, distances from the depot.
    """
    if kind == "uniform":
        return (1.0 + xp.floor(100.0 * u)) / 100.0
    if kind == "constant":
        return xp.ones_like(u)
    farthest = xp.amax(far, 1)[:, None]
    return (1.0 + xp.floor(99.0 * (far / xp.where(farthest > 0, farthest, 1.0)))) / 100.0


def items(xp: Any, kind: str, u: Any, count: int, largest: int = 1_000) -> tuple[Any, Any, Any]:
    """Returns integer values ``[B, count]``, weights ``[B, count]`` and capacities ``[B, 1]``; the lightest item fits.

    Args:
        xp: the array library.
        kind: one of ``CLASSES``.
        u: ``[B, 2 * count]``.
        count: items.
        largest: R, at least 10.
    """
    tenth = largest // 10
    first, second = u[:, :count], u[:, count:]
    weights = 1.0 + xp.floor(first * largest)
    values = weights + tenth
    if kind == "uncorrelated":
        values = 1.0 + xp.floor(second * largest)
        held = xp.full_like(u[:, :1], 250.0 * count * largest / 1_000.0)
        return values, weights, xp.maximum(held, xp.amin(weights, 1)[:, None])
    if kind == "weakly-correlated":
        values = xp.clip(weights - tenth + xp.floor(second * (2 * tenth + 1)), 1.0, None)
    elif kind == "inverse-strongly-correlated":
        weights, values = values, weights
    elif kind == "almost-strongly-correlated":
        near = largest // 500
        values = values - near + xp.floor(second * (2 * near + 1))
    elif kind == "subset-sum":
        values = weights
    elif kind == "similar-weights":
        weights, values = 100_000.0 + xp.floor(101.0 * first), 1.0 + xp.floor(second * largest)
    held = xp.floor(weights.sum(1)[:, None] / 2.0)
    return values, weights, xp.maximum(held, xp.amin(weights, 1)[:, None])


def item_scales(kind: str, count: int, largest: int = 1_000) -> tuple[float, float]:
    """Returns typical values and capacities of a class, by which observations are divided."""
    mean = {"similar-weights": 100_050.0, "inverse-strongly-correlated": 0.6 * largest}.get(kind, 0.5 * largest)
    exceeds = kind in ("weakly-correlated", "strongly-correlated", "almost-strongly-correlated")
    return largest * (1.1 if exceeds else 1.0), max(1.0, 0.5 * mean * count)
