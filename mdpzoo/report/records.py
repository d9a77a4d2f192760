"""The data of a report: frozen records of runs, of exactly known values, and of failures and skipped runs.

Higher returns are better throughout. A score is the mean undiscounted return of an episode or, for an environment whose
criterion is ``"average"``, the mean reward of a step.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from mdpzoo.experiments.truths import Truth

Status = Literal["done", "failed", "unfinished"]
LAST_PART = 0.1  # fraction of a training curve whose mean is the score of a run without evaluations


@dataclass(frozen=True)
class Curve:
    """A quantity against environment steps.

    Attributes:
        steps: ``[k]`` float64, increasing.
        values: ``[k]`` float64, finite.
    """

    steps: np.ndarray
    values: np.ndarray

    def __len__(self) -> int:
        """Returns the number of points."""
        return len(self.steps)


@dataclass(frozen=True)
class Episodes:
    """Evaluation episodes.

    Attributes:
        steps: ``[m]`` float64, not decreasing: training steps done when the episode was played.
        returns: ``[m]`` float64, undiscounted, finite.
        lengths: ``[m]`` float64, in steps; NaN where unknown.
    """

    steps: np.ndarray
    returns: np.ndarray
    lengths: np.ndarray

    def curve(self, per_step: bool = False) -> Curve:
        """Returns the mean return of an episode at each evaluation, or the mean reward of a step."""
        steps, group = np.unique(self.steps, return_inverse=True)
        totals = np.bincount(group, self.returns, len(steps))
        weights = np.bincount(group, np.nan_to_num(self.lengths, nan=1.0) if per_step else None, len(steps))
        return Curve(steps, totals / np.maximum(weights, 1e-300))


@dataclass(frozen=True)
class Failure:
    """The reason why a run failed.

    Attributes:
        type: the exception's class.
        message: its text.
        traceback: of the exception; may be empty.
    """

    type: str
    message: str
    traceback: str = ""


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One run: an agent in an environment with one seed.

    Attributes:
        folder: the folder that it was read from, by its name in the report.
        environment: the name shown.
        agent: the name shown.
        seed: its seed, or its number if no seed is recorded.
        status: done, failed or unfinished.
        path: of the folder, for opening files in it; not shown in the page.
        environment_id: the registered id; empty if unknown.
        agent_id: the registered id; empty if unknown.
        source: the program that wrote the folder: ``"mdpzoo"``, ``"sb3"``, ``"rl-zoo3"`` or ``"tensorboard"``.
        steps: environment steps done.
        steps_asked: planned environment steps; 0 if unknown.
        num_envs: environments that stepped together; 0 if unknown.
        seconds: wall-clock time; None if unknown.
        cpu_seconds: CPU time; None if unknown.
        settings: the agent's.
        environment_settings: the environment's.
        training: mean return of training episodes; None if not recorded.
        rewards: sum of all rewards since the first step; None if not recorded.
        evaluations: evaluation episodes; None if not recorded.
        versions: packages and ``python``, ``platform`` and ``cpu``, by name.
        failure: the error; None if it did not fail.
    """

    folder: str
    environment: str
    agent: str
    seed: int
    status: Status
    path: str = ""
    environment_id: str = ""
    agent_id: str = ""
    source: str = "mdpzoo"
    steps: float = 0
    steps_asked: float = 0
    num_envs: int = 0
    seconds: float | None = None
    cpu_seconds: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment_settings: Mapping[str, Any] = field(default_factory=dict)
    training: Curve | None = None
    rewards: Curve | None = None
    evaluations: Episodes | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    failure: Failure | None = None

    def learning_curve(self, per_step: bool = False) -> Curve | None:
        """Returns the curve of evaluations, or else of training episodes; None if there are neither.

        Args:
            per_step: whether to use the mean reward of a step instead of the return of an episode.
        """
        if self.evaluations is not None and len(self.evaluations.steps):
            return self.evaluations.curve(per_step)
        if per_step and self.rewards is not None and len(self.rewards) > 1:
            return Curve(self.rewards.steps[1:], np.diff(self.rewards.values) / np.diff(self.rewards.steps))
        return None if per_step else self.training

    def score(self, per_step: bool = False) -> float | None:
        """Returns the mean of the last evaluation, or else of the last tenth of training; None if neither exists."""
        curve = None if self.failure is not None else self.learning_curve(per_step)
        if curve is None or not len(curve):
            return None
        if self.evaluations is not None and len(self.evaluations.steps):
            return float(curve.values[-1])
        return float(curve.values[curve.steps >= (1 - LAST_PART) * curve.steps[-1]].mean())


@dataclass(frozen=True)
class Skipped:
    """A pair that a study skipped.

    Attributes:
        environment: its name.
        agent: its name.
        reason: why they do not fit.
    """

    environment: str
    agent: str
    reason: str


UNKNOWN = Truth()


@dataclass(frozen=True, kw_only=True)
class Results:
    """The content of results folders.

    Attributes:
        title: a name for the page.
        runs: by environment, agent and seed.
        truths: by the environment's shown name.
        skipped: pairs that the studies left out.
        missing: folders of a study's runs that have not started.
        notes: files that could not be read, one sentence each.
    """

    title: str
    runs: tuple[RunRecord, ...]
    truths: Mapping[str, Truth] = field(default_factory=dict)
    skipped: tuple[Skipped, ...] = ()
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted({run.environment for run in self.runs}))

    @cached_property
    def agents(self) -> tuple[str, ...]:
        """The names, sorted."""
        return tuple(sorted({run.agent for run in self.runs}))

    @cached_property
    def groups(self) -> Mapping[tuple[str, str], tuple[RunRecord, ...]]:
        """Runs by environment and agent, in the order of their seeds."""
        found: dict[tuple[str, str], list[RunRecord]] = {}
        for run in self.runs:
            found.setdefault((run.environment, run.agent), []).append(run)
        return {key: tuple(sorted(runs, key=lambda run: run.seed)) for key, runs in sorted(found.items())}

    def truth(self, environment: str) -> Truth:
        """Returns the known values of an environment; all fields are None if there are none."""
        return self.truths.get(environment, UNKNOWN)

    def scores(self, environment: str, agent: str) -> dict[int, float]:
        """Returns the scores of runs, finished or not, by seed."""
        per_step = self.truth(environment).per_step
        found = {run.seed: run.score(per_step) for run in self.groups.get((environment, agent), ())}
        return {seed: score for seed, score in found.items() if score is not None}

    def _repr_html_(self) -> str:
        """Returns a table of agents and environments, for notebooks."""
        from mdpzoo.report.figures.number_text import number
        from mdpzoo.report.notebooks import table_html

        scores = {key: list(self.scores(*key).values()) for key in self.groups}
        rows = [(*key, len(each), number(float(np.mean(each)) if each else None)) for key, each in scores.items()]
        return table_html(f"{self.title}: {len(self.runs)} runs", ("environment", "agent", "seeds", "mean score"), rows)
