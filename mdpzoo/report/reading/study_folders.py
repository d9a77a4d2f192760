"""Folders that ``mdpzoo train`` and ``mdpzoo bench`` write: runs, and a study with its known values around them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.errors import ResultsError
from mdpzoo.report.reading import hostile_files as files
from mdpzoo.report.records import Curve, Episodes, Failure, RunRecord, Skipped, Status, Truth

MARKS = frozenset({"run.json", "result.json", "failure.json"})  # a folder with one of them is a run
STUDY = "study.json"
KINDS = ("environment", "agent")  # in the order of a study's folders
OBJECTS = ("run", "result", "failure", "versions")
PROGRESS = ("steps", "cpu_seconds", "mean_return", "total_reward")
LONGEST_SETTINGS = 60  # characters of settings that are shown in an agent's name


@dataclass(frozen=True)
class Study:
    """The content of a study's folder apart from its runs.

    Attributes:
        name: of the study.
        folder: its folder.
        truths: known values, by the label of an environment's folder.
        planned: folders of its runs, relative to its own.
        names: names of environments and agents, by kind and label.
        skipped: pairs that it left out.
        notes: files that could not be read.
    """

    name: str
    folder: Path
    truths: Mapping[str, Truth] = field(default_factory=dict)
    planned: tuple[str, ...] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()


def read_study(folder: Path) -> Study:
    """Reads a study's folder, apart from its runs; what is damaged becomes a note."""
    notes: list[str] = []
    told = _object_or_note(folder / STUDY, notes)
    truths = {}
    for path in sorted((folder / "truth").glob("*.json")):
        if found := _object_or_note(path, notes):
            truths[path.stem] = truth_of(found)
    runs = [each for each in _entries(told.get("runs")) if isinstance(each.get("folder"), str)]
    name = files.text_or(told.get("name"), folder.resolve().name)
    planned, names = tuple(each["folder"] for each in runs), _names(runs)
    skipped = tuple(_skipped(each, names) for each in _entries(told.get("skipped")))
    return Study(name, folder, truths, planned, names, skipped, tuple(notes))


def _names(runs: Sequence[Mapping[str, Any]]) -> dict[tuple[str, str], str]:
    """Returns a study's names of environments and agents, by kind and label."""
    found = {}
    for run in runs:
        for kind, label in zip(KINDS, Path(run["folder"]).parts, strict=False):
            found[kind, label] = files.text_or(run.get(f"{kind}_name"), label)
    return found


def _skipped(told: Mapping[str, Any], names: Mapping[tuple[str, str], str]) -> Skipped:
    environment, agent = (files.text_or(told.get(kind), "?") for kind in KINDS)
    reason = files.text_or(told.get("reason"), "no reason is given")
    return Skipped(names.get(("environment", environment), environment), names.get(("agent", agent), agent), reason)


def truth_of(told: Mapping[str, Any]) -> Truth:
    """Reads the content of a truth file; an invalid number becomes None."""
    known = ("optimum", "random", "low", "high", "gain")
    numbers: dict[str, Any] = {name: files.number_or_none(told.get(name)) for name in known}
    interval = told.get("interval")
    pair = [files.number_or_none(each) for each in interval] if isinstance(interval, list) else []
    return Truth(
        criterion="average" if told.get("criterion") == "average" else "return",
        exact=told.get("exact") is not False,
        of_game=told.get("of_game") is True,
        interval=(pair[0], pair[1]) if len(pair) == 2 and pair[0] is not None and pair[1] is not None else None,
        source=files.text_or(told.get("source"), ""),
        **numbers,
    )


def read_run(
    folder: Path, shown: str, names: frozenset[str], notes: list[str], study: Study | None = None
) -> RunRecord | None:
    """Reads one run.

    Args:
        folder: the run's own.
        shown: its name in the report.
        names: the files in it.
        notes: a sentence is appended for each file that cannot be read.
        study: the study of the run; None: there is none, and the folders' names have no meaning.

    Returns:
        The record; None if the folder does not record what was run.
    """
    told = {
        name: _object_or_note(folder / f"{name}.json", notes) if f"{name}.json" in names else {} for name in OBJECTS
    }
    asked, result = told["run"] or told["result"], told["result"]
    agent, environment = (files.text_or(asked.get(name), "") for name in ("agent", "environment"))
    if not agent or not environment:
        notes.append(f"{shown!r} does not say which agent and environment were run; its run.json is damaged")
        return None
    failure = _failure(told["failure"]) if told["failure"] and not result else None
    columns = _columns(folder / "progress.csv", PROGRESS, notes) if "progress.csv" in names else None
    status: Status = "done" if result else "failed" if failure else "unfinished"
    steps = float(columns["steps"][-1]) if columns is not None and len(columns["steps"]) else 0.0
    settings, outer = (files.mapping_or_empty(asked.get(name)) for name in ("settings", "environment_settings"))
    return RunRecord(
        folder=shown,
        environment=_shown("environment", environment, folder.parent.parent.name, outer, study),
        agent=_shown("agent", agent, folder.parent.name, settings, study),
        seed=files.integer_or(asked.get("seed"), 0),
        status=status,
        path=str(folder),
        environment_id=environment,
        agent_id=agent,
        steps=float(files.integer_or(result.get("steps"), int(steps))),
        steps_asked=float(files.integer_or(told["run"].get("steps"), 0)),
        num_envs=files.integer_or(asked.get("num_envs"), 0),
        seconds=files.number_or_none(result.get("seconds")),
        cpu_seconds=_cpu_seconds(result, columns),
        settings=settings,
        environment_settings=outer,
        training=_curve(columns, "mean_return"),
        rewards=_curve(columns, "total_reward"),
        evaluations=_episodes(folder / "evaluations.csv", notes) if "evaluations.csv" in names else None,
        versions=_versions(told["versions"]),
        failure=failure,
    )


def _shown(kind: str, id: str, label: str, settings: Mapping[str, Any], study: Study | None) -> str:
    """Returns the study's name, else the id, with settings if the folder's label shows that there are several."""
    plain = id.replace("/", "-")
    name = label if study is None else study.names.get((kind, label), label)
    if name != label:
        return name
    if study is None or label == plain:
        return id
    if not label.startswith(f"{plain}~"):
        return label
    told = ", ".join(f"{name}={value}" for name, value in sorted(settings.items()))
    return f"{id} ({told})" if 0 < len(told) <= LONGEST_SETTINGS else f"{id} {label[len(plain) :]}"


def _object_or_note(path: Path, notes: list[str]) -> dict[str, Any]:
    try:
        return files.read_object(path)
    except ResultsError as error:
        notes.append(str(error))
        return {}


def _entries(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _failure(told: Mapping[str, Any]) -> Failure:
    traceback = told.get("traceback")
    return Failure(
        files.text_or(told.get("type"), "Error"),
        files.text_or(told.get("message"), "no message"),
        traceback[-5000:] if isinstance(traceback, str) else "",
    )


def _columns(path: Path, wanted: tuple[str, ...], notes: list[str]) -> dict[str, np.ndarray] | None:
    try:
        found = files.columns_of(files.read_whole_lines(path), wanted)
    except ResultsError as error:
        notes.append(str(error))
        return None
    kept = files.lines_that_count(found["steps"])
    return {name: column[kept] for name, column in found.items()}


def _curve(columns: Mapping[str, np.ndarray] | None, name: str) -> Curve | None:
    if columns is None:
        return None
    known = np.isfinite(columns[name])
    return Curve(columns["steps"][known], columns[name][known]) if known.any() else None


def _episodes(path: Path, notes: list[str]) -> Episodes | None:
    try:
        found = files.columns_of(files.read_whole_lines(path), ("steps", "episode", "return", "length"))
    except ResultsError as error:
        notes.append(str(error))
        return None
    kept = files.lines_that_count(found["steps"], repeated=True) & np.isfinite(found["return"])
    found = {name: column[kept] for name, column in found.items()}
    last = {key: line for line, key in enumerate(zip(found["steps"], found["episode"], strict=True))}
    lines = np.array(sorted(last.values()), int)  # an evaluation that was repeated counts once
    return Episodes(*(found[name][lines] for name in ("steps", "return", "length"))) if len(lines) else None


def _cpu_seconds(result: Mapping[str, Any], columns: Mapping[str, np.ndarray] | None) -> float | None:
    told = files.number_or_none(result.get("cpu_seconds"))
    if told is None and columns is not None and len(columns["cpu_seconds"]):
        last = float(columns["cpu_seconds"][-1])
        return last if np.isfinite(last) else None
    return told


def _versions(told: Mapping[str, Any]) -> dict[str, str]:
    plain = {name: str(value)[:80] for name, value in told.items() if isinstance(value, str)}
    packages = files.mapping_or_empty(told.get("packages"))
    return plain | {str(name)[:80]: str(value)[:80] for name, value in packages.items() if isinstance(value, str)}
