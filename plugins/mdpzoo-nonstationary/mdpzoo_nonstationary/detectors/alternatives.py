"""Known alternatives to R-BOCPD, on streams of symbols: BOCPD, the generalised likelihood ratio, CUSUM.

All three have ``update(symbol) -> None | int``, as ``RBOCPD``: the index of the first sample after the estimated
change, or None; the stream restarts after an alarm. They serve for comparison, and cost O(n symbols) a step.

What differs from the papers: a Bernoulli detector is written for multinomials; CUSUM learns the distribution before the
change from the first samples and tests for each symbol whether it becomes likelier.
"""

import math
from abc import ABC, abstractmethod

import numpy as np

from mdpzoo.errors import SettingError


class SymbolDetector(ABC):
    """Base class of the detectors: the stream since the last restart, as cumulative counts.

    Attributes:
        count: symbols seen since the stream began.
        start: index of the first symbol after the last restart.
    """

    def __init__(self, symbols: int) -> None:
        """Starts at the beginning of a stream.

        Args:
            symbols: number of different symbols, at least 2.

        Raises:
            SettingError: if there are fewer.
        """
        if not isinstance(symbols, int | np.integer) or symbols < 2:
            raise SettingError(f"symbols must be a whole number of at least 2, got {symbols!r}")
        self.symbols, self.count, self.start = int(symbols), 0, 0
        self._sums = np.zeros((64, symbols))  # row n: counts of the first n samples since the restart

    def update(self, symbol: int) -> int | None:
        """Takes the next symbol; returns the index of the first sample after the estimated change, or None.

        Raises:
            SettingError: if the symbol is out of range.
        """
        if not isinstance(symbol, int | np.integer) or not 0 <= symbol < self.symbols:
            raise SettingError(f"a symbol must lie in 0..{self.symbols - 1}, got {symbol!r}")
        n = self.count - self.start
        if n + 1 == len(self._sums):
            self._sums = np.concatenate([self._sums, np.zeros_like(self._sums)])
        self._sums[n + 1] = self._sums[n]
        self._sums[n + 1, symbol] += 1
        self.count += 1
        found = self._estimate(n + 1, int(symbol))
        if found is None:
            return None
        estimate = self.start + found
        self.start = self.count
        self._restart()
        return estimate

    @abstractmethod
    def _estimate(self, n: int, symbol: int) -> int | None:
        """Returns the samples before the estimated change; None if the n samples since the restart show no change."""

    def _restart(self) -> None:  # noqa: B027
        """Resets further state of the detector; does nothing unless overridden."""


class GLR(SymbolDetector):
    """The generalised likelihood ratio test (Besson, Kaufmann, Maillard and Seznec 2022), on multinomials.

    Alarms when, for some split, the summed divergences of both parts from the whole exceed the threshold
    ``(symbols - 1) log(3 n sqrt(n) / delta)``, which is this project's choice and not checked against the paper.
    """

    def __init__(self, symbols: int, delta: float = 0.05) -> None:
        """Starts at the beginning of a stream.

        Args:
            symbols: at least 2.
            delta: probability of a false alarm, in (0, 1).

        Raises:
            SettingError: if an argument is out of its range.
        """
        super().__init__(symbols)
        self._delta = _probability(delta, "delta")

    def _estimate(self, n: int, symbol: int) -> int | None:
        if n < 2:
            return None
        whole, before = self._sums[n], self._sums[1:n]
        ratio = _information(before) + _information(whole - before) - _information(whole)
        best = int(ratio.argmax())
        limit = (self.symbols - 1) * math.log(3 * n * math.sqrt(n) / self._delta)
        return best + 1 if ratio[best] > limit else None


class CUSUM(SymbolDetector):
    """Page's cumulative sums (Page 1954), one a symbol, against a distribution learned from the first samples.

    A symbol's sum grows by the log likelihood ratio of its probability being ``shift`` higher; alarms at ``threshold``.
    """

    def __init__(self, symbols: int, learned: int = 100, shift: float = 0.1, threshold: float = 8.0) -> None:
        """Starts at the beginning of a stream.

        Args:
            symbols: at least 2.
            learned: samples from which the distribution before the change is learned, at least 1.
            shift: increase of a symbol's probability to detect, in (0, 1).
            threshold: of the sums, positive.

        Raises:
            SettingError: if an argument is out of its range.
        """
        super().__init__(symbols)
        if learned < 1:
            raise SettingError(f"learned must be at least 1, got {learned}")
        if threshold <= 0:
            raise SettingError(f"threshold must be positive, got {threshold}")
        self._learned, self._shift, self._threshold = learned, _probability(shift, "shift"), threshold
        self._restart()

    def _restart(self) -> None:
        self._scores, self._since = np.zeros(self.symbols), np.zeros(self.symbols, np.int64)

    def _estimate(self, n: int, symbol: int) -> int | None:
        if n <= self._learned:
            self._since[:] = n
            return None
        before = (1 + self._sums[self._learned]) / (self._learned + self.symbols)
        after = np.minimum(before + self._shift, 1 - 1e-6)
        here = np.arange(self.symbols) == symbol
        self._scores += np.where(here, np.log(after / before), np.log((1 - after) / (1 - before)))
        self._since[self._scores <= 0] = n
        self._scores = np.maximum(self._scores, 0.0)
        best = int(self._scores.argmax())
        return int(self._since[best]) if self._scores[best] > self._threshold else None


class BOCPD(SymbolDetector):
    """Bayesian online change-point detection (Adams and MacKay 2007) with Laplace predictors and a constant hazard.

    Alarms when the most probable start is not the first sample after the restart.
    """

    def __init__(self, symbols: int, hazard: float = 0.001) -> None:
        """Starts at the beginning of a stream.

        Args:
            symbols: at least 2.
            hazard: probability of a change at each sample, in (0, 1).

        Raises:
            SettingError: if an argument is out of its range.
        """
        super().__init__(symbols)
        self._hazard = _probability(hazard, "hazard")
        self._restart()

    def _restart(self) -> None:
        self._weights = np.zeros(0)  # log probability of each start, up to a constant

    def _estimate(self, n: int, symbol: int) -> int | None:
        grown = self._weights + math.log1p(-self._hazard)
        born = np.logaddexp.reduce(self._weights) + math.log(self._hazard) if n > 1 else 0.0
        counts = self._sums[n - 1, symbol] - self._sums[:n, symbol]
        lengths = n - 1 - np.arange(n)
        self._weights = np.append(grown, born) + np.log((1 + counts) / (lengths + self.symbols))
        self._weights -= self._weights.max()
        best = int(self._weights.argmax())
        return best or None


def _probability(value: float, name: str) -> float:
    if not 0 < value < 1:
        raise SettingError(f"{name} must lie in (0, 1), got {value}")
    return float(value)


def _information(counts: np.ndarray) -> np.ndarray:
    """Returns the maximised log likelihood of counts ``[..., O]``."""
    totals = counts.sum(-1, keepdims=True)
    shares = np.divide(counts, totals, out=np.ones_like(counts), where=counts > 0)
    return (counts * np.log(shares)).sum(-1)
