"""One task of a study, as every engine executes it: in any process, on any machine that sees the study's folder."""

import contextlib
import json
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mdpzoo.errors import MdpzooError
from mdpzoo.experiments.folders import BusyFolderError, FolderError
from mdpzoo.experiments.run import Run, load_run, read_result, write_json

DONE, FAILED, STOPPED, UNWRITABLE = "done", "failed", "stopped", "unwritable"
SUMMARY = 300  # characters of an error's sentence


@dataclass(frozen=True)
class Outcome:
    """The outcome of a task.

    Attributes:
        status: ``"done"``, ``"failed"``, ``"stopped"`` (by Ctrl-C) or ``"unwritable"`` (nothing can be kept).
        sentence: what went wrong; empty if nothing did.
        steps: of the run.
        seconds: wall-clock time that it took.
    """

    status: str
    sentence: str = ""
    steps: int = 0
    seconds: float = 0.0


@dataclass(frozen=True)
class Task:
    """A task that an engine passes to a worker, as JSON values.

    Attributes:
        kind: ``"run"``, ``"truth"`` or ``"trial"``.
        folder: of the run, or the file of the truth; absolute.
        arguments: the fields of ``Run``, or of ``truths.finding.Question``.
        options: of ``execute``, or of ``tuning.trials.perform_trial``.
    """

    kind: str
    folder: str
    arguments: Mapping[str, Any]
    options: Mapping[str, Any]

    def to_text(self) -> str:
        """Returns the task as JSON."""
        return json.dumps(asdict(self))


def perform(text: str) -> str:
    """Executes the task in a result of ``Task.to_text`` and returns its ``Outcome`` as JSON."""
    began = time.monotonic()
    task = Task(**json.loads(text))
    if task.kind == "run":
        outcome = execute(Run(**task.arguments), Path(task.folder), **task.options)
    else:
        outcome = _guarded(_find_truth if task.kind == "truth" else _try, task)
    return json.dumps(asdict(replace(outcome, seconds=time.monotonic() - began)))


def _find_truth(task: Task) -> None:
    from mdpzoo.experiments.truths.finding import Question, write_truth

    write_truth(Question(**task.arguments), Path(task.folder))


def _try(task: Task) -> None:
    from mdpzoo.experiments.tuning.trials import perform_trial, write_value

    folder = Path(task.folder)
    write_value(folder, perform_trial(Run(**task.arguments), folder, **task.options))


def _guarded(function: Callable[[Task], None], task: Task) -> Outcome:
    try:
        function(task)
    except OSError as error:
        return Outcome(UNWRITABLE, f"{task.folder!r} cannot be written ({error.strerror})")
    except FolderError as error:
        return Outcome(UNWRITABLE, str(error).partition("; make room")[0])
    except KeyboardInterrupt:
        return Outcome(STOPPED)
    except Exception as error:
        return Outcome(FAILED, summary(error))
    return Outcome(DONE)


def execute(
    run: Run, folder: Path, *, keep_every: float = 60.0, tensorboard: bool = False, wandb: bool = False
) -> Outcome:
    """Executes or resumes a run, with the same result as that of an uninterrupted one.

    An error is saved in ``failure.json`` and not raised.

    Args:
        run: the specification of the run.
        folder: of the run.
        keep_every: seconds between two saves.
        tensorboard: also write TensorBoard's files.
        wandb: also send them to Weights & Biases.
    """
    from mdpzoo.experiments.training import train
    from mdpzoo.experiments.wandb_logs import logging_to_wandb

    if is_done(run, folder):
        return Outcome(DONE, steps=run.steps)
    begun = (folder / "run.json").is_file()
    extras: dict[str, Any] = {"keep_every": keep_every, "tensorboard": tensorboard or wandb}
    try:
        with logging_to_wandb(run, folder) if wandb else contextlib.nullcontext() as callback:
            trained = train(run, folder, resume=begun, exactly=True, callback=callback, **extras)
        (folder / "failure.json").unlink(missing_ok=True)
    except BusyFolderError as error:
        return Outcome(FAILED, str(error))
    except FolderError as error:
        return Outcome(UNWRITABLE, str(error).partition("; make room")[0])
    except Exception as error:
        return note_failure(folder, type(error).__name__, summary(error), traceback.format_exc())
    status = DONE if trained.complete else STOPPED
    return Outcome(status, steps=trained.steps)


def is_done(run: Run, folder: Path) -> bool:
    """Whether a folder holds the result of this very run; a damaged one does not count."""
    try:
        return read_result(folder) is not None and load_run(folder) == run
    except MdpzooError:
        return False


def note_failure(folder: Path, kind: str, sentence: str, told: str = "") -> Outcome:
    """Writes ``failure.json``, with the number of failures so far, and returns the outcome."""
    path = folder / "failure.json"
    failure = {"type": kind, "message": sentence, "traceback": told, "attempt": _attempts(path) + 1}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_json(path, failure)
    except OSError as error:
        return Outcome(UNWRITABLE, f"{str(folder)!r} cannot be written ({error.strerror})")
    return Outcome(FAILED, sentence)


def summary(error: BaseException) -> str:
    """Returns an error's message as one line."""
    said = " ".join(str(error).split())
    if isinstance(error, MdpzooError):
        return said[:SUMMARY]
    return f"{type(error).__name__}: {said}"[:SUMMARY] if said else type(error).__name__


def _attempts(path: Path) -> int:
    try:
        return max(0, int(json.loads(path.read_text())["attempt"]))
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return 0
