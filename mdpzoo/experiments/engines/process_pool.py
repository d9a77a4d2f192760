"""A pool of worker processes that outlives any of them.

If a worker is killed, another process resumes its task; ``concurrent.futures`` would give up all of them. Nothing is
pickled: tasks and outcomes pass as JSON.
"""

import contextlib
import json
import multiprocessing
import os
import signal
import time
from collections import Counter, deque
from collections.abc import Generator, Iterable, Sequence
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from mdpzoo.experiments.engines.worker import serve
from mdpzoo.experiments.studies.execution import FAILED, Outcome, Task, note_failure

ATTEMPTS = 3  # of a task whose worker dies
TICK = 0.5  # seconds between two checks of the workers
PATIENCE = 30.0  # seconds that workers have to save when the study is stopped

Answer = tuple[Task, Outcome]


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
        self.task: Task | None = None

    def give(self, task: Task) -> None:
        """Sends a task; a dead process is noticed later."""
        self.task = task
        with contextlib.suppress(OSError):
            self.pipe.send_bytes(task.to_text().encode())

    def answer(self) -> tuple[Task, Outcome | None]:
        """Returns and clears its task, with the outcome; None if the process has died."""
        task, self.task = self.task, None
        assert task is not None
        try:
            return task, Outcome(**json.loads(self.pipe.recv_bytes()))
        except (EOFError, OSError, ValueError):
            return task, None


def outcomes(tasks: Iterable[Task], jobs: int) -> Generator[Answer | list[Task], None, None]:
    """Performs tasks in worker processes.

    Args:
        tasks: the tasks, each in a folder of its own; the next one is taken when a worker is free.
        jobs: processes, at least 1.

    Yields:
        Each task and its outcome, as they end; between them, from time to time, a list of the running tasks. Closing
        the iterator ends the workers, which have some seconds to save.
    """
    fresh, again, died = iter(tasks), deque[Task](), Counter[str]()
    workers: list[Worker] = []
    try:
        while True:
            for place in range(jobs):
                if place < len(workers) and workers[place].task is not None:
                    continue
                task = again.popleft() if again else next(fresh, None)
                if task is None:
                    break
                if place == len(workers):
                    workers.append(Worker())
                workers[place].give(task)
            busy = [worker for worker in workers if worker.task is not None]
            if not busy:
                return
            ready = set(wait([worker.pipe for worker in busy], timeout=TICK))
            if not ready:
                yield [worker.task for worker in busy if worker.task is not None]
            for worker in [each for each in busy if each.pipe in ready]:
                task, found = worker.answer()
                if found is None:
                    workers.remove(worker)
                    found = _lost(worker, task, died)
                if found is None:
                    again.append(task)
                else:
                    yield task, found
    finally:
        _end(workers)


def _lost(worker: Worker, task: Task, died: Counter[str]) -> Outcome | None:
    """Counts a worker that died; returns the outcome of its task after too many attempts, else None."""
    worker.process.join()
    worker.pipe.close()
    died[task.folder] += 1
    if died[task.folder] < ATTEMPTS:
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
        if worker.task is None:
            worker.process.join(max(0.0, until - time.monotonic()))
    for worker in workers:
        if worker.task is not None and worker.process.is_alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker.process.pid, signal.SIGINT)
    for worker in workers:
        worker.process.join(max(0.0, until - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()
