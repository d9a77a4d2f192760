"""The learning curve of a run: ``progress.csv``, a line as often as the run has got a hundredth further.

A resumed run goes on at the end of the file; its steps may overlap with those of a process that was killed.
"""

import csv
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COLUMNS = ("steps", "seconds", "cpu_seconds", "episodes", "mean_return")
LINES = 100  # of a whole run


def recording(agent: Any, path: Path, steps: int) -> Callable[[dict[str, Any], dict[str, Any]], bool]:
    """Returns a callback for ``learn`` that appends to a learning curve.

    The columns are environment steps, wall-clock and CPU seconds since ``learn`` began, training episodes that ended
    since the last line, and the mean of their undiscounted returns, empty where none ended.

    Args:
        agent: counts its steps in ``num_timesteps``.
        path: the file; made if missing.
        steps: of the whole run.
    """
    began, began_cpu = time.monotonic(), time.process_time()
    every = max(1, steps // LINES)
    following = agent.num_timesteps + every
    returns: list[float] = []
    if not path.exists():
        _append(path, COLUMNS)

    def record(local: dict[str, Any], _: dict[str, Any]) -> bool:
        nonlocal following
        infos = local.get("infos") or ()
        returns.extend(float(info["episode"]["r"]) for info in infos if "episode" in info)
        if agent.num_timesteps >= following:
            wall, cpu = time.monotonic() - began, time.process_time() - began_cpu
            mean = f"{sum(returns) / len(returns):.10g}" if returns else ""
            _append(path, (agent.num_timesteps, f"{wall:.3f}", f"{cpu:.3f}", len(returns), mean))
            returns.clear()
            following = agent.num_timesteps + every
        return True

    return record


def _append(path: Path, row: tuple[Any, ...]) -> None:
    with open(path, "a", newline="", encoding="utf-8") as file:
        csv.writer(file).writerow(row)
