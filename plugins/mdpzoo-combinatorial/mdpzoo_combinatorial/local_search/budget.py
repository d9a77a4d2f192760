"""How long a search may go on: until its time is up, or until it is told to stop."""

import time
from collections.abc import Callable

from mdpzoo.errors import SettingError

Report = Callable[[int, float], None]  # rounds so far, the mean objective of the best answers so far


class Budget:
    """A limit of wall-clock time that can be cut short; every anytime search asks ``spent`` before it goes on."""

    def __init__(self, seconds: float | None = None, report: Report | None = None) -> None:
        """Sets the limit; the clock starts when ``spent`` or ``left`` is first asked.

        Args:
            seconds: until the time is up; None: no limit.
            report: called by the search now and then.

        Raises:
            SettingError: seconds is not a positive number.
        """
        if seconds is not None and not (isinstance(seconds, int | float) and 0 < seconds < float("inf")):
            raise SettingError(f"seconds must be a positive number, got {seconds!r}")
        self.seconds, self.report = seconds, report
        self._end: float | None = None  # on the monotonic clock

    @property
    def left(self) -> float:
        """Seconds until the time is up; 0 where it is, infinite where there is no limit."""
        if self._end is None:
            self._end = float("inf") if self.seconds is None else time.monotonic() + self.seconds
        return max(0.0, self._end - time.monotonic())

    @property
    def spent(self) -> bool:
        """Whether the search must end now, with the best that it has."""
        return self.left <= 0.0

    def stop(self) -> None:
        """Ends the search at its next question."""
        self._end = float("-inf")

    def tell(self, rounds: int, objective: float) -> None:
        """Reports how far a search has come."""
        if self.report is not None:
            self.report(rounds, objective)
