"""The registry: specs by id, also written to Gymnasium's and PettingZoo's own registries."""

import contextlib
import sys
from collections.abc import Iterable, Mapping
from types import MappingProxyType

import gymnasium
import pettingzoo

from mdpzoo.discovery import Contribution, PluginStatus, discover
from mdpzoo.errors import PluginError, UnknownNameError, unknown
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

_environments: dict[str, EnvironmentSpec] = {}
_agents: dict[str, AgentSpec] = {}
_commands: dict[str, CommandSpec] = {}
_families: dict[str, FamilySpec] = {}
_owners: dict[str, str] = {}  # distribution by id, whatever the id names
_statuses: list[PluginStatus] = []

NO_PLUGIN = "no plugin is installed; type: pip install 'mdpzoo[recommended]'"
HOST_COMMANDS = frozenset(
    {
        *("list", "show", "doctor", "train", "evaluate", "record", "check", "new", "warm-up"),
        *("bench", "watch", "tune", "report", "compare"),
    }
)


def environments() -> Mapping[str, EnvironmentSpec]:
    """Returns every environment by its id, sorted."""
    return MappingProxyType(dict(sorted(_environments.items())))


def agents() -> Mapping[str, AgentSpec]:
    """Returns every agent by its id, sorted."""
    return MappingProxyType(dict(sorted(_agents.items())))


def commands() -> Mapping[str, CommandSpec]:
    """Returns every command that plugins add, by its name, sorted."""
    return MappingProxyType(dict(sorted(_commands.items())))


def families() -> Mapping[str, FamilySpec]:
    """Returns every family by its name, sorted."""
    return MappingProxyType(dict(sorted(_families.items())))


def plugins() -> tuple[PluginStatus, ...]:
    """Returns the outcome of loading each installed plugin."""
    return tuple(_statuses)


def owner(name: str) -> str:
    """Returns the distribution that provides the environment, agent or command of this id (or ``"family <name>"``)."""
    return _owners[name]


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UnknownNameError:
    """Builds the error for an id that is not registered; it names the nearest, or what to install."""
    if not plugins():
        return UnknownNameError(f"unknown {kind} {name!r}: {NO_PLUGIN}")
    return unknown(kind, name, known, f"mdpzoo list {kind}s")


def environment(name: str) -> EnvironmentSpec:
    """Returns the environment of this id.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in _environments:
        raise unknown_name("environment", name, _environments)
    return _environments[name]


def named_by(rules: str) -> str:
    """Returns the name of these rules in messages, as in ``"environment 'mdpzoo/TSP-v0'"``; empty if there is none."""
    ids = [id for id, spec in _environments.items() if spec.rules == rules]
    return f"environment {ids[0]!r}" if len(ids) == 1 else ""


def agent(name: str) -> AgentSpec:
    """Returns the agent of this id.

    Raises:
        UnknownNameError: there is none; the message names the nearest.
    """
    if name not in _agents:
        raise unknown_name("agent", name, _agents)
    return _agents[name]


def load_plugins() -> None:
    """Finds every installed plugin and registers its contents; called once, by ``import mdpzoo``."""
    if not _statuses:
        with contextlib.redirect_stdout(sys.stderr):  # the output of plugins must not mix with answers
            _statuses.extend(discover(_accept))


def _accept(contribution: Contribution) -> None:
    names = [spec.id for spec in contribution.environments] + [spec.id for spec in contribution.agents]
    names += [command.name for command in contribution.commands]
    names += [f"family {family.name}" for family in contribution.families]
    _refuse_taken(names, contribution.distribution)
    for spec in contribution.environments:
        _register(spec)
        _environments[spec.id] = spec
    _agents.update((spec.id, spec) for spec in contribution.agents)
    _commands.update((command.name, command) for command in contribution.commands)
    _families.update((family.name, family) for family in contribution.families)
    _owners.update((name, contribution.distribution) for name in names)


def _refuse_taken(names: Iterable[str], distribution: str) -> None:
    foreign = gymnasium.registry.keys() | pettingzoo.aec_registry.keys() | pettingzoo.parallel_registry.keys()
    seen: set[str] = set()
    for name in names:
        if name in _owners or name in seen:
            raise PluginError(f"id {name!r} is already taken by {_owners.get(name, distribution)}")
        if name in HOST_COMMANDS:
            raise PluginError(f"command {name!r} is already taken by mdpzoo")
        if name in foreign:
            raise PluginError(f"id {name!r} is already registered with Gymnasium or PettingZoo")
        seen.add(name)


def _register(spec: EnvironmentSpec) -> None:
    """Registers an environment with Gymnasium or PettingZoo, by strings only: nothing is imported."""
    kwargs = {"rules": spec.rules, **spec.settings}
    own = "simulator_" if spec.kind == "environment" else ""
    if spec.several_players:
        for face in ("parallel", "aec"):
            entry_point = f"mdpzoo.interop.pettingzoo:{own}{face}_env"
            pettingzoo.register(face, spec.id, entry_point, max_cycles=spec.max_episode_steps, kwargs=kwargs)
        return
    if own:
        vector = None if spec.vector is None else "mdpzoo.interop.vector:simulator_vector_env"
        more = {} if spec.vector is None else {"vector": spec.vector}
        entry_point = "mdpzoo.interop.gymnasium:simulator_env"
    else:
        vector, more = "mdpzoo.interop.vector:vector_env", {}
        entry_point = f"mdpzoo.interop.gymnasium:{spec.kind}_env"
    gymnasium.register(
        spec.id,
        entry_point=entry_point,
        vector_entry_point=vector,
        max_episode_steps=spec.max_episode_steps,
        kwargs=kwargs | more,
    )
