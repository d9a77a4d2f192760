"""Finds the known values of an environment: from its family's hook, or by solving a finite model."""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mdpzoo import registry
from mdpzoo.codes import load
from mdpzoo.experiments.run import write_json
from mdpzoo.experiments.truths.record import Truth
from mdpzoo.front import make_any
from mdpzoo.interop.finite_agents import table_behind, time_limit
from mdpzoo.planning.tasks import solve_task


@dataclass(frozen=True)
class Question:
    """A request for the known values of an environment.

    Attributes:
        environment: its id.
        settings: its settings.
        seeds: of the evaluations, one for each run's seed.
        episodes: of an evaluation.
        steps: of a run.
    """

    environment: str
    settings: Mapping[str, Any]
    seeds: Sequence[int]
    episodes: int
    steps: int


def find_truth(question: Question) -> Truth | None:
    """Returns the known values of an environment; None if nothing is known.

    Raises:
        MdpzooError: it cannot be computed; says why.
    """
    spec = registry.environments().get(question.environment)
    env = make_any(question.environment, **question.settings)
    limit = getattr(env, "max_cycles", None) or time_limit(env)  # of a game, or of one decision maker
    if spec is not None and spec.truth is not None:
        function = load(spec.truth)
        told: dict[str, Any] = {"environment": spec.id, "rules": spec.rules, "max_episode_steps": limit}
        told |= {"seeds": list(question.seeds), "episodes": question.episodes, "steps": question.steps}
        known = inspect.signature(function).parameters
        settings = {name: value for name, value in {**spec.settings, **question.settings}.items() if name not in told}
        found = function(**settings, **{name: value for name, value in told.items() if name in known})
    else:
        model = table_behind(env)
        found = None if model is None else _solved(model, limit)
    env.close()
    return None if found is None else found.of(question.environment, question.settings)


def write_truth(question: Question, path: Path) -> None:
    """Writes the known values of an environment to a file, unless it exists; no file if nothing is known."""
    if path.is_file():
        return
    found = find_truth(question)
    if found is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, found.as_json())


def _solved(model: Any, limit: int | None) -> Truth:
    task = solve_task(model, limit)
    how = "average reward" if task.criterion == "average" else "backward induction"
    return Truth(
        criterion=task.criterion,
        optimum=task.optimum,
        random=task.random,
        low=task.worst,
        high=task.optimum,
        gain=task.gain,
        source=f"the model of {model.num_states} states is solved by mdpzoo.planning ({how}; Puterman 1994)",
    )
