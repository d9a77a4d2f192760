"""Finds every run below some folders, of any supported program, and reads it into records."""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from mdpzoo.errors import ResultsError
from mdpzoo.report.reading import event_files, sb3_logs, study_folders
from mdpzoo.report.reading.study_folders import Study
from mdpzoo.report.records import Results, RunRecord, Skipped, Truth

MOST_NOTES = 100
DEPTH = 3  # of a run below its study: environment, agent, seed


def read_results(folders: Sequence[str | Path]) -> Results:
    """Reads every run below some folders.

    Runs of ``mdpzoo train`` and ``mdpzoo bench``, of Stable-Baselines3, of RL Baselines3 Zoo, and TensorBoard's event
    files are found by the files that they consist of. A damaged file becomes a note and stops nothing. If the same
    agent is in several of the folders with the same environment and seed, its name is followed by the folder's.

    Args:
        folders: at least one.

    Raises:
        ResultsError: if a folder is missing, or no run is below any of them.
    """
    notes: list[str] = []
    found: list[tuple[str, list[RunRecord]]] = []
    studies: list[Study] = []
    truths: dict[str, Truth] = {}
    for root in map(Path, folders):
        if not root.is_dir():
            raise ResultsError(f"there is no folder {str(root)!r}; give one that mdpzoo bench or train has written")
        runs: list[RunRecord] = []
        for study, run, truth in _walk(root, notes, studies):
            runs.append(run)
            if study is not None and truth is not None:
                truths.setdefault(run.environment, truth)
        found.append((root.resolve().name, runs))
    told = _distinct(found)
    if not told:
        several = ", ".join(repr(str(each)) for each in folders)
        reason = f" ({notes[0]})" if notes else ""
        raise ResultsError(f"no run is below {several}{reason}; give a folder of mdpzoo bench, mdpzoo train or SB3")
    return Results(
        title=_title(studies, [name for name, _ in found]),
        runs=tuple(sorted(told, key=lambda run: (run.environment, run.agent, run.seed, run.folder))),
        truths=truths,
        skipped=_skipped(studies),
        missing=_missing(studies),
        notes=tuple([*(note for study in studies for note in study.notes), *notes][:MOST_NOTES]),
    )


def _walk(root: Path, notes: list[str], studies: list[Study]) -> Iterator[tuple[Study | None, RunRecord, Truth | None]]:
    """Walks through a tree in the order of names, without descending into a run's own folder."""
    inside: dict[str, Study] = {}
    for path, below, files in os.walk(root):
        below.sort()
        names, folder = frozenset(files), Path(path)
        if study_folders.STUDY in names:
            inside[path] = study_folders.read_study(folder)
            studies.append(inside[path])
        shown = os.path.relpath(path, root)
        study = inside.get(str(folder.parents[DEPTH - 1])) if len(folder.parents) >= DEPTH else None
        if names & study_folders.MARKS:
            run = study_folders.read_run(folder, shown, names, notes, study)
        elif sb3_logs.is_log(names):
            run = sb3_logs.read_log(folder, shown, names, notes)
        elif event_files.is_log(names):
            run = event_files.read_log(folder, shown, names, notes)
        else:
            continue
        below.clear()
        if run is not None:
            yield study, run, None if study is None else study.truths.get(folder.parent.parent.name)


def _distinct(found: list[tuple[str, list[RunRecord]]]) -> list[RunRecord]:
    """Returns all runs; if two folders have the same run, the folder's name distinguishes the agents."""
    times = Counter((run.environment, run.agent, run.seed) for _, runs in found for run in runs)
    doubled = {(environment, agent) for (environment, agent, _), count in times.items() if count > 1}
    if len(found) < 2 or not doubled:
        return [run for _, runs in found for run in runs]
    agents = {agent for _, agent in doubled}
    return [
        replace(run, agent=f"{run.agent} [{name}]") if run.agent in agents else run
        for name, runs in found
        for run in runs
    ]


def _title(studies: list[Study], folders: list[str]) -> str:
    return " and ".join(dict.fromkeys([study.name for study in studies] or folders))[:200]


def _skipped(studies: list[Study]) -> tuple[Skipped, ...]:
    return tuple(dict.fromkeys(each for study in studies for each in study.skipped))


def _missing(studies: list[Study]) -> tuple[str, ...]:
    """Returns planned folders of a study that do not exist; a plan may not point outside of its study."""
    return tuple(
        planned
        for study in studies
        for planned in study.planned
        if ".." not in Path(planned).parts and not Path(planned).is_absolute() and not (study.folder / planned).is_dir()
    )
