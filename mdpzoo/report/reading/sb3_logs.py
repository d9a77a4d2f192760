"""Logs that Stable-Baselines3 writes (``monitor.csv``, ``evaluations.npz``), and RL Baselines3 Zoo's folders of them.

RL Baselines3 Zoo names a folder ``<agent>/<environment>_<number>`` and keeps the arguments in
``<environment>/args.yml``. Of these files only the seed is read, as text: nothing is unpickled and no YAML is loaded.
"""

import json
import re
from pathlib import Path

import numpy as np

from mdpzoo.arrays import read_arrays
from mdpzoo.errors import InstanceError, ResultsError
from mdpzoo.report.reading import hostile_files as files
from mdpzoo.report.records import Curve, Episodes, RunRecord

EVALUATIONS = "evaluations.npz"
MONITOR = "monitor.csv"
WINDOWS = 200  # points of a training curve at most
SEED = re.compile(r"^\W*seed\s*(?::|\n\W*-)\s*(\d{1,10})\s*$", re.MULTILINE)  # as a mapping or as an ordered one
NUMBERED = re.compile(r"(?P<name>.+?)[-_ ](?:seed[-_ ]?)?(?P<number>\d{1,9})")
ONLY_NUMBER = re.compile(r"(?:seed|run|trial)?[-_ ]?(\d{1,9})", re.IGNORECASE)


def is_log(names: frozenset[str]) -> bool:
    """Whether a folder with these files is a run of Stable-Baselines3."""
    return EVALUATIONS in names or any(name == MONITOR or name.endswith(f".{MONITOR}") for name in names)


def read_log(folder: Path, shown: str, names: frozenset[str], notes: list[str]) -> RunRecord | None:
    """Reads one run.

    Args:
        folder: the run's own.
        shown: its name in the report, the path from the given folder.
        names: the files in it.
        notes: a sentence is appended for each file that cannot be read.

    Returns:
        The record; None if nothing in it can be read.
    """
    monitors = sorted(name for name in names if name == MONITOR or name.endswith(f".{MONITOR}"))
    told, training = _monitored([folder / name for name in monitors], notes)
    evaluations = _evaluations(folder / EVALUATIONS, notes) if EVALUATIONS in names else None
    if training is None and evaluations is None:
        return None
    agent, environment, number = names_of(folder, shown)
    arguments = folder / environment / "args.yml"
    source = "rl-zoo3" if arguments.is_file() else "sb3"
    environment = files.text_or(told.get("env_id"), environment or "unknown environment")
    steps = max(float(each.steps[-1]) for each in (training, evaluations) if each is not None)
    return RunRecord(
        folder=shown,
        environment=environment,
        agent=agent,
        seed=_seed(arguments, number) if source == "rl-zoo3" else number,
        status="done",
        path=str(folder),
        environment_id=environment,
        agent_id=agent,
        source=source,
        steps=steps,
        training=training,
        evaluations=evaluations,
    )


def names_of(folder: Path, shown: str) -> tuple[str, str, int]:
    """Guesses agent, environment and number of a run from the names of its folders, outermost first.

    ``ppo/CartPole-v1_2`` gives ``("ppo", "CartPole-v1", 2)``, ``PPO_1`` gives ``("PPO", "", 1)`` and ``CartPole/dqn/3``
    gives ``("dqn", "CartPole", 3)``.
    """
    parts = [part for part in Path(shown).parts if part not in (".", "..", "/")] or [folder.resolve().name]
    number = 0
    if match := ONLY_NUMBER.fullmatch(parts[-1]):
        number = int(match[1])
        parts = parts[:-1] or [folder.resolve().parent.name]
    elif match := NUMBERED.fullmatch(parts[-1]):
        parts[-1], number = match["name"], int(match["number"])
    environments = [part for part in parts if re.search(r"-?v\d+$", part)]
    environment = environments[-1] if environments else parts[-2] if len(parts) > 1 else ""
    agents = [part for part in parts if part != environment]
    return (agents[-1] if agents else parts[-1]), environment, number


def _monitored(paths: list[Path], notes: list[str]) -> tuple[dict[str, object], Curve | None]:
    """Returns the header of SB3's Monitor and the training curve over its files, episodes sorted by their ends."""
    told: dict[str, object] = {}
    ends, returns, lengths = [], [], []
    for path in paths:
        try:
            text = files.read_whole_lines(path)
        except ResultsError as error:
            notes.append(str(error))
            continue
        first, _, rest = text.partition("\n")
        header = _header(first)
        found = files.columns_of(rest if first.startswith("#") else text, ("r", "l", "t"))
        told = told or header
        ends.append(found["t"] + (files.number_or_none(header.get("t_start")) or 0.0))
        returns.append(found["r"])
        lengths.append(found["l"])
    if not sum(map(len, returns)):
        return told, None
    order = np.argsort(np.concatenate(ends), kind="stable")
    played, earned = np.concatenate(lengths)[order], np.concatenate(returns)[order]
    known = np.isfinite(played) & (played > 0)
    return told, windowed(np.cumsum(played[known]), earned[known])


def windowed(steps: np.ndarray, values: np.ndarray, windows: int = WINDOWS) -> Curve | None:
    """Returns means over windows of equal numbers of steps; a window without an episode has no point.

    Args:
        steps: ``[m]``, increasing: steps done when each episode ended.
        values: ``[m]``.
        windows: number of windows.
    """
    if not len(steps):
        return None
    if len(steps) <= windows:
        kept = np.append(np.diff(steps) > 0, True)
        return Curve(steps[kept], values[kept])
    window = np.clip((steps * windows - 1) // steps[-1], 0, windows - 1).astype(int)
    counts = np.bincount(window, minlength=windows)
    sums = np.bincount(window, values, minlength=windows)
    ends = np.zeros(windows)
    np.maximum.at(ends, window, steps)
    held = counts > 0
    return Curve(ends[held], sums[held] / counts[held])


def _header(line: str) -> dict[str, object]:
    try:
        found = json.loads(line.lstrip("#")) if line.startswith("#") else {}
    except (ValueError, RecursionError):
        found = {}
    return files.mapping_or_empty(found)


def _evaluations(path: Path, notes: list[str]) -> Episodes | None:
    try:
        found = read_arrays(path, ("timesteps", "results"), ("ep_lengths",))
        steps, returns = np.asarray(found["timesteps"], float), np.asarray(found["results"], float)
        lengths = np.asarray(found.get("ep_lengths", np.full(returns.shape, np.nan)), float)
    except (InstanceError, ValueError, TypeError) as error:
        notes.append(f"{str(path)!r}: {error!s:.150}")
        return None
    if steps.ndim != 1 or returns.ndim != 2 or len(returns) != len(steps) or lengths.shape != returns.shape:
        notes.append(f"{str(path)!r} has arrays of shapes that no evaluation has: {steps.shape} and {returns.shape}")
        return None
    steps = np.repeat(steps, returns.shape[1])
    kept = (np.abs(steps) < files.LARGEST_NUMBER) & (np.abs(returns.ravel()) < files.LARGEST_NUMBER)
    order = np.argsort(steps[kept], kind="stable")
    parts = (each[kept][order] for each in (steps, returns.ravel(), lengths.ravel()))
    return Episodes(*parts) if kept.any() else None


def _seed(arguments: Path, number: int) -> int:
    try:
        match = SEED.search(arguments.read_text(errors="replace")[:100_000])
    except OSError:
        match = None
    return int(match[1]) if match else number
