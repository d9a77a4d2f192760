"""One trial: a run with settings that Optuna has suggested, judged by its evaluations and pruned if it falls behind.

Optuna keeps its whole state in the journal ``journal.log`` in the tuning's folder, which every process opens.
"""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mdpzoo.experiments.run import Run, read_result, write_json

JOURNAL, STUDY = "journal.log", "mdpzoo"


def search_settings(trial: Any, search: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Asks an Optuna trial for a value of each setting in an agent's search space."""
    found: dict[str, Any] = {}
    for name, space in search.items():
        if "choices" in space:  # Optuna takes no lists: their places stand for them
            found[name] = space["choices"][trial.suggest_int(f"{name} (choice)", 0, len(space["choices"]) - 1)]
        elif isinstance(space["low"], int) and isinstance(space["high"], int):
            found[name] = trial.suggest_int(name, space["low"], space["high"], log=space.get("log", False))
        else:
            found[name] = trial.suggest_float(name, space["low"], space["high"], log=space.get("log", False))
    return found


def open_journal(folder: Path) -> Any:
    """Opens the Optuna study in a tuning's folder, or creates it."""
    import optuna
    from optuna.storages.journal import JournalFileBackend

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is experimental about it
        storage = optuna.storages.JournalStorage(JournalFileBackend(str(folder / JOURNAL)))
        return optuna.create_study(
            storage=storage,
            study_name=STUDY,
            direction="maximize",
            load_if_exists=True,
            sampler=optuna.samplers.TPESampler(seed=0),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        )


def perform_trial(run: Run, folder: Path, trial_id: int, keep_every: float) -> float | None:
    """Executes or resumes the run of a trial; returns its value, or None if it was pruned.

    The value is the mean return of the last evaluation; of a task without end, the reward per step.

    Args:
        run: the specification of the run.
        folder: of the run, within the tuning's folder ``trials``.
        trial_id: Optuna's id of the trial.
        keep_every: seconds between two saves.
    """
    import optuna

    from mdpzoo.experiments.training import train

    if read_result(folder) is not None:
        return _value(folder)
    trial = optuna.trial.Trial(open_journal(folder.parent.parent), trial_id)

    def judge(steps: int, mean_return: float) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # reported before the process was killed
            trial.report(mean_return, steps)
        if steps < run.steps and trial.should_prune():
            raise optuna.TrialPruned

    resume = (folder / "run.json").is_file()
    try:
        trained = train(run, folder, resume=resume, exactly=True, keep_every=keep_every, on_evaluation=judge)
    except optuna.TrialPruned:
        return None
    if not trained.complete:
        raise KeyboardInterrupt
    return _value(folder)


def _value(folder: Path) -> float:
    final = (read_result(folder) or {}).get("final_return")
    if final is not None:
        return float(final)
    steps, *_, total = (folder / "progress.csv").read_text().splitlines()[-1].split(",")
    return float(total) / int(steps)


def write_value(folder: Path, value: float | None) -> None:
    """Writes the value of a trial for the process that reports it to Optuna."""
    folder.mkdir(parents=True, exist_ok=True)  # nothing is kept of a pruned run
    write_json(folder / "value.json", {"value": value})
