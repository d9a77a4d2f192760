"""The runs of a study: every pair of an environment and an agent that fit by the agent's declared spaces."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gymnasium

from mdpzoo import registry
from mdpzoo.errors import MdpzooError, SettingError
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.studies.study_file import Entry, Study
from mdpzoo.fitting import check_fit
from mdpzoo.front import make_any

NUM_ENVS = 8  # environments that step together, where neither study nor agent says otherwise


@dataclass(frozen=True)
class PlannedRun:
    """A run and where it is kept.

    Attributes:
        run: its specification.
        folder: within the study's, with slashes.
        environment: its entry.
        agent: its entry.
    """

    run: Run
    folder: str
    environment: Entry
    agent: Entry

    def as_json(self) -> dict[str, Any]:
        """Returns the run's entry in ``study.json``."""
        names = {"environment_name": self.environment.name, "agent_name": self.agent.name}
        return {"folder": self.folder, **self.run.as_json(), **names}


@dataclass(frozen=True)
class Skipped:
    """A pair that does not fit.

    Attributes:
        environment: its label.
        agent: its label.
        reason: one sentence.
    """

    environment: str
    agent: str
    reason: str


@dataclass(frozen=True)
class Plan:
    """The runs of a study, environment by environment.

    Attributes:
        study: the content of the study file.
        runs: all of them.
        skipped: the pairs that do not fit.
    """

    study: Study
    runs: tuple[PlannedRun, ...]
    skipped: tuple[Skipped, ...]


def plan(study: Study) -> Plan:
    """Plans a study: makes each environment once and checks which agents fit it.

    Raises:
        UnknownNameError: there is no such agent or environment.
        SettingError: an environment rejects its settings, or no pair fits.
    """
    specs = {agent.label: registry.agent(agent.id) for agent in study.agents}
    runs: list[PlannedRun] = []
    skipped: list[Skipped] = []
    for environment in study.environments:
        env = _made(environment)
        for agent in study.agents:
            try:
                check_fit(specs[agent.label], env)
            except SettingError as error:
                skipped.append(Skipped(environment.label, agent.label, str(error)))
                continue
            runs += _runs(study, environment, agent, specs[agent.label].max_envs)
        env.close()
    if not runs:
        raise SettingError(f"no agent of the study fits any of its environments: {skipped[0].reason}")
    return Plan(study, tuple(runs), tuple(skipped))


def _runs(study: Study, environment: Entry, agent: Entry, most: int | None) -> Iterator[PlannedRun]:
    together = agent.num_envs or min(study.num_envs or NUM_ENVS, most or 2**20)
    for seed in study.seeds:
        run = Run(
            agent=agent.id,
            environment=environment.id,
            steps=study.steps,
            seed=seed,
            num_envs=together,
            settings=agent.settings,
            environment_settings=environment.settings,
            evaluation_episodes=study.evaluation_episodes,
            evaluate_every=study.evaluate_every,
        )
        yield PlannedRun(run, f"{environment.label}/{agent.label}/seed-{seed}", environment, agent)


def _made(entry: Entry) -> Any:
    """Makes the environment of an entry once."""
    try:
        if "rules" in entry.settings:
            raise SettingError(f"'rules' is no setting of environment {entry.id!r}")
        return make_any(entry.id, **entry.settings)
    except MdpzooError:
        raise
    except (TypeError, ValueError, MemoryError, ImportError, gymnasium.error.Error) as error:
        raise SettingError(f"environment {entry.id!r} cannot be made: {' '.join(str(error).split()):.200}") from error
