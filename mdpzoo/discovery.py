"""Guarded discovery: each plugin is loaded, asked and checked alone, and a broken one never takes the zoo down.

Plugins announce themselves in the entry-point group ``mdpzoo``. ``MDPZOO_PLUGINS=a,b`` loads only those,
``MDPZOO_PLUGINS_BLOCK=x`` leaves those out, ``MDPZOO_PLUGINS_STRICT=1`` raises at the first that fails.
"""

import os
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from types import ModuleType
from typing import Any

import pluggy

from mdpzoo import hookspecs
from mdpzoo.errors import PluginError
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

GROUP = "mdpzoo"
NAMESPACES = "mdpzoo.namespaces"  # a package of this repository declares here that it may use our namespace
RESERVED_NAMESPACE = "mdpzoo"


class PluginWarning(UserWarning):
    """A plugin was left out; ``mdpzoo doctor`` says why."""


@dataclass(frozen=True)
class PluginStatus:
    """The outcome of loading one plugin.

    Attributes:
        name: the entry point's name.
        distribution: the installed distribution that provides it.
        version: of that distribution.
        reason: one sentence on why it was left out; None if it loaded.
    """

    name: str
    distribution: str
    version: str
    reason: str | None = None

    @property
    def ok(self) -> bool:
        """Whether it loaded."""
        return self.reason is None


@dataclass(frozen=True)
class Contribution:
    """The checked contents of one plugin.

    Attributes:
        distribution: the installed distribution that provides it.
        environments: its environments.
        agents: its agents.
        commands: its commands.
        families: its families' names and pages.
    """

    distribution: str
    environments: tuple[EnvironmentSpec, ...]
    agents: tuple[AgentSpec, ...]
    commands: tuple[CommandSpec, ...]
    families: tuple[FamilySpec, ...] = ()


def discover(accept: Callable[[Contribution], None]) -> list[PluginStatus]:
    """Loads every installed plugin and passes its contents to ``accept``.

    Args:
        accept: takes one plugin's contribution, whole or not at all; raises PluginError to refuse it.

    Returns:
        A status for each plugin found, in the order of their names.
    """
    only, block = _names("MDPZOO_PLUGINS"), _names("MDPZOO_PLUGINS_BLOCK") or set()
    manager = pluggy.PluginManager("mdpzoo")
    manager.add_hookspecs(hookspecs)
    installed = entry_points()  # one scan of what is installed serves both groups
    declared = installed.select(group=NAMESPACES)
    trusted = {point.value for point in declared if point.name == RESERVED_NAMESPACE}
    statuses = []
    for point in sorted(installed.select(group=GROUP), key=lambda point: (point.name, point.value)):
        if point.name in block or (only is not None and point.name not in only):
            continue
        statuses.append(_load(manager, point, trusted, accept))
    return statuses


def _load(
    manager: pluggy.PluginManager, point: EntryPoint, trusted: set[str], accept: Callable[[Contribution], None]
) -> PluginStatus:
    metadata = point.dist.metadata if point.dist else {"Name": "unknown", "Version": "unknown"}
    distribution, version = metadata["Name"], metadata["Version"]
    plugin: ModuleType | None = None
    try:
        plugin = point.load()
        if (api := getattr(plugin, "MDPZOO_API", hookspecs.API)) != hookspecs.API:
            raise PluginError(f"it was written for plugin interface {api}, this is {hookspecs.API}")
        manager.register(plugin, name=point.name)
        manager.check_pending()
        accept(_ask(manager, plugin, distribution, point.value.partition(".")[0] in trusted))
    except (Exception, SystemExit) as error:
        if os.environ.get("MDPZOO_PLUGINS_STRICT") == "1":
            raise
        if plugin is not None and manager.is_registered(plugin):
            manager.unregister(plugin)
        reason = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
        sentence = f"plugin {point.name!r} of {distribution} {version} was left out: {reason}"
        warnings.warn(f"{sentence} (mdpzoo doctor says more)", PluginWarning, stacklevel=2)
        return PluginStatus(point.name, distribution, version, " ".join(reason.split()))
    return PluginStatus(point.name, distribution, version)


def _ask(manager: pluggy.PluginManager, plugin: ModuleType, distribution: str, trusted: bool) -> Contribution:
    others = [each for each in manager.get_plugins() if each is not plugin]

    def answers(hook: str, kind: type) -> tuple[Any, ...]:
        found: list[Any] = []
        for answer in manager.subset_hook_caller(hook, others)():
            if not isinstance(answer, Iterable) or isinstance(answer, str | bytes):
                raise PluginError(f"{hook} must return a list of {kind.__name__}, got {answer!r:.80}")
            found += answer
        for each in found:
            if not isinstance(each, kind):
                raise PluginError(f"{hook} must return a list of {kind.__name__}, got one {each!r:.80}")
        return tuple(found)

    contribution = Contribution(
        distribution,
        answers("mdpzoo_environments", EnvironmentSpec),
        answers("mdpzoo_agents", AgentSpec),
        answers("mdpzoo_commands", CommandSpec),
        answers("mdpzoo_families", FamilySpec),
    )
    for spec in contribution.environments:
        if spec.namespace == RESERVED_NAMESPACE and not trusted:
            raise PluginError(f"id {spec.id!r} uses the namespace 'mdpzoo', which is reserved; use your own")
    return contribution


def _names(variable: str) -> set[str] | None:
    value = os.environ.get(variable)
    return None if value is None else {name.strip() for name in value.split(",") if name.strip()}
