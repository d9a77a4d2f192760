"""The time limit of a search, which can also be stopped early."""

import time
from collections.abc import Callable

from mdpzoo.compiling.clock import COMPILE_TIME
from mdpzoo.errors import SettingError

Report = Callable[[int, float], None]  # rounds so far, the mean objective of the best answers so far


class Budget:
    """A limit of wall-clock time that can be cut short; anytime searches check ``spent`` before each step.

    Compile time does not count.

    Attributes:
        seconds: the limit; None: there is none.
        report: called by the search from time to time; None: no reports.
        looks: number of times that ``left`` was read since the clock started.
    """

    def __init__(self, seconds: float | None = None, report: Report | None = None) -> None:
        """Sets the limit; the clock starts at ``begin``, or when ``spent`` or ``left`` is first read.

        Args:
            seconds: the limit; None: there is none.
            report: called by the search from time to time.

        Raises:
            SettingError: if seconds is not a positive number.
        """
        if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < float("inf")):
            raise SettingError(f"seconds must be a positive number, got {seconds!r}")
        self.seconds, self.report, self.looks = seconds, report, 0
        self._began: float | None = None
        self._stopped = False

    def begin(self) -> None:
        """Starts or restarts the clock; called by a search after imports and preparation."""
        self._began, self.looks = self._now(), 0

    @property
    def began(self) -> bool:
        """Whether the clock runs."""
        return self._began is not None

    @property
    def stopped(self) -> bool:
        """Whether ``stop`` was called."""
        return self._stopped

    @property
    def used(self) -> float:
        """Seconds since the clock started."""
        return 0.0 if self._began is None else self._now() - self._began

    @property
    def left(self) -> float:
        """Seconds until the limit, at least 0; infinite if there is none."""
        if self._began is None:
            self.begin()
        self.looks += 1
        if self._stopped:
            return 0.0
        return float("inf") if self.seconds is None else max(0.0, self.seconds - self.used)

    @property
    def spent(self) -> bool:
        """Whether the search must return its best answer now."""
        return self.left <= 0.0

    def stop(self) -> None:
        """Ends the search the next time that it checks."""
        self._stopped = True

    def _now(self) -> float:
        """Seconds of a clock that pauses during compilation."""
        return time.monotonic() - COMPILE_TIME.seconds

    def tell(self, rounds: int, objective: float) -> None:
        """Passes the progress of the search to ``report``."""
        if self.report is not None:
            self.report(rounds, objective)
