"""TensorBoard's event files, read through its own package: the scalars that SB3 and similar libraries write."""

import contextlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.report.reading.sb3_logs import names_of
from mdpzoo.report.records import Curve, Episodes, RunRecord

MARK = "events.out.tfevents."
MOST_POINTS = 2_000  # of a scalar; a reservoir keeps a sample of more
EVALUATED = ("eval/mean_reward", "eval/episodic_return", "evaluation/return")
TRAINED = ("rollout/ep_rew_mean", "charts/episodic_return", "train/episode_return", "episode_reward")


def is_log(names: frozenset[str]) -> bool:
    """Whether a folder with these files has event files."""
    return any(name.startswith(MARK) for name in names)


def read_log(folder: Path, shown: str, names: frozenset[str], notes: list[str]) -> RunRecord | None:
    """Reads one run.

    Args:
        folder: the run's own.
        shown: its name in the report, the path from the given folder.
        names: the files in it.
        notes: a sentence is appended if nothing can be read.

    Returns:
        The record; None if the package ``tensorboard`` is missing, or no scalar is a return.
    """
    try:
        with _quiet():
            from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

            events = EventAccumulator(str(folder), size_guidance={"scalars": MOST_POINTS})
            events.Reload()
    except ImportError:
        notes.append(f"{shown!r} has TensorBoard's event files; to read them type: pip install tensorboard")
        return None
    except Exception as error:  # a damaged file may cause any error in the reader
        notes.append(f"{shown!r} cannot be read as TensorBoard's event files: {error!s:.120}")
        return None
    tags = events.Tags()["scalars"]
    evaluated, trained = _first(events, EVALUATED, tags), _first(events, TRAINED, tags)
    if evaluated is None and trained is None:
        notes.append(f"{shown!r} has no scalar {EVALUATED[0]!r} or {TRAINED[0]!r}; it has {sorted(tags)!s:.100}")
        return None
    agent, environment, number = names_of(folder, shown)
    episodes = Episodes(evaluated.steps, evaluated.values, np.full(len(evaluated), np.nan)) if evaluated else None
    return RunRecord(
        folder=shown,
        environment=environment or "unknown environment",
        agent=agent,
        seed=number,
        status="done",
        path=str(folder),
        source="tensorboard",
        steps=max(float(each.steps[-1]) for each in (evaluated, trained) if each is not None),
        training=trained,
        evaluations=episodes,
    )


def _first(events: Any, wanted: tuple[str, ...], tags: list[str]) -> Curve | None:
    """Returns the first of the wanted scalars that exists; of values at the same step the last counts."""
    for tag in wanted:
        if tag in tags:
            last = {float(each.step): float(each.value) for each in events.Scalars(tag)}
            steps = np.array(sorted(step for step, value in last.items() if np.isfinite(value)))
            if len(steps):
                return Curve(steps, np.array([last[step] for step in steps]))
    return None


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppresses TensorBoard's log messages about truncated files, which a note reports once."""
    logger = logging.getLogger("tensorboard")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
