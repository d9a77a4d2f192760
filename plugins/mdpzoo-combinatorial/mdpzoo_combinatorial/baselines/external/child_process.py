"""Solvers in C that know neither our clock nor Ctrl-C, run in a process of their own that hands back every answer.

The child is one of the scripts ``*_child.py`` beside this file. It reads one JSON value and writes one JSON value a
line; nothing is pickled. It ends when its work is done, when we end it, or, should we be gone, at an alarm that its
operating system sets off.
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

GRACE = 30  # seconds beyond the limit after which a child ends by itself
PATIENCE = 30.0  # seconds that a child may take to import what it needs
READY = b"null\n"  # what a child writes first
LOOK = 0.05  # seconds between two looks at the budget


def answers(script: str, task: dict[str, Any], budget: Budget) -> Iterator[Any]:
    """Yields what a child writes, until it ends or the budget is spent; then the child is gone.

    Args:
        script: a file beside this one.
        task: JSON values; the key ``alarm`` is added.
        budget: the limit; its clock starts anew when the child has imported what it needs.
    """
    task = task | {"alarm": int(budget.seconds) + GRACE if budget.seconds and budget.seconds < 1e6 else 0}
    child = subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__).with_name(script))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # a terminal's Ctrl-C is ours to handle
    )
    lines: queue.Queue[bytes | None] = queue.Queue()
    talk = threading.Thread(target=_talk, args=(child, json.dumps(task).encode(), lines), daemon=True)
    talk.start()
    ready, latest = False, time.monotonic() + PATIENCE
    try:
        while True:
            try:
                line = lines.get(timeout=LOOK)
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
    """Writes the task and passes on whole lines, and at the end None; in a thread of its own."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        with child.stdin as pipe:
            pipe.write(task)
    except OSError:  # the child is gone already
        pass
    with child.stdout as pipe:
        for line in pipe:
            if line.endswith(b"\n"):
                lines.put(line)
    lines.put(None)
