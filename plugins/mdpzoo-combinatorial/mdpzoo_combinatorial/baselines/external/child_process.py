"""Runs solvers in C, which support neither our time limit nor Ctrl-C, in a child process that reports every solution.

The child is one of the scripts ``*_child.py`` in this folder. It reads one JSON value and writes one JSON value per
line; nothing is pickled. It ends when its work is done or when this process kills it; if this process has died, an
alarm of the operating system ends it.
"""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mdpzoo_combinatorial.local_search.budget import Budget

GRACE = 30  # seconds after the time limit until the child's alarm
IMPORT_TIMEOUT = 30.0  # seconds for the imports of a child
READY = b"null\n"  # first line of a child
CHECK_INTERVAL = 0.05  # seconds between two checks of the budget


def answers(script: str, task: dict[str, Any], budget: Budget) -> Iterator[Any]:
    """Yields the values that a child writes until it ends or the budget is spent; then the child is killed.

    Args:
        script: a file in this folder.
        task: JSON values; the key ``alarm`` is added.
        budget: the limit; its clock restarts when the child has finished its imports.
    """
    task = task | {"alarm": int(budget.seconds) + GRACE if budget.seconds and budget.seconds < 1e6 else 0}
    child = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name(script))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # so that Ctrl-C in a terminal reaches this process only
    )
    lines: queue.Queue[bytes | None] = queue.Queue()
    talk = threading.Thread(target=_talk, args=(child, json.dumps(task).encode(), lines), daemon=True)
    talk.start()
    ready, latest = False, time.monotonic() + IMPORT_TIMEOUT
    try:
        while True:
            try:
                line = lines.get(timeout=CHECK_INTERVAL)
            except queue.Empty:
                if budget.stopped or (budget.spent if ready else time.monotonic() > latest):
                    return
                continue
            if line is None:
                return
            if line == READY:
                ready = True
                budget.begin()
                continue
            yield json.loads(line)
            if budget.spent and lines.empty():
                return
    finally:
        child.kill()
        child.wait()
        talk.join()


def _talk(child: "subprocess.Popen[bytes]", task: bytes, lines: "queue.Queue[bytes | None]") -> None:
    """Writes the task and puts complete lines into the queue, then None; runs in its own thread."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        with child.stdin as pipe:
            pipe.write(task)
    except OSError:  # the child has already ended
        pass
    with child.stdout as pipe:
        for line in pipe:
            if line.endswith(b"\n"):
                lines.put(line)
    lines.put(None)
