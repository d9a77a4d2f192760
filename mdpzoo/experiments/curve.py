"""The learning curve of a run: ``progress.csv``, one line for each hundredth of the run."""

import csv
import io
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.files import replacing

COLUMNS = ("steps", "seconds", "cpu_seconds", "episodes", "mean_return", "total_reward")
LINES = 100  # of a whole run
HOLD = 1.0  # seconds for which lines may wait to be written together
LOOK = 0.1  # seconds of wall clock between two reads of the CPU's clock, which is slow on some systems


class Curve:
    """Appends to a learning curve.

    The columns are environment steps; wall-clock and CPU seconds of learning, those before an interruption included;
    training episodes that ended since the last line, and the mean of their undiscounted returns, empty where none
    ended; and the sum of all rewards since the first step, over all environments, empty where the agent does not tell
    its rewards.
    """

    def __init__(self, path: Path, steps: int) -> None:
        """Starts at step 0.

        Args:
            path: the file; made by the first line if missing.
            steps: of the whole run.
        """
        self.path, self.every = path, max(1, steps // LINES)
        self.following = self.every
        self.returns: list[float] = []
        self.total: float | None = 0.0
        self.before = 0.0, 0.0  # wall-clock and CPU seconds before this process
        self._began = time.monotonic(), time.process_time()
        self._looked = self._began
        self._rows: list[tuple[Any, ...]] = []
        self._flushed = self._began[0]

    @property
    def seconds(self) -> tuple[float, float]:
        """Wall-clock and CPU seconds of learning so far; the latter as of the last reading."""
        now = time.monotonic()
        if now - self._looked[0] >= LOOK:
            self._looked = now, time.process_time()
        return self.before[0] + now - self._began[0], self.before[1] + self._looked[1] - self._began[1]

    def observe(self, steps: int, local: Mapping[str, Any]) -> None:
        """Records one step of ``learn`` from its local variables, by SB3's names; ``steps`` is the total so far."""
        for info in local.get("infos") or ():
            if "episode" in info:
                self.returns.append(float(info["episode"]["r"]))
        rewards = local.get("rewards")
        if rewards is None or self.total is None:
            self.total = None
        else:
            self.total += float(np.sum(rewards, dtype=np.float64))
        if steps >= self.following:
            self._write(steps)

    def flush(self) -> None:
        """Writes the pending lines."""
        if self._rows:
            append(self.path, COLUMNS, self._rows)
            self._rows.clear()
        self._flushed = time.monotonic()

    def resume_at(self, steps: int) -> None:
        """Continues a curve of which only the file is known."""
        self.following = steps + self.every
        if steps:
            self.before, self.total = _last_line(self.path)

    def state(self) -> dict[str, Any]:
        """Returns the state that ``restore`` reads, as JSON values."""
        every = {"every": self.every, "following": self.following}
        return {**every, "returns": list(self.returns), "total": self.total, "seconds": list(self.seconds)}

    def restore(self, state: Mapping[str, Any], steps: int) -> None:
        """Continues exactly from a result of ``state`` after ``steps`` steps; removes later lines of the file."""
        same = state["every"] == self.every
        self.following = state["following"] if same else steps + self.every
        self.returns, self.total = list(state["returns"]), state["total"]
        self.before = state["seconds"][0], state["seconds"][1]
        drop_after(self.path, steps)

    def _write(self, steps: int) -> None:
        wall, cpu = self.seconds
        mean = f"{sum(self.returns) / len(self.returns):.10g}" if self.returns else ""
        total = "" if self.total is None else f"{self.total:.12g}"
        self._rows.append((steps, f"{wall:.3f}", f"{cpu:.3f}", len(self.returns), mean, total))
        self.returns.clear()
        self.following = steps + self.every
        if time.monotonic() - self._flushed >= HOLD:
            self.flush()


def append(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Appends lines to a CSV file in one write, after a header if the file is new."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([*([] if path.exists() else [columns]), *rows])
    with open(path, "a", newline="", encoding="utf-8") as file:
        file.write(text.getvalue())


def drop_after(path: Path, steps: int) -> None:
    """Removes the lines of a CSV file whose first column exceeds a number of steps, and a truncated last line."""
    if not path.is_file():
        return
    with open(path, newline="", encoding="utf-8", errors="replace") as file:
        header, *lines = file.read().splitlines(keepends=True) or [""]
    kept = [each for each in lines if each.endswith("\n") and _steps(each) <= steps]
    if len(kept) < len(lines):
        with replacing(path) as beside, open(beside, "w", newline="", encoding="utf-8") as file:
            file.write("".join([header, *kept]))


def _steps(line: str) -> float:
    try:
        return int(line.partition(",")[0])
    except ValueError:
        return float("inf")


def _last_line(path: Path) -> tuple[tuple[float, float], float | None]:
    """Returns wall-clock and CPU seconds, and the total reward, from the last line of a curve."""
    try:
        with open(path, newline="", encoding="utf-8") as file:
            last = list(csv.DictReader(file))[-1]
        return (float(last["seconds"]), float(last["cpu_seconds"])), float(last["total_reward"])
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return (0.0, 0.0), None
