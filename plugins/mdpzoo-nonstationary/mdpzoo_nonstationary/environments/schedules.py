"""The change points of an environment: listed, periodic, geometric or from a seed, all as JSON values."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError
from mdpzoo.settings import check_names

PROTOCOL = (200_000, 400_000, 600_000, 800_000)  # four changes in a million steps, the setting of the published tables
KEYS = ("every", "mean", "count", "seed", "until")
Changes = Sequence[int] | Mapping[str, int]


def change_points(changes: Any, segments: int) -> tuple[list[int], int]:
    """Returns change points, and the period after which they start again (0: never).

    Args:
        changes: a list of steps; ``{"every": n}``, a change every n steps for ever; ``{"mean": n, "seed": s,
            "until": t}``, geometric lengths of mean n up to step t; or ``{"count": k, "seed": s, "until": t}``, k
            different steps drawn uniformly below t.
        segments: models that take turns, of a periodic schedule.

    Raises:
        SettingError: if the schedule is none of these.
    """
    if not isinstance(changes, Mapping):
        return list(changes), 0
    check_names(changes, KEYS, "changes")
    if "every" in changes:
        every = _positive(changes, "every")
        return [every * k for k in range(1, segments)], every * segments
    generator, until = np.random.default_rng(changes.get("seed", 0)), _positive(changes, "until")
    if "mean" in changes:
        mean = _positive(changes, "mean")
        points = np.cumsum(generator.geometric(1 / mean, size=until)) if until else np.zeros(0, int)
        return points[points < until].tolist(), 0
    count = _positive(changes, "count")
    if count >= until:
        raise SettingError(f"count must be below until, got {count} changes before step {until}")
    return sorted((1 + generator.choice(until - 1, count, replace=False)).tolist()), 0


def _positive(changes: Mapping[str, Any], name: str) -> int:
    value = changes.get(name)
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise SettingError(f"changes need {name!r}, a whole number of at least 1, got {dict(changes)!s:.60}")
    return int(value)
