"""The search: asks Optuna for trials, passes them to worker processes and reports their results.

Only finished trials count, completed or pruned. Trials that a killed process has left behind are resumed first, in
their own folders, so that no trial is lost or counted twice. The first trial has the agent's own defaults.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdpzoo import registry
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.experiments.engines import process_pool
from mdpzoo.experiments.folders import LOCK, FolderError, locked
from mdpzoo.experiments.progress import bar
from mdpzoo.experiments.run import EPISODES, Run, write_json
from mdpzoo.experiments.studies.execution import DONE, STOPPED, UNWRITABLE, Task
from mdpzoo.experiments.tuning import trials
from mdpzoo.files import replacing
from mdpzoo.front import require

EVALUATIONS = 5  # of a trial
KEEP_EVERY = 30.0  # seconds between two saves of a trial
FAILURES = 5  # trials that may fail beyond those that are wanted
FILE = "tune.json"


@dataclass(frozen=True)
class Tuned:
    """The result of a search.

    Attributes:
        finished: trials that were completed or pruned.
        pruned: how many of them were pruned.
        best: the value of the best trial.
        default: the value of the first trial, with the agent's defaults; None: it failed.
        settings: of the best trial.
        file: the study file with these settings.
    """

    finished: int
    pruned: int
    best: float
    default: float | None
    settings: Mapping[str, Any]
    file: Path


def run_search(
    run: Run, count: int, out: Path, *, defaults: Mapping[str, Any], jobs: int = 1, progress: bool = False
) -> Tuned:
    """Searches for the settings of an agent with the highest return.

    Args:
        run: of every trial, with the settings that all trials share.
        count: number of trials to finish in all.
        out: the folder; a search in it is resumed.
        defaults: the agent's own value of each setting, for the first trial.
        jobs: trials at a time, a process each.
        progress: show a progress bar on standard error.

    Raises:
        SettingError: the agent's spec names no settings to search, the folder holds another search, or too many trials
            fail.
        MissingExtraError: Optuna is not installed.
    """
    require("optuna", "optuna")
    search = {name: each for name, each in registry.agent(run.agent).search.items() if name not in run.settings}
    if not search:
        raise SettingError(f"agent {run.agent!r} names no settings to search; add search= to its AgentSpec")
    asked = run.as_json()
    asked.setdefault("evaluation_episodes", EPISODES)
    asked.setdefault("evaluate_every", max(1, run.steps // EVALUATIONS))
    with locked(out):
        _begin(out, asked)
        study = trials.open_journal(out)
        if not study.trials:
            study.enqueue_trial(_enqueued(search, defaults), skip_if_exists=True)
        _search(study, search, asked, count, out, jobs, progress)
        return _conclude(study, search, asked, out)


def _search(
    study: Any, search: Mapping[str, Any], asked: dict[str, Any], count: int, out: Path, jobs: int, progress: bool
) -> None:
    under_way: dict[str, Any] = {}
    sentences: list[str] = []

    def tasks() -> Iterator[Task]:
        for each in _left_behind(study):
            yield task_of(each)
        while len(_finished(study)) + len(under_way) < count:
            yield task_of(study.ask())

    def task_of(trial: Any) -> Task:
        settings = {**asked["settings"], **trials.search_settings(trial, search)}
        folder = str((out / "trials" / f"trial-{trial.number:04d}").absolute())
        under_way[folder] = trial
        options = {"trial_id": trial._trial_id, "keep_every": KEEP_EVERY}
        return Task("trial", folder, {**asked, "settings": settings}, options)

    answers = process_pool.outcomes(tasks(), jobs)
    try:
        with bar("trials", count, progress) as advance:
            for answer in answers:
                advance(len(_finished(study)))
                if isinstance(answer, list):
                    continue
                task, outcome = answer
                trial = under_way.pop(task.folder)
                if outcome.status == UNWRITABLE:
                    raise FolderError(f"{outcome.sentence}; make room, then start again")
                if outcome.status == STOPPED:
                    raise KeyboardInterrupt
                _tell(study, trial, Path(task.folder), outcome.status == DONE)
                sentences += [outcome.sentence] if outcome.status != DONE else []
                if len(sentences) > FAILURES:
                    raise SettingError(f"{len(sentences)} trials have failed, the last one because: {outcome.sentence}")
    finally:
        answers.close()


def _begin(out: Path, asked: dict[str, Any]) -> None:
    """Checks that the folder is free or holds this very search, and cleans up after a killed process."""
    path = out / FILE
    if path.is_file():
        try:
            begun = json.loads(path.read_text())
        except ValueError:
            raise CheckpointError(f"{str(path)!r} is damaged; choose another folder") from None
        if begun != json.loads(json.dumps(asked)):
            raise SettingError(f"{str(out)!r} holds another search; choose another folder, or the same command")
    elif any(each.name != LOCK for each in out.iterdir()):
        raise SettingError(f"{str(out)!r} is not empty; choose another folder")
    else:
        write_json(path, asked)
    journal = out / trials.JOURNAL
    for left in out.glob(f"{trials.JOURNAL}.*"):  # Optuna's own lock
        left.unlink()
    if journal.is_file() and not (text := journal.read_bytes()).endswith(b"\n"):
        with replacing(journal) as beside:
            beside.write_bytes(text[: text.rfind(b"\n") + 1])


def _enqueued(search: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the defaults as Optuna's parameters, as far as they lie within the search space."""
    found: dict[str, Any] = {}
    for name, space in search.items():
        value = defaults.get(name)
        value = list(value) if isinstance(value, tuple) else value
        if "choices" in space:
            if value in space["choices"]:
                found[f"{name} (choice)"] = list(space["choices"]).index(value)
        elif isinstance(value, int | float) and space["low"] <= value <= space["high"]:
            found[name] = value
    return found


def _left_behind(study: Any) -> list[Any]:
    """Returns the trials that were running when their process was killed."""
    import optuna

    running = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.RUNNING,))
    return [optuna.trial.Trial(study, each._trial_id) for each in running]


def _finished(study: Any) -> list[Any]:
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _tell(study: Any, trial: Any, folder: Path, well: bool) -> None:
    """Reports the result of a trial to Optuna."""
    from optuna.trial import TrialState

    if not well:
        study.tell(trial, state=TrialState.FAIL)
        return
    value = json.loads((folder / "value.json").read_text())["value"]
    if value is None:
        study.tell(trial, state=TrialState.PRUNED)
    else:
        study.tell(trial, value)


def _conclude(study: Any, search: Mapping[str, Any], asked: dict[str, Any], out: Path) -> Tuned:
    """Writes the best settings as a study file."""
    from optuna.trial import FixedTrial

    finished = _finished(study)
    pruned = sum(each.value is None or each.state.name == "PRUNED" for each in finished)
    best = study.best_trial
    settings = {**asked["settings"], **trials.search_settings(FixedTrial(best.params), search)}
    first = next((each.value for each in finished if each.number == 0 and each.state.name == "COMPLETE"), None)
    path = out / "best.toml"
    with replacing(path) as beside:
        beside.write_text(study_text(asked, settings), encoding="utf-8")
    return Tuned(len(finished), pruned, float(best.value), first, settings, path)


def study_text(asked: Mapping[str, Any], settings: Mapping[str, Any]) -> str:
    """Returns a study file of ten seeds with these settings."""
    lines = ["[study]", "seeds = 10", f"steps = {asked['steps']}"]
    lines += [f"{name} = {asked[name]}" for name in ("evaluation_episodes", "evaluate_every", "num_envs")]
    lines += ["", "[[environments]]", f"id = {_toml(asked['environment'])}"]
    lines += [f"settings = {_toml(asked['environment_settings'])}"]
    lines += ["", "[[agents]]", f"id = {_toml(asked['agent'])}", f"settings = {_toml(settings)}"]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    """Returns a JSON value as TOML; null values are omitted."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items() if v is not None) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(each) for each in value) + "]"
    return json.dumps(value)
