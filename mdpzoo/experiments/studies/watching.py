"""A study's table, read from its folder alone: runs done, running and failed, and the time that the rest may take."""

import csv
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdpzoo.errors import CheckpointError
from mdpzoo.experiments.run import read_result

TAIL = 400  # bytes at the end of a file in which its last line begins


@dataclass(frozen=True)
class Look:
    """The state of a study at one moment.

    Attributes:
        rows: one for each environment and agent: ``environment``, ``agent``, runs ``done``, ``running``, ``failed`` and
            ``waiting``, ``percent`` of the steps, and ``return``, the mean of what the runs last returned.
        sentence: of the whole study, with the time left where it is known.
        is_over: whether every run has a result or has failed.
    """

    rows: list[dict[str, Any]]
    sentence: str
    is_over: bool

    def as_json(self) -> dict[str, Any]:
        """Returns the fields as JSON values."""
        return {"rows": self.rows, "summary": self.sentence, "over": self.is_over}


class Watcher:
    """Reads a study's folder repeatedly; finished runs are read once."""

    def __init__(self, folder: Path) -> None:
        """Reads ``study.json``.

        Raises:
            CheckpointError: the folder holds no study, or a damaged one.
        """
        self.folder = folder
        path = folder / "study.json"
        if not path.is_file():
            raise CheckpointError(f"{str(folder)!r} holds no study; give the folder of mdpzoo bench --out")
        try:
            study = json.loads(path.read_text())
            self.steps = max(1, int(study["steps"]))
            self.runs = [
                (str(each["environment"]), str(each["agent"]), _inside(each["folder"])) for each in study["runs"]
            ]
            self.names = [
                (str(each.get("environment_name", each["environment"])), str(each.get("agent_name", each["agent"])))
                for each in study["runs"]
            ]
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise CheckpointError(f"{str(path)!r} is damaged: {error!s:.120}") from None
        self._done: dict[str, float | None] = {}
        self._first: tuple[float, int] | None = None

    def look(self) -> Look:
        """Reads the state of each run."""
        groups: dict[tuple[str, str], list[tuple[str, int, float | None]]] = {}
        for (_, _, folder), names in zip(self.runs, self.names, strict=True):
            groups.setdefault(names, []).append(self._state(folder))
        rows = [self._row(*names, states) for names, states in groups.items()]
        steps = sum(each[1] for states in groups.values() for each in states)
        now = time.monotonic()
        self._first = self._first or (now, steps)
        counts = {name: sum(row[name] for row in rows) for name in ("done", "running", "failed", "waiting")}
        over = counts["done"] + counts["failed"] == len(self.runs)
        words = f"{counts['done']} of {len(self.runs)} runs are done"
        words += f", {counts['failed']} failed" if counts["failed"] else ""
        gained, seconds = steps - self._first[1], now - self._first[0]
        if gained > 0 and not over:
            words += f", about {_duration(seconds * (len(self.runs) * self.steps - steps) / gained)} left"
        return Look(rows, words, over)

    def _row(self, environment: str, agent: str, states: list[tuple[str, int, float | None]]) -> dict[str, Any]:
        returns = [value for _, _, value in states if value is not None]
        counts = {name: sum(each[0] == name for each in states) for name in ("done", "running", "failed", "waiting")}
        percent = 100 * sum(each[1] for each in states) // (self.steps * len(states))
        mean = f"{sum(returns) / len(returns):.4g}" if returns else None
        return {"environment": environment, "agent": agent, **counts, "percent": percent, "return": mean}

    def _state(self, name: str) -> tuple[str, int, float | None]:
        """Returns state, steps and last return of a run."""
        folder = self.folder / name
        if name in self._done:
            return "done", self.steps, self._done[name]
        if read_result(folder) is not None:
            self._done[name] = _last_return(folder)
            return "done", self.steps, self._done[name]
        if (folder / "failure.json").is_file():
            return "failed", 0, None
        if not (folder / "run.json").is_file():
            return "waiting", 0, None
        steps = _number(_last(folder / "progress.csv").get("steps")) or 0
        return "running", min(self.steps, int(steps)), _last_return(folder)


def _inside(name: Any) -> str:
    """Returns a folder's name; raises ``ValueError`` if it leads out of the study's folder."""
    path = Path(str(name))
    if path.is_absolute() or ".." in path.parts:
        raise ValueError(f"a run's folder leads elsewhere: {name!r:.60}")
    return str(path)


def _last_return(folder: Path) -> float | None:
    """Returns the mean return of the last evaluation, or of the last training episodes."""
    final = (read_result(folder) or {}).get("final_return")
    if isinstance(final, int | float):
        return float(final)
    return _number(_last(folder / "progress.csv").get("mean_return"))


def _last(path: Path) -> Mapping[str, Any]:
    """Returns the last complete line of a CSV file, by column."""
    try:
        with open(path, "rb") as file:
            header = file.readline().decode()
            file.seek(max(0, path.stat().st_size - TAIL))
            lines = [
                each for each in file.read().decode(errors="replace").splitlines(keepends=True) if each[-1] == "\n"
            ]
        return next(csv.DictReader([header, lines[-1]]))
    except (OSError, StopIteration, IndexError, csv.Error, ValueError):
        return {}


def _number(text: Any) -> float | None:
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
