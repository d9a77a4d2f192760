"""The hooks that a plugin implements; each returns plain data and imports nothing heavy."""

from collections.abc import Iterable

import pluggy

from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

API = 1  # rises when a plugin must change; a plugin may state the one it was written for as ``MDPZOO_API``

hookspec = pluggy.HookspecMarker("mdpzoo")
hookimpl = pluggy.HookimplMarker("mdpzoo")


@hookspec
def mdpzoo_environments() -> Iterable[EnvironmentSpec]:
    """Returns the environments that the plugin provides."""
    return ()


@hookspec
def mdpzoo_agents() -> Iterable[AgentSpec]:
    """Returns the agents that the plugin provides."""
    return ()


@hookspec
def mdpzoo_commands() -> Iterable[CommandSpec]:
    """Returns the commands that the plugin adds to the command line."""
    return ()


@hookspec
def mdpzoo_families() -> Iterable[FamilySpec]:
    """Returns the plugin's entries in the list of families, with their documentation pages."""
    return ()
