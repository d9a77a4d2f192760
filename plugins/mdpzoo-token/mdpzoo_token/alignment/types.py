"""Blocks of independent symbols: best-of-N for ``N = e^(m delta)`` against the tilt, exactly, by summing over types.

A type is the count of each symbol in a block of m; blocks of one type share probability and reward. With additive
reward the tilt of a block is the product of the symbols' tilts. Source: arXiv:2404.01730.
"""

from itertools import combinations
from math import lgamma
from typing import Any, NamedTuple

import numpy as np

from mdpzoo_token.alignment.best_of import best_of_n
from mdpzoo_token.alignment.tilting import checked, tilt


class BlockBest(NamedTuple):
    """Best-of-N over blocks of m symbols, per symbol.

    Attributes:
        n: ``e^(m delta)``.
        mean_reward: of the best block.
        kl_to_reference: nats.
        bound: of that KL.
        kl_to_tilt: from the tilt with KL ``delta`` a symbol; falls slowly with m.
    """

    n: float
    mean_reward: float
    kl_to_reference: float
    bound: float
    kl_to_tilt: float


def block_types(symbols: int, length: int) -> np.ndarray:
    """Lists the types of blocks, ``[types, symbols]`` int64, rows summing to ``length``.

    Costs O(length^(symbols - 1)) memory.

    Example:
        >>> block_types(2, 2).tolist()
        [[0, 2], [1, 1], [2, 0]]
    """
    bars = np.array(list(combinations(range(length + symbols - 1), symbols - 1)), np.int64)
    if symbols == 1:
        return np.array([[length]])
    edges = np.hstack([np.full((len(bars), 1), -1), bars, np.full((len(bars), 1), length + symbols - 1)])
    return np.diff(edges, axis=1) - 1


def block_best_of_n(p: Any, reward: Any, delta: float, length: int) -> BlockBest:
    """Compares best-of-N over blocks with the tilt of the same KL budget.

    Args:
        p: ``[Y]``, the distribution of a symbol, positive.
        reward: ``[Y]``, of a symbol; a block earns the sum.
        delta: KL budget for each symbol, nats.
        length: m, symbols of a block.
    """
    p, reward = checked(p, reward)
    types = block_types(len(p), length)
    logs = np.array([lgamma(each + 1) for each in range(length + 1)])
    log_p = logs[length] - logs[types].sum(1) + types @ np.log(p)
    mass = np.exp(log_p - _log_sum(log_p))
    total = np.round(types @ reward, 9)
    n = float(np.exp(length * delta))
    best = best_of_n(mass / mass.sum(), total, n)
    phi = tilt(p, reward, delta).distribution
    log_phi = logs[length] - logs[types].sum(1) + types @ np.log(phi)
    positive = best.distribution > 0
    chosen = best.distribution[positive]
    distance = float((chosen * (np.log(chosen) - log_phi[positive])).sum())
    scaled = np.array([best.mean_reward, best.kl, best.bound, distance]) / length
    return BlockBest(n, *(float(each) for each in scaled))


def _log_sum(values: np.ndarray) -> float:
    """Computes ``ln sum exp``."""
    top = values.max()
    return float(top + np.log(np.exp(values - top).sum()))
