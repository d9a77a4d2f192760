"""Executes a study in its folder: keeps existing results, executes missing runs and reports failures.

``study.json`` holds the expanded study; every run has a folder of its own, in which ``result.json`` is written last.
So a study that was stopped or killed is resumed by starting it again.
"""

import json
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo.experiments.engines import process_pool, ray_cluster
from mdpzoo.experiments.folders import FolderError, locked
from mdpzoo.experiments.progress import bar
from mdpzoo.experiments.run import EPISODES, evaluation_seed, load_run, write_json
from mdpzoo.experiments.studies.execution import DONE, FAILED, STOPPED, UNWRITABLE, Outcome, Task, is_done
from mdpzoo.experiments.studies.pairing import Plan, PlannedRun
from mdpzoo.files import replacing
from mdpzoo.front import require

ENGINES = ("local", "ray")
KEEP_EVERY = 30.0  # seconds between two saves of a run
TAIL = 200  # bytes at the end of a curve in which its last line begins


@dataclass
class Report:
    """The outcome of a study.

    Attributes:
        runs: number of runs.
        done: number of runs that have a result.
        found: number of those that had one before.
        failures: ``folder`` and ``sentence`` of those that failed.
        notes: sentences about truths that could not be computed.
        seconds: of wall clock.
        busy: seconds of wall clock that the tasks took, one by one.
    """

    runs: int
    done: int = 0
    found: int = 0
    failures: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0
    busy: float = 0.0


def run_study(
    plan: Plan,
    out: Path,
    *,
    jobs: int,
    engine: str = "local",
    address: str | None = None,
    tensorboard: bool = False,
    wandb: bool = False,
    keep_every: float = KEEP_EVERY,
    progress: bool = False,
) -> Report:
    """Executes all runs of a study that have no result yet.

    Args:
        plan: the result of ``pairing.plan``.
        out: its folder; made if missing.
        jobs: runs at a time on this machine, at least 1.
        engine: ``"local"`` (processes) or ``"ray"``.
        address: of a running Ray cluster.
        tensorboard: also write TensorBoard's files beside each run.
        wandb: also send them to Weights & Biases.
        keep_every: seconds between two saves of a run.
        progress: show a progress bar on standard error.

    Raises:
        SettingError: the folder holds another study or cannot be written, or another process works in it.
        MissingExtraError: Ray or ``wandb`` is requested and not installed.
    """
    began = time.monotonic()
    if wandb:
        require("wandb", "wandb")
    if engine not in ENGINES:
        raise SettingError(f"engine must be 'local' or 'ray', got {engine!r}")
    check_out(plan, out)
    with locked(out):
        _describe(plan, out)
        options = {"keep_every": keep_every, "tensorboard": tensorboard, "wandb": wandb}
        missing = [each for each in plan.runs if not is_done(each.run, out / each.folder)]
        tasks = [*_truths(plan, out), *(_task(each, out, options) for each in missing)]
        report = Report(len(plan.runs), done=len(plan.runs) - len(missing), found=len(plan.runs) - len(missing))
        answers = process_pool.outcomes(tasks, jobs)
        if engine == "ray":
            answers = ray_cluster.outcomes(tasks, jobs, address)
        _follow(plan, answers, report, progress)
    for each in report.failures:
        each["folder"] = os.path.relpath(each["folder"], out)
    report.seconds = time.monotonic() - began
    return report


def check_out(plan: Plan, out: Path) -> None:
    """Checks that a study may be kept in a folder: it is new or empty, or holds runs of this study only.

    Raises:
        SettingError: it may not, or the folder holds a run of the same name with another specification.
    """
    if out.exists() and not out.is_dir():
        raise SettingError(f"{str(out)!r} is a file; choose another folder")
    if not out.is_dir() or (
        not (out / "study.json").is_file() and not any(each.name[0] != "." for each in out.iterdir())
    ):
        return
    if not (out / "study.json").is_file():
        raise SettingError(f"{str(out)!r} is not empty and holds no study; choose another folder")
    for each in plan.runs:
        if not (out / each.folder / "run.json").is_file():
            continue
        begun, asked = load_run(out / each.folder).as_json(), json.loads(json.dumps(each.run.as_json()))
        for name in sorted(begun.keys() | asked.keys()):
            if begun.get(name) != asked.get(name):
                raise SettingError(
                    f"{str(out)!r} holds {each.folder!r} with {name} {begun.get(name)!r}, the study says "
                    f"{asked.get(name)!r}; choose another folder, or the same study"
                )


def study_json(plan: Plan) -> dict[str, Any]:
    """Returns the content of ``study.json``."""
    study = plan.study
    return {
        "name": study.name,
        "seeds": list(study.seeds),
        "steps": study.steps,
        "evaluation_episodes": study.evaluation_episodes,
        "evaluate_every": study.evaluate_every,
        "runs": [each.as_json() for each in plan.runs],
        "skipped": [asdict(each) for each in plan.skipped],
    }


def _describe(plan: Plan, out: Path) -> None:
    """Writes a copy of the study file, and ``study.json``."""
    try:
        with replacing(out / "study.toml") as beside:
            beside.write_bytes(plan.study.text)
        write_json(out / "study.json", study_json(plan))
    except OSError as error:
        raise FolderError(f"{str(out)!r} cannot be written ({error.strerror}); choose another folder") from None


def _task(planned: PlannedRun, out: Path, options: dict[str, Any]) -> Task:
    return Task("run", str((out / planned.folder).absolute()), planned.run.as_json(), options)


def _truths(plan: Plan, out: Path) -> Iterator[Task]:
    """Yields a task for each environment whose truth has not been written."""
    study = plan.study
    used = {each.environment.label for each in plan.runs}
    for entry in study.environments:
        path = (out / "truth" / f"{entry.label}.json").absolute()
        if entry.label in used and not path.is_file():
            asked = {
                "environment": entry.id,
                "settings": entry.settings,
                "seeds": [evaluation_seed(seed) for seed in study.seeds],
                "episodes": study.evaluation_episodes or EPISODES,
                "steps": study.steps,
            }
            yield Task("truth", str(path), asked, {})


def _follow(plan: Plan, answers: Any, report: Report, progress: bool) -> None:
    """Records the outcomes as they arrive, and shows the progress of the study."""
    steps, total = report.found * plan.study.steps, len(plan.runs) * plan.study.steps
    try:
        with bar("steps", total, progress) as advance:
            advance(steps)
            for answer in answers:
                if isinstance(answer, list):
                    if progress:
                        under_way = sum(_steps_so_far(Path(task.folder)) for task in answer)
                        advance(min(total, steps + under_way))
                    continue
                task, outcome = answer
                report.busy += outcome.seconds
                if task.kind == "run":
                    steps += plan.study.steps
                    advance(steps)
                _count(task, outcome, report)
    finally:
        answers.close()


def _count(task: Task, outcome: Outcome, report: Report) -> None:
    """Records one outcome.

    Raises:
        FolderError: nothing more can be saved.
        KeyboardInterrupt: the run was stopped by Ctrl-C.
    """
    if outcome.status == UNWRITABLE:
        raise FolderError(f"{outcome.sentence}; make room, or make it writable, then start the study again")
    if outcome.status == STOPPED:
        raise KeyboardInterrupt
    if task.kind == "truth":
        if outcome.status == FAILED:
            report.notes.append(f"nothing is known of {task.arguments['environment']}: {outcome.sentence}")
    elif outcome.status == DONE:
        report.done += 1
    else:
        report.failures.append({"folder": task.folder, "sentence": outcome.sentence})


def _steps_so_far(folder: Path) -> int:
    """Returns the steps in the last line of a run's curve; 0 if there is none."""
    try:
        with open(folder / "progress.csv", "rb") as file:
            file.seek(-min(TAIL, os.fstat(file.fileno()).st_size), os.SEEK_END)
            return int(file.read().splitlines()[-1].partition(b",")[0])
    except (OSError, ValueError, IndexError):
        return 0
