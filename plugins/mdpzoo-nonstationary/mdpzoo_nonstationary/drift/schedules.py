"""Schedules of a parameter over time: a factor of its nominal value, or a value, as a function of the step.

A schedule is pure: ``value(t)`` depends on the step and on the schedule's own seed alone, so that every run, row and
resumed run sees the same drift.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, runtime_checkable

import numpy as np

from mdpzoo.errors import SettingError


@runtime_checkable
class Schedule(Protocol):
    """A factor over time."""

    def value(self, t: int) -> float:
        """Returns the factor of the nominal value in step ``t``, from 0."""


@dataclass(frozen=True)
class Step:
    """Constant between change points.

    Attributes:
        changes: ``[K]`` ascending steps, each the first of a new level.
        levels: ``[K + 1]`` factors.
    """

    changes: Sequence[int]
    levels: Sequence[float]

    def __post_init__(self) -> None:
        """Checks the schedule.

        Raises:
            SettingError: if the changes do not ascend from 1, or the levels are not one more.
        """
        if any(after <= before for before, after in zip((0, *self.changes), self.changes, strict=False)):
            raise SettingError(f"changes must ascend from 1, got {list(self.changes)!s:.60}")
        if len(self.levels) != len(self.changes) + 1:
            raise SettingError(
                f"levels must be one more than changes, got {len(self.levels)} for {len(self.changes)} changes"
            )

    def value(self, t: int) -> float:
        """Returns the level of step ``t``."""
        return float(self.levels[int(np.searchsorted(self.changes, t, "right"))])


@dataclass(frozen=True)
class Drift:
    """Linear from one factor to another, and constant outside.

    Attributes:
        first: the factor up to step ``begin``.
        last: the factor from step ``end`` on.
        begin: step.
        end: step, above ``begin``.
    """

    first: float
    last: float
    begin: int
    end: int

    def __post_init__(self) -> None:
        """Checks the schedule.

        Raises:
            SettingError: if ``end`` is not above ``begin``.
        """
        if self.end <= self.begin:
            raise SettingError(f"end must be above begin, got {self.end} and {self.begin}")

    def value(self, t: int) -> float:
        """Returns the factor of step ``t``."""
        share = min(max((t - self.begin) / (self.end - self.begin), 0.0), 1.0)
        return self.first + share * (self.last - self.first)


@dataclass(frozen=True)
class Sinus:
    """``1 + amplitude sin(2 pi t / period)``.

    Attributes:
        amplitude: of the factor.
        period: steps, positive.
    """

    amplitude: float
    period: float

    def __post_init__(self) -> None:
        """Checks the schedule.

        Raises:
            SettingError: if the period is not positive.
        """
        if self.period <= 0:
            raise SettingError(f"period must be positive, got {self.period}")

    def value(self, t: int) -> float:
        """Returns the factor of step ``t``."""
        return 1.0 + self.amplitude * math.sin(2 * math.pi * t / self.period)


@dataclass(frozen=True)
class RandomWalk:
    """A geometric random walk, reflected at its bounds, that moves every ``every`` steps.

    Attributes:
        scale: standard deviation of the logarithm's moves.
        low: least factor, positive.
        high: largest factor.
        every: steps between moves.
        seed: of the walk.
    """

    scale: float
    low: float = 0.5
    high: float = 2.0
    every: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the schedule.

        Raises:
            SettingError: if a number is out of its range.
        """
        if not 0 < self.low <= 1 <= self.high or self.low == self.high:
            raise SettingError(f"low and high must be factors around 1, got {self.low} and {self.high}")
        if self.every < 1:
            raise SettingError(f"every must be at least 1, got {self.every}")

    def value(self, t: int) -> float:
        """Returns the factor of step ``t``; costs O(t) the first time."""
        moves = t // self.every
        while len(self._sums) <= moves:
            more = self.scale * self._generator.standard_normal(1024)
            self._sums.extend((self._sums[-1] + np.cumsum(more)).tolist())
        low, high = math.log(self.low), math.log(self.high)
        folded = (self._sums[moves] - low) % (2 * (high - low))
        return math.exp(low + min(folded, 2 * (high - low) - folded))

    @cached_property
    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @cached_property
    def _sums(self) -> list[float]:
        return [0.0]


@dataclass(frozen=True)
class Bursts:
    """The nominal value, except in bursts that begin at random.

    Attributes:
        factor: during a burst.
        gap: mean steps between the end of a burst and the next, geometric; at least 1.
        length: steps of a burst, at least 1.
        seed: of the gaps.
    """

    factor: float
    gap: int
    length: int
    seed: int = 0

    def __post_init__(self) -> None:
        """Checks the schedule.

        Raises:
            SettingError: if gap or length is below 1.
        """
        if self.gap < 1 or self.length < 1:
            raise SettingError(f"gap and length must be at least 1, got {self.gap} and {self.length}")

    def value(self, t: int) -> float:
        """Returns the factor of step ``t``."""
        while self._begins[-1] <= t:
            self._begins.append(self._begins[-1] + self.length + int(self._generator.geometric(1 / self.gap)))
        place = int(np.searchsorted(self._begins, t, "right")) - 1
        inside = place >= 0 and t < self._begins[place] + self.length
        return self.factor if inside else 1.0

    @cached_property
    def _generator(self) -> np.random.Generator:
        return np.random.default_rng(self.seed)

    @cached_property
    def _begins(self) -> list[int]:
        return [int(self._generator.geometric(1 / self.gap))]
