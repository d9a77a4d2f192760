"""A row for each agent in each environment: score with interval, gap to the optimum, area under the curve, effort."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

import numpy as np

from mdpzoo.experiments.statistics import area_under_curve, bootstrap_interval, steps_to_threshold
from mdpzoo.report.analysis.seed_curves import regret_of
from mdpzoo.report.records import Results, RunRecord, Truth

NEARLY = 0.9  # of the way from random actions to the optimum, for the steps that learning takes


@dataclass(frozen=True, kw_only=True)
class Row:
    """One agent in one environment; None where a number is unknown.

    Attributes:
        environment: its name.
        agent: its name.
        runs: number of runs with a score.
        failed: number of runs that failed.
        score: mean over runs.
        low: lower limit of the 95 % interval; None from a single run.
        high: upper limit; None from a single run.
        gap: optimum less score; None in a game, where it may have either sign.
        normalised: score between random actions, 0, and the optimum, 1.
        area: mean height of the learning curve.
        reached: steps until the mean curve stays above ``NEARLY`` of the way to the optimum.
        regret: mean regret at the end.
        steps: mean of the steps done.
        seconds: mean CPU time, or wall-clock time where no CPU time is recorded.
    """

    environment: str
    agent: str
    runs: int
    failed: int
    score: float | None
    low: float | None = None
    high: float | None = None
    gap: float | None = None
    normalised: float | None = None
    area: float | None = None
    reached: float | None = None
    regret: float | None = None
    steps: float = 0.0
    seconds: float | None = None

    def as_dict(self) -> dict[str, Any]:
        """Returns the fields by name."""
        return asdict(self)


def rows_of(results: Results) -> list[Row]:
    """Returns a row for each agent in each environment, the best score first within an environment."""
    rows = [_row(results, environment, agent, runs) for (environment, agent), runs in results.groups.items()]
    return sorted(rows, key=lambda row: (row.environment, -np.inf if row.score is None else -row.score, row.agent))


def _row(results: Results, environment: str, agent: str, runs: Sequence[RunRecord]) -> Row:
    truth, scores = results.truth(environment), list(results.scores(environment, agent).values())
    failed = sum(run.failure is not None for run in runs)
    limits = tuple(bootstrap_interval(scores, np.mean)) if len(scores) > 1 else (None, None)
    score = fmean(scores) if scores else None
    curves = [curve for run in runs if not run.failure and (curve := run.learning_curve(truth.per_step))]
    regrets = [float(curve.values[-1]) for run in runs if not run.failure and (curve := regret_of(run, truth))]
    times = [run.seconds if run.cpu_seconds is None else run.cpu_seconds for run in runs]
    return Row(
        environment=environment,
        agent=agent,
        runs=len(scores),
        failed=failed,
        score=score,
        low=limits[0],
        high=limits[1],
        gap=None if score is None or truth.optimum is None or truth.of_game else truth.optimum - score,
        normalised=normalised(score, truth),
        area=_mean([area_under_curve(each.steps, each.values) for each in curves if len(each)]),
        reached=_mean_steps([_reached(each, truth) for each in curves]),
        regret=_mean(regrets),
        steps=fmean(run.steps for run in runs),
        seconds=_mean([each for each in times if each is not None]),
    )


def normalised(score: float | None, truth: Truth) -> float | None:
    """Scales a score so that random actions have 0 and the optimum 1; None if one of them is unknown."""
    if score is None or truth.scale is None:
        return None
    low, high = truth.scale
    return (score - low) / (high - low)


def _reached(curve: Any, truth: Truth) -> float | None:
    if truth.scale is None:
        return None
    low, high = truth.scale
    return steps_to_threshold(curve.steps, curve.values, low + NEARLY * (high - low))


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _mean_steps(values: Sequence[float | None]) -> float | None:
    """Returns the mean if all runs have reached the threshold; None if one has not."""
    known = [each for each in values if each is not None]
    return fmean(known) if known and len(known) == len(values) else None
