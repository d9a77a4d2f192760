"""The time that this process has spent compiling, which time limits exclude and which is announced to users.

``functions`` reports when numba begins and ends; nothing is imported here.
"""

import time
from collections.abc import Callable


class CompileTime:
    """A clock that runs while something is compiled.

    Attributes:
        interrupted: whether the next function is not to be compiled: ``begin`` raises KeyboardInterrupt instead. What a
            signal handler raises itself can get lost in a callback of the compiler.
        on_first: called once, when something is compiled for the first time in this process; None: no call.
    """

    def __init__(self) -> None:
        """Creates a clock at 0."""
        self.interrupted = False
        self.on_first: Callable[[], None] | None = None
        self._depth, self._began, self._total = 0, 0.0, 0.0

    @property
    def running(self) -> bool:
        """Whether something is being compiled now."""
        return self._depth > 0

    @property
    def seconds(self) -> float:
        """Seconds of wall clock so far, including the compilation in progress."""
        return self._total + (time.monotonic() - self._began if self._depth else 0.0)

    def begin(self) -> None:
        """Starts the clock; may be called again before ``end``, once for each function within a function.

        Raises:
            KeyboardInterrupt: if ``interrupted`` is set, which is then cleared.
        """
        if self.interrupted:
            self.interrupted = False
            raise KeyboardInterrupt
        if self._depth == 0:
            self._began = time.monotonic()
            if self.on_first is not None:
                tell, self.on_first = self.on_first, None
                tell()
        self._depth += 1

    def end(self) -> None:
        """Stops the clock."""
        self._depth -= 1
        if self._depth == 0:
            self._total += time.monotonic() - self._began


COMPILE_TIME = CompileTime()
