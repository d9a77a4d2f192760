"""Exactly known values of piecewise environments: the best gain of each segment, weighted by its length."""

from typing import Any

import numpy as np

from mdpzoo.codes import load
from mdpzoo.experiments.truths import Truth
from mdpzoo.models.piecewise import PiecewiseMDP
from mdpzoo.planning.tasks import solve_task
from mdpzoo_nonstationary.environments.tables import continuing


def known_gain(
    *, rules: str, steps: int, max_episode_steps: int | None = None, reveal: str = "never", **settings: Any
) -> Truth | None:
    """Returns the optimal reward per step over a run; None if a time limit cuts episodes.

    Args:
        rules: ``"module:attribute"`` of the environment's builder.
        steps: of the run.
        max_episode_steps: the environment's time limit.
        reveal: ignored; it does not affect the optimum.
        **settings: of the environment.
    """
    if max_episode_steps is not None:
        return None
    model: PiecewiseMDP = load(rules)(**settings)
    shares = segment_shares(model, steps)
    tasks = {index: solve_task(continuing(model.models[index]), None) for index in np.flatnonzero(shares)}
    best, random = (
        float(sum(shares[index] * getattr(task, each) for index, task in tasks.items()))
        for each in ("optimum", "random")
    )
    return Truth(
        criterion="average",
        optimum=best,
        random=random,
        high=best,
        gain=best,
        source=f"the best gains of the segments, weighted by their length within {steps:,} steps (Puterman 1994, 8.5)",
    )


def segment_shares(model: PiecewiseMDP, steps: int) -> np.ndarray:
    """Returns ``[L]`` float64, the share of the first ``steps`` steps during which each model holds."""
    changes = model.change_points(steps)
    starts = np.concatenate(([0], changes[changes < steps]))
    lengths = np.diff(np.append(starts, steps))
    shares = np.zeros(len(model.models))
    for start, length in zip(starts, lengths, strict=True):
        holds = model.at(int(start))
        shares[next(index for index, each in enumerate(model.models) if each is holds)] += length / steps
    return shares
