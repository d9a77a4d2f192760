"""The state of a run, read from its folder alone."""

from pathlib import Path

from mdpzoo.experiments.run import Run
from mdpzoo.experiments.studies.execution import is_done

WAITING, BEGUN, FAILED, DONE = "waiting", "begun", "failed", "done"


def state_of(run: Run, folder: Path | None) -> str:
    """Returns ``"waiting"``, ``"begun"``, ``"failed"`` or ``"done"``."""
    if folder is None or not folder.is_dir():
        return WAITING
    if is_done(run, folder):
        return DONE
    if (folder / "failure.json").is_file():
        return FAILED
    return BEGUN if (folder / "run.json").is_file() else WAITING
