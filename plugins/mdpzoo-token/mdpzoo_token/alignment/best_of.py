"""Best-of-N: the distribution of the best of N samples, exactly, ties in proportion to the reference."""

from typing import Any, NamedTuple

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_token.alignment.tilting import checked


class Best(NamedTuple):
    """The best of N samples.

    Attributes:
        distribution: ``[Y]``.
        mean_reward: of the best.
        kl: from the reference, nats.
        bound: ``ln N - (N - 1) / N``, which the KL never exceeds.
    """

    distribution: np.ndarray
    mean_reward: float
    kl: float
    bound: float


def best_of_n(p: Any, reward: Any, n: float) -> Best:
    """Returns the distribution of the sample with the largest reward among n.

    A level of reward has ``F^n - F_-^n`` with F the probability of at most this reward; its outcomes share it in
    proportion to p.

    Args:
        p: ``[Y]``, the reference distribution.
        reward: ``[Y]``.
        n: at least 1; need not be whole.

    Raises:
        SettingError: if n is below 1.

    Example:
        >>> best_of_n([0.5, 0.3, 0.2], [0, 1, 2.2], 4).distribution.round(4).tolist()
        [0.0625, 0.3471, 0.5904]
    """
    p, reward = checked(p, reward)
    if not n >= 1:
        raise SettingError(f"n must be at least 1, got {n}")
    levels, place = np.unique(reward, return_inverse=True)
    mass = np.bincount(place, weights=p, minlength=len(levels))
    least, most = _tails(mass)
    level = _powers(least, most, n)
    ratio = np.divide(level, mass, out=np.zeros_like(level), where=mass > 0)[place]
    distribution = p * ratio
    positive = distribution > 0
    kl = float((distribution[positive] * np.log(ratio[positive])).sum())
    return Best(distribution, float(distribution @ reward), max(0.0, kl), float(np.log(n) - (n - 1) / n))


def _tails(mass: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns probabilities below and above each level, ``[K]``, each as its own sum, so that small ones stay exact."""
    below = np.concatenate([[0.0], np.cumsum(mass)[:-1]])
    above = np.concatenate([np.cumsum(mass[::-1])[::-1][1:], [0.0]])
    return below, above


def _powers(below: np.ndarray, above: np.ndarray, n: float) -> np.ndarray:
    """Computes ``F^n - F_-^n`` of each level, ``[K]``; near 1 from the tail above."""
    upper = -np.expm1(n * np.log1p(-np.minimum(above, 1 - 1e-300)))  # 1 - F^n
    reach = np.concatenate([[1.0], upper[:-1]])  # 1 - F_-^n of the next level is 1 - F^n of this one
    return reach - upper
