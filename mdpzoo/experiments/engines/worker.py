"""A worker process: imports everything once, then performs one task after the other until the pipe closes.

It ends with the process that started it, however that ends. Nothing heavy is imported at the top: the process first
sets the number of threads, then imports.
"""

import contextlib
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection, wait

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")


def serve(pipe: Connection) -> None:
    """Performs the tasks that come through a pipe as text, and answers each with its outcome."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout = sys.stderr  # the output of agents is not part of any answer
    perform = prepared()
    with contextlib.suppress(EOFError, OSError, KeyboardInterrupt):
        while True:
            text = pipe.recv_bytes().decode()
            pipe.send_bytes(perform(text).encode())


def prepared() -> Callable[[str], str]:
    """Gives torch one thread and returns the function that performs tasks."""
    for name in THREADS:
        os.environ.setdefault(name, "1")
    import torch

    import mdpzoo  # noqa: F401  (registers what there is)
    from mdpzoo.experiments.studies.execution import perform

    torch.set_num_threads(1)
    return perform


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
