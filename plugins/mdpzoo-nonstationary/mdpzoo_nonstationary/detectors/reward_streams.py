"""R-BOCPD on a stream of rewards, as symbols: by Bernoulli rounding, which keeps the mean, or by equal bins."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo_nonstationary.detectors.restarting import RBOCPD


class RewardDetector:
    """A change detector over rewards.

    Attributes:
        detector: the ``RBOCPD`` of the symbols.
    """

    def __init__(
        self,
        low: float = 0.0,
        high: float = 1.0,
        bins: int = 2,
        eta: str | Callable[..., Any] = "delta/n2",
        delta: float = 0.05,
        max_hypotheses: int | None = 64,
        seed: int = 0,
    ) -> None:
        """Creates a detector at the beginning of a stream.

        Args:
            low: the smallest reward.
            high: the largest reward.
            bins: 2: symbol 1 with the scaled reward as its probability; more: equal bins.
            eta: see ``RBOCPD``.
            delta: see ``RBOCPD``.
            max_hypotheses: see ``RBOCPD``.
            seed: of the rounding.

        Raises:
            SettingError: if an argument is out of its range.
        """
        if not low < high:
            raise SettingError(f"low must be below high, got {low} and {high}")
        self.detector = RBOCPD(bins, eta, delta, max_hypotheses)
        self._low, self._width, self._bins = float(low), float(high) - float(low), int(bins)
        self._generator = np.random.default_rng(seed)

    def update(self, reward: float) -> int | None:
        """Takes the next reward; returns the index of the first one after the estimated change, or None.

        Raises:
            SettingError: if the reward is out of range.
        """
        scaled = (float(reward) - self._low) / self._width
        if not 0 <= scaled <= 1:
            raise SettingError(f"a reward must lie in [{self._low:g}, {self._low + self._width:g}], got {reward}")
        if self._bins > 2:
            return self.detector.update(min(int(scaled * self._bins), self._bins - 1))
        return self.detector.update(int(self._generator.random() < scaled))
