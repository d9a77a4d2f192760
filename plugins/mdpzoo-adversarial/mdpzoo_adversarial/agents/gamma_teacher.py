"""The self-paced teacher of QARL: temperatures from a Gamma distribution whose shape falls towards a target's.

Source: Reddi et al. 2024 (ICLR), after Klink et al. 2020; the constants are those of the authors' released code. At
equal rates KL(k1 || k2) = (k1 - k2) digamma(k1) - lngamma(k1) + lngamma(k2) is monotone in k1 between the target and
the present shape, so bisection finds the farthest shape within the bound.

What differs from the released code: the constraint on performance is met by bisection, too, not by a general optimiser.
"""

import math
from dataclasses import dataclass

import numpy as np

from mdpzoo.errors import SettingError

BISECTIONS = 200


@dataclass(frozen=True)
class GammaTeacher:
    """The settings of the teacher.

    Attributes:
        start_shape: k of the first distribution; its mean is ``start_shape / rate``.
        target_shape: k of the last one.
        rate: of all of them, 1 / temperature.
        kl_bound: largest KL(new || old) of one update, nats.
        stop_kl: KL(present || target) at or below which the distribution is final.
        threshold: the discounted return of the protagonist below which the distribution stays.
        episodes_per_update: episodes from which the performance is estimated.
    """

    start_shape: float = 50.0
    target_shape: float = 1.0
    rate: float = 1000.0
    kl_bound: float = 0.5
    stop_kl: float = 0.01
    threshold: float = -math.inf
    episodes_per_update: int = 30

    def __post_init__(self) -> None:
        """Checks every field.

        Raises:
            SettingError: if a number is out of its range.
        """
        for name in ("start_shape", "target_shape", "rate", "kl_bound", "stop_kl", "episodes_per_update"):
            if not 0 < getattr(self, name) < math.inf:
                raise SettingError(f"{name} must be a positive number, got {getattr(self, name)}")
        if self.target_shape > self.start_shape:
            raise SettingError(f"target_shape {self.target_shape} must not exceed start_shape {self.start_shape}")
        if math.isnan(self.threshold):
            raise SettingError("threshold must be a number, got nan")

    def draw(self, shape: float, count: int, generator: np.random.Generator) -> np.ndarray:
        """Draws ``[count]`` temperatures."""
        return generator.gamma(shape, 1 / self.rate, count)

    def update(self, shape: float, temperatures: np.ndarray, returns: np.ndarray) -> float:
        """Returns the next shape.

        Args:
            shape: the present one.
            temperatures: ``[n]``, drawn from the present distribution.
            returns: ``[n]``, the protagonist's discounted returns at them.
        """
        if float(np.mean(returns)) < self.threshold or divergence(shape, self.target_shape) <= self.stop_kl:
            return shape
        farthest = self.farthest(shape)

        def performance(candidate: float) -> float:
            return float(np.mean(density_ratios(candidate, shape, self.rate, temperatures) * returns))

        if not math.isfinite(self.threshold) or performance(farthest) >= self.threshold:
            return farthest
        good, bad = shape, farthest  # the performance at the present shape is the mean return: good enough
        for _ in range(BISECTIONS):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if performance(middle) >= self.threshold else (good, middle)
        return good

    def farthest(self, shape: float) -> float:
        """Returns the shape nearest to the target's within the KL bound."""
        if divergence(self.target_shape, shape) <= self.kl_bound:
            return self.target_shape
        inside, outside = shape, self.target_shape
        for _ in range(BISECTIONS):
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if divergence(middle, shape) <= self.kl_bound else (inside, middle)
        return inside


def divergence(first: float, second: float) -> float:
    """Returns the KL divergence in nats of two Gamma distributions of equal rates, by their shapes."""
    from scipy.special import digamma, gammaln

    return float((first - second) * digamma(first) - gammaln(first) + gammaln(second))


def density_ratios(new: float, old: float, rate: float, temperatures: np.ndarray) -> np.ndarray:
    """Returns ``[n]`` ratios of two Gamma densities of equal rates, by their shapes."""
    from scipy.special import gammaln

    logs = (new - old) * (np.log(np.maximum(temperatures, 1e-300)) + math.log(rate)) - gammaln(new) + gammaln(old)
    return np.exp(logs)


def temperature_schedule(kl_bound: float = 0.5, teacher: GammaTeacher | None = None) -> np.ndarray:
    """Returns the means of the temperature distributions if the performance never falls below the threshold.

    Args:
        kl_bound: largest KL(new || old) of one update, nats, positive.
        teacher: source of the other settings; None: the released code's.

    Returns:
        ``[updates + 1]`` float64, the start included.

    Raises:
        SettingError: if the bound is not positive.
    """
    settings = teacher or GammaTeacher()
    moving = GammaTeacher(
        settings.start_shape, settings.target_shape, settings.rate, kl_bound, settings.stop_kl
    )  # fmt: skip
    shapes = [moving.start_shape]
    while divergence(shapes[-1], moving.target_shape) > moving.stop_kl:
        shapes.append(moving.farthest(shapes[-1]))
    return np.array(shapes) / moving.rate
