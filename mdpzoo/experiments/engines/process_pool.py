"""A pool of worker processes that outlives any of them.

A worker that is killed costs its own task, which another process takes up again; ``concurrent.futures`` would give up
all of them. Nothing is pickled: tasks and outcomes pass as JSON.
"""

import contextlib
import json
import multiprocessing
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from mdpzoo.experiments.engines.worker import serve
from mdpzoo.experiments.studies.execution import FAILED, Outcome, Task, note_failure

ATTEMPTS = 3  # of a task whose worker dies
TICK = 0.5  # seconds between two looks at what the workers do
PATIENCE = 30.0  # seconds that workers have to save when the study is stopped

Answer = tuple[int, Outcome]


class Worker:
    """A process and the task that it performs."""

    def __init__(self) -> None:
        """Starts the process."""
        context = multiprocessing.get_context("spawn")
        self.pipe: Connection
        self.pipe, theirs = context.Pipe()
        self.process: Any = context.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()
        self.place: int | None = None

    def give(self, place: int, text: str) -> None:
        """Sends a task; whether the process lives shows later."""
        self.place = place
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(text.encode())

    def answer(self) -> Outcome | None:
        """Reads the outcome of its task; None where the process has died."""
        try:
            return Outcome(**json.loads(self.pipe.recv_bytes()))
        except (EOFError, OSError, ValueError):
            return None


def outcomes(tasks: Sequence[Task], jobs: int) -> Iterator[Answer | list[int]]:
    """Performs tasks in worker processes.

    Args:
        tasks: what is to be done.
        jobs: processes, at least 1.

    Yields:
        The place of each task and its outcome, as they end; between them, from time to time, the places of the tasks
        under way. Closing the iterator ends the workers, which have some seconds to save.
    """
    texts, waiting, died = [each.to_text() for each in tasks], deque(range(len(tasks))), Counter[int]()
    workers: list[Worker] = []
    try:
        while waiting or any(worker.place is not None for worker in workers):
            for worker in workers:
                if worker.place is None and waiting:
                    worker.give(place := waiting.popleft(), texts[place])
            while waiting and len(workers) < jobs:
                workers.append(Worker())
                workers[-1].give(place := waiting.popleft(), texts[place])
            busy = [worker for worker in workers if worker.place is not None]
            ready = set(wait([worker.pipe for worker in busy], timeout=TICK))
            if not ready:
                yield [worker.place for worker in busy if worker.place is not None]
            for worker in [each for each in busy if each.pipe in ready]:
                place, worker.place = worker.place, None
                assert place is not None
                found = worker.answer()
                if found is None:
                    workers.remove(worker)
                    found = _lost(worker, tasks[place], place, died)
                if found is None:
                    waiting.append(place)
                else:
                    yield place, found
    finally:
        _end(workers)


def _lost(worker: Worker, task: Task, place: int, died: Counter[int]) -> Outcome | None:
    """Counts a worker that died; returns the outcome of its task after too many, else None."""
    worker.process.join()
    worker.pipe.close()
    died[place] += 1
    if died[place] < ATTEMPTS:
        return None
    sentence = f"its worker process died {ATTEMPTS} times (exit code {worker.process.exitcode})"
    if task.kind == "run":
        return note_failure(Path(task.folder), "WorkerDied", sentence)
    return Outcome(FAILED, sentence)


def _end(workers: Sequence[Worker]) -> None:
    """Closes the pipes, waits for the processes and ends those that do not."""
    for worker in workers:
        worker.pipe.close()
    until = time.monotonic() + PATIENCE
    for worker in workers:
        if worker.place is None:
            worker.process.join(max(0.0, until - time.monotonic()))
    for worker in workers:
        if worker.place is not None and worker.process.is_alive():
            import os
            import signal

            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.process.pid, signal.SIGINT)
    for worker in workers:
        worker.process.join(max(0.0, until - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
