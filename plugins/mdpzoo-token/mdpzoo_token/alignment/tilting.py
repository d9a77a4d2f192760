"""Tilted distributions: the largest mean reward within a KL budget from a reference distribution.

The tilt of p by reward is ``phi = p e^(lambda reward) / Z``. For any w,
``KL(w || phi) = KL(w || p) - KL(phi || p) + lambda (E_phi reward - E_w reward)``, so phi earns the most among those
with its KL; it is the soft-optimal policy with prior p and temperature 1 / lambda. Source: the asymptotics of
arXiv:2404.01730; everything here is exact for finite distributions.
"""

from typing import Any, NamedTuple

import numpy as np

from mdpzoo.errors import SettingError

LARGEST = 1e6  # of the multiplier, in units of 1 over the spread of the reward


class Tilted(NamedTuple):
    """A tilted distribution.

    Attributes:
        multiplier: lambda, at least 0.
        distribution: ``[Y]``, phi.
        mean_reward: under phi.
        kl: ``KL(phi || p)``, nats.
        log_partition: ln Z.
        reward_variance: under phi; the derivative of the mean reward by lambda.
    """

    multiplier: float
    distribution: np.ndarray
    mean_reward: float
    kl: float
    log_partition: float
    reward_variance: float


class Frontier(NamedTuple):
    """The largest mean reward for each KL; no distribution lies above it.

    Attributes:
        multiplier: ``[K]``.
        kl: ``[K]`` nats, rising.
        mean_reward: ``[K]``, rising.
        reward_variance: ``[K]``.
    """

    multiplier: np.ndarray
    kl: np.ndarray
    mean_reward: np.ndarray
    reward_variance: np.ndarray


def tilt_by(p: Any, reward: Any, multiplier: float) -> Tilted:
    """Returns the tilt of p ``[Y]`` by reward ``[Y]`` with a multiplier of any sign.

    Raises:
        SettingError: if p is no distribution, or shapes differ.
    """
    p, reward = checked(p, reward)
    with np.errstate(divide="ignore"):
        scores = np.log(p) + multiplier * reward
    top = scores.max()
    weights = np.exp(scores - top)
    log_partition = float(top + np.log(weights.sum()))
    phi = weights / weights.sum()
    mean = float(phi @ reward)
    variance = float(phi @ (reward - mean) ** 2)
    return Tilted(float(multiplier), phi, mean, max(0.0, multiplier * mean - log_partition), log_partition, variance)


def tilt(p: Any, reward: Any, kl: float) -> Tilted:
    """Returns the tilt with a given KL from the reference.

    Args:
        p: ``[Y]``, the reference distribution.
        reward: ``[Y]``, finite.
        kl: the budget in nats, from 0 to ``kl_ceiling(p, reward)``.

    Raises:
        SettingError: if the budget is out of its range, which the message names.

    Example:
        >>> round(tilt([0.5, 0.3, 0.2], [0, 1, 2.2], 0.15).multiplier, 9)
        0.604064903
    """
    p, reward = checked(p, reward)
    ceiling = kl_ceiling(p, reward)
    if not 0 <= kl <= ceiling:
        raise SettingError(f"kl must lie in [0, {ceiling:.6g}], the KL of the best outcomes alone, got {kl}")
    if kl == 0:
        return tilt_by(p, reward, 0.0)
    spread = float(np.ptp(reward[p > 0]))
    low, high = 0.0, 1.0 / spread
    while tilt_by(p, reward, high).kl < kl:
        if high > LARGEST / spread:
            return tilt_by(p, reward, high)
        low, high = high, 2 * high
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if tilt_by(p, reward, middle).kl < kl else (low, middle)
    return tilt_by(p, reward, (low + high) / 2)


def kl_ceiling(p: Any, reward: Any) -> float:
    """Returns the largest KL of a tilt, ``-ln p(argmax reward)``, nats."""
    p, reward = checked(p, reward)
    best = reward[p > 0].max()
    return float(-np.log(p[(reward == best) & (p > 0)].sum()))


def frontier(p: Any, reward: Any, multipliers: Any = None) -> Frontier:
    """Returns the frontier of mean reward against KL.

    Args:
        p: ``[Y]``, the reference distribution.
        reward: ``[Y]``.
        multipliers: ``[K]``, at least 0; None: 50 that reach most of the ceiling.
    """
    if multipliers is None:
        spread = max(float(np.ptp(checked(p, reward)[1])), 1e-12)
        multipliers = np.concatenate([[0.0], np.geomspace(0.01, 20, 49)]) / spread
    points = [tilt_by(p, reward, float(each)) for each in np.atleast_1d(multipliers)]
    columns = [[getattr(each, name) for each in points] for name in Frontier._fields]
    return Frontier(*(np.array(column) for column in columns))


def cumulant(p: Any, reward: Any, multiplier: float, rho: float) -> float:
    """Returns ``ln E_phi e^(rho reward)`` under the tilt with a multiplier: ``ln Z(lambda + rho) - ln Z(lambda)``."""
    return tilt_by(p, reward, multiplier + rho).log_partition - tilt_by(p, reward, multiplier).log_partition


def rate(p: Any, reward: Any, multiplier: float, mean_reward: float) -> tuple[float, float]:
    """Returns the tilt's large-deviation rate of a mean reward and the multiplier of the tilt that has it.

    Args:
        p: ``[Y]``.
        reward: ``[Y]``.
        multiplier: of the tilt whose samples are averaged.
        mean_reward: strictly between the extremes of the reward.

    Raises:
        SettingError: if the mean reward is not.
    """
    p, reward = checked(p, reward)
    least, most = reward[p > 0].min(), reward[p > 0].max()
    if not least < mean_reward < most:
        raise SettingError(f"mean_reward must lie between {least:g} and {most:g}, got {mean_reward}")
    low, high = -LARGEST / (most - least), LARGEST / (most - least)
    for _ in range(300):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (middle, high) if tilt_by(p, reward, middle).mean_reward < mean_reward else (low, middle)
    found = tilt_by(p, reward, (low + high) / 2)
    phi = tilt_by(p, reward, multiplier)
    return (found.multiplier - multiplier) * mean_reward - found.log_partition + phi.log_partition, found.multiplier


def checked(p: Any, reward: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns both as float64 arrays.

    Raises:
        SettingError: if p is no distribution or the reward is not finite or of another shape.
    """
    p, reward = np.asarray(p, np.float64), np.asarray(reward, np.float64)
    if p.ndim != 1 or not (p >= 0).all() or abs(p.sum() - 1) > 1e-9:
        raise SettingError(f"p must be non-negative and sum to 1, got shape {list(p.shape)} and sum {p.sum():.9g}")
    if reward.shape != p.shape or not np.isfinite(reward).all():
        raise SettingError(f"reward must be finite and of shape {list(p.shape)}, got shape {list(reward.shape)}")
    return p, reward
