"""R-BOCPD on a stream of symbols: restarted Bayesian online change-point detection (Alami et al. 2020 and 2023).

Exact, or pruned to bounded memory. The stream restarts after each alarm.

What differs from the papers: the choice of eta. With a stream drawn from the prior, the evidence ratio of each start s
is a nonnegative martingale of mean 1, so the probability of ever alarming is at most the sum over s of the largest eta
that s meets. ``"delta/n2"`` (the default) sums to less than 0.65 delta; ``"delta/n"`` grows with the logarithm of the
stream's length; ``"1/n"`` alarms falsely on most long streams and is included to show it.
"""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_nonstationary.detectors.forecaster_banks import (
    BY_GAP,
    BY_WEIGHT,
    DELTA_N,
    DELTA_N2,
    IN_TURN,
    NO_ALARM,
    ONE_N,
    THEOREM,
    Forecasters,
    forecasters,
    observe,
    observe_until_alarm,
    restart,
)

CHOICES = {"delta/n2": DELTA_N2, "delta/n": DELTA_N, "1/n": ONE_N, "theorem": THEOREM}
THINNING = {"weight": BY_WEIGHT, "gap": BY_GAP, "mixed": IN_TURN}
FIRST_CAPACITY = 64  # of an exact detector, which doubles it when full


def check_eta(eta: Any) -> int:
    """Returns the kernel's constant for a choice of eta.

    Raises:
        SettingError: if there is no such choice.
    """
    if eta not in CHOICES:
        hint = did_you_mean(str(eta), CHOICES) or f" Known: {', '.join(CHOICES)}, or a function"
        raise SettingError(f"unknown eta {eta!r}.{hint}")
    return CHOICES[eta]


class RBOCPD:
    """A change detector over symbols ``0 .. symbols - 1``.

    Attributes:
        count: symbols seen since the stream began.
        start: index of the first symbol after the last restart.
    """

    def __init__(
        self,
        symbols: int,
        eta: str | Callable[..., Any] = "delta/n2",
        delta: float = 0.05,
        max_hypotheses: int | None = None,
        thinning: str = "weight",
    ) -> None:
        """Creates a detector at the beginning of a stream.

        Args:
            symbols: number of different symbols, at least 2.
            eta: ``"delta/n2"``, ``"delta/n"``, ``"1/n"`` or ``"theorem"``, where n counts the samples since the
                restart; or a function of n, or of (r, s, t): the first sample after the restart, the first of the
                forecaster (an array) and the present one.
            delta: in (0, 1).
            max_hypotheses: forecasters kept at a time, the root included, at least 3; None: all of them (exact). An
                exact step costs O(n), a pruned one O(max_hypotheses).
            thinning: the forecaster to drop: ``"weight"``, the one of lowest weight; ``"gap"``, the one whose
                neighbours start nearest to each other relative to its age, so that starts lie evenly on a logarithmic
                scale, at O(max_hypotheses^2) a step; ``"mixed"``, either in turn.

        Raises:
            SettingError: if an argument is out of its range.
        """
        if not isinstance(symbols, int | np.integer) or symbols < 2:
            raise SettingError(f"symbols must be a whole number of at least 2, got {symbols!r}")
        if not 0 < delta < 1:
            raise SettingError(f"delta must lie in (0, 1), got {delta}")
        if max_hypotheses is not None and (not isinstance(max_hypotheses, int | np.integer) or max_hypotheses < 3):
            raise SettingError(f"max_hypotheses must be a whole number of at least 3, or None, got {max_hypotheses!r}")
        if thinning not in THINNING:
            hint = did_you_mean(str(thinning), THINNING) or f" Known: {', '.join(THINNING)}"
            raise SettingError(f"unknown thinning {thinning!r}.{hint}")
        self._eta: Callable[..., Any] | None = eta if callable(eta) else None
        self._choice = NO_ALARM if callable(eta) else check_eta(eta)
        self._arguments = len(inspect.signature(eta).parameters) if callable(eta) else 0
        self._symbols, self._delta, self._exact = int(symbols), float(delta), max_hypotheses is None
        kept = (max_hypotheses or FIRST_CAPACITY) - 1
        self._bank = forecasters(1, self._symbols, kept, THINNING[thinning])
        self.count = self.start = 0

    def update(self, symbol: int) -> int | None:
        """Takes the next symbol; returns the index of the first sample after the estimated change, or None.

        The index counts from the beginning of the stream, at 0. After an alarm the stream restarts.

        Raises:
            SettingError: if the symbol is out of range.
        """
        if not isinstance(symbol, int | np.integer) or not 0 <= symbol < self._symbols:
            raise SettingError(f"a symbol must lie in 0..{self._symbols - 1}, got {symbol!r}")
        self._make_room(1)
        found = observe(*self._bank, 0, symbol, self._choice, self._delta)
        self.count += 1
        return self._alarm(found if self._eta is None else self._by_function())

    def update_many(self, symbols: Any) -> list[tuple[int, int]]:
        """Takes an array of symbols; returns (index of the alarm, estimated first sample after the change) of each.

        Args:
            symbols: ``[T]`` integers.

        Raises:
            SettingError: if a symbol is out of range; then none is processed.
        """
        stream = np.ascontiguousarray(symbols)
        if stream.ndim != 1 or (stream.size and stream.dtype.kind not in "iu"):
            raise SettingError(f"symbols must be a list of whole numbers, got {symbols!r:.60}")
        if stream.size and not 0 <= stream.min() <= stream.max() < self._symbols:
            wrong = stream[(stream < 0) | (stream >= self._symbols)][0]
            raise SettingError(f"a symbol must lie in 0..{self._symbols - 1}, got {wrong}")
        found: list[tuple[int, int]] = []
        if self._eta is not None:
            for symbol in stream.tolist():
                estimate = self.update(symbol)
                found += [] if estimate is None else [(self.count - 1, estimate)]
            return found
        stream, place = stream.astype(np.int64, copy=False), 0
        while place < len(stream):
            self._make_room(len(stream) - place)
            end, start = observe_until_alarm(self._bank, stream, place, self._choice, self._delta)
            self.count += min(end + 1, len(stream)) - place
            place = end + 1
            estimate = self._alarm(start)
            found += [] if estimate is None else [(self.count - 1, estimate)]
        return found

    def _alarm(self, start: int) -> int | None:
        if start < 0:
            return None
        estimate = self.start + int(start)
        restart(self._bank, 0)
        self.start = self.count
        return estimate

    def _by_function(self) -> int:
        """Applies the user's eta to the forecasters; returns the best start that alarms, or -1."""
        cursor = self._bank.cursors[0]
        used, n = int(cursor["used"]), int(cursor["count"])
        if not used or self._eta is None:
            return -1
        starts = self._bank.starts[0, :used].astype(np.int64)
        first = self.start
        scale = self._eta(n) if self._arguments == 1 else self._eta(first, first + starts, first + n - 1)
        values = np.asarray(scale, float) * self._bank.ratios[0, :used]
        best = int(values.argmax())
        return int(starts[best]) if values[best] > 1 else -1

    def _make_room(self, more: int) -> None:
        """Grows an exact detector to hold the forecasters of ``more`` further symbols."""
        capacity = self._bank.ratios.shape[1]
        needed = int(self._bank.cursors["used"][0]) + more
        if not self._exact or needed <= capacity:
            return
        capacity = max(2 * capacity, needed)
        grown = forecasters(1, self._symbols, capacity)
        for old, new in zip(self._bank, grown, strict=True):
            new[tuple(slice(length) for length in old.shape)] = old
        self._bank = Forecasters(*grown)
