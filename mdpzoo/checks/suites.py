"""Subjects of the kit by name, and the checks of each."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Protocol

import gymnasium

from mdpzoo import registry
from mdpzoo.checks.agents.agent_subject import AgentSubject
from mdpzoo.checks.foreign import foreign_subject
from mdpzoo.checks.plugins import PluginSubject
from mdpzoo.checks.subject import Subject
from mdpzoo.errors import SettingError, unknown

Check = tuple[str, Callable[[], None]]


class Checked(Protocol):
    """An environment, an agent or a plugin that has checks."""

    @property
    def title(self) -> str:
        """The name used in reports."""

    def try_settings(self) -> None:
        """Makes it once, so that wrong settings are reported as such; all else is left to the checks.

        Raises:
            SettingError: if it cannot be made with its settings.
        """


def subjects(name: str, **settings: Any) -> list[Checked]:
    """Finds the subjects that a name denotes.

    Args:
        name: a plugin's distribution, an environment's id, an agent's id, a plugin's entry point, or anything that
            Gymnasium or PettingZoo can make; the first match counts.
        **settings: the environment's or the agent's.

    Returns:
        One environment or agent; or a plugin followed by its environments, with their variants, and its agents.

    Raises:
        UnknownNameError: if there is no match; names the nearest.
        SettingError: if a plugin is given settings.
    """
    plugins = {status.distribution: status for status in registry.plugins()}
    entries = {status.name: status for status in registry.plugins()}
    if name in plugins or (name in entries and name not in registry.agents()):
        if settings:
            raise SettingError(f"{name!r} is a plugin and takes no settings; name one of its environments")
        return _of_plugin(plugins.get(name) or entries[name])
    if name in registry.environments():
        return [Subject(name, settings, registry.environment(name))]
    if name in registry.agents():
        return [AgentSubject(name, settings)]
    if (foreign := foreign_subject(name, settings)) is not None:
        return [foreign]
    known = {*plugins, *entries, *registry.environments(), *registry.agents(), *gymnasium.registry}
    if not registry.plugins():
        raise registry.unknown_name("environment", name, known)
    raise unknown("plugin, environment or agent", name, known, "mdpzoo list plugins")


def everything() -> list[Checked]:
    """Returns every installed plugin, each followed by its environments, with their variants, and its agents."""
    return [each for status in registry.plugins() for each in _of_plugin(status)]


def suite(subject: Checked) -> Iterator[Check]:
    """Yields a subject's checks: names, and functions without arguments."""
    for name, function in _functions(subject).items():
        yield name, partial(function, subject)


def _of_plugin(status: registry.PluginStatus) -> list[Checked]:
    own = [id for id in registry.environments() if registry.owner(id) == status.distribution]
    found: list[Checked] = [PluginSubject(status)]
    for spec in map(registry.environment, own):
        found += [Subject(spec.id, dict(settings), spec) for settings in ({}, *spec.variants)]
    return found + [AgentSubject(id, {}) for id in registry.agents() if registry.owner(id) == status.distribution]


def _functions(subject: Any) -> dict[str, Callable[[Any], None]]:
    if isinstance(subject, PluginSubject):
        from mdpzoo.checks import plugins

        return plugins.CHECKS
    if isinstance(subject, AgentSubject):
        from mdpzoo.checks.agents import learning, predictions, saving

        return predictions.CHECKS | learning.CHECKS | saving.CHECKS
    from mdpzoo.checks.environments import purity

    if subject.several_players:
        from mdpzoo.checks.games import seats, together, turns

        return together.CHECKS | turns.CHECKS | seats.CHECKS | purity.CHECKS
    from mdpzoo.checks.environments import faces, hidden, instances, processes, upstream, walks

    single = upstream.CHECKS | processes.CHECKS | walks.CHECKS | instances.CHECKS
    return single | purity.CHECKS | faces.CHECKS | hidden.CHECKS
