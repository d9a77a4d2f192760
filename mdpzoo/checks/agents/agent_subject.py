"""An agent to be checked, and an environment that it can be checked in."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import mdpzoo
from mdpzoo import registry
from mdpzoo.checks.subject import NotApplicable
from mdpzoo.codes import CODE, load
from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.specs import AgentSpec

ROWS = 2
SEED = 0
Maker = Callable[[], Any]


@dataclass(frozen=True)
class AgentSubject:
    """An agent with settings.

    Attributes:
        id: the agent's.
        settings: its settings, in addition to those that its spec prescribes for checks.
    """

    id: str
    settings: Mapping[str, Any]

    @property
    def title(self) -> str:
        """The name used in reports: the agent's id and settings."""
        return " ".join([self.id, *(f"{name}={value}" for name, value in self.settings.items())])

    @property
    def spec(self) -> AgentSpec:
        """The agent's spec, from its plugin."""
        return registry.agent(self.id)

    @property
    def of_games(self) -> bool:
        """Whether it learns from all players of a game."""
        return self.spec.learns_from == "game"

    def env(self) -> Any:
        """Makes an environment that fits the agent: SB3's, with as many rows as it supports, or a parallel game.

        Raises:
            NotApplicable: if no installed environment fits it.
        """
        return _place(self.id, json.dumps(dict(self.settings)))()

    def make(self, env: Any, seed: int = SEED) -> Any:
        """Makes the agent.

        Raises:
            NotApplicable: if it needs a package that is not installed.
            SettingError: if it does not take the environment, or has no such setting.
        """
        try:
            return mdpzoo.make_agent(self.id, env, seed=seed, **{**self.spec.trial.settings, **self.settings})
        except MissingExtraError as error:
            raise NotApplicable(str(error)) from error

    def try_settings(self) -> None:
        """Makes the agent once.

        Raises:
            SettingError: if it cannot be made with its settings.
        """
        for _, maker in candidates(self.spec):
            self.make(maker())
            return


def candidates(spec: AgentSpec) -> Iterator[tuple[str, Maker]]:
    """Yields names and makers of environments that an agent may fit: first with several rows, then with one.

    The environment that its spec names; otherwise its own plugin's, then small ones of the kit, then all others.
    """
    if spec.learns_from == "game":
        yield from ((id, lambda id=id, more=more: mdpzoo.make_parallel(id, **more)) for id, more in _ids(spec))
        return
    wanted, home = _ids(spec), registry.owner(spec.id)
    own = [each for each in wanted if spec.trial.environment or registry.owner(each[0]) == home]
    for rows in (ROWS, 1):
        yield from ((id, _maker(id, rows, more)) for id, more in own)
        if not spec.trial.environment:
            from mdpzoo.checks.agents.toys import LIMIT, TOYS

            yield from ((toy.__name__, _maker(toy(), rows, {"max_episode_steps": LIMIT})) for toy in TOYS)
        yield from ((id, _maker(id, rows, more)) for id, more in wanted if (id, more) not in own)


def _ids(spec: AgentSpec) -> list[tuple[str, Mapping[str, Any]]]:
    """Returns ids and settings: the spec's own, or all of its kind with their first variants, which are small."""
    if spec.trial.environment is not None:
        return [(spec.trial.environment, spec.trial.environment_settings)]
    is_of_games = spec.learns_from == "game"
    wanted = [each for each in registry.environments().values() if each.several_players == is_of_games]
    return [(each.id, next(iter(each.variants), {})) for each in wanted]


def _maker(rules: Any, rows: int, settings: Mapping[str, Any]) -> Maker:
    if isinstance(rules, str) and CODE.fullmatch(rules):
        return lambda: load(rules)(**settings)
    return lambda: mdpzoo.make_sb3(rules, rows, **settings)


@lru_cache(maxsize=64)
def _place(id: str, settings: str) -> Maker:
    agent = AgentSubject(id, json.loads(settings))
    reasons = []
    for name, maker in candidates(agent.spec):
        try:
            agent.make(maker())
        except (SettingError, ImportError) as error:
            reasons.append(f"{name}: {error}")
            continue
        return maker
    raise NotApplicable(f"no installed environment fits it; {reasons[0] if reasons else 'there is none'}"[:300])
