"""The questions that MDPZoo asks of a plugin; every answer is data, none imports anything heavy."""

from collections.abc import Iterable

import pluggy

from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec

API = 1  # rises when a plugin must change; a plugin may state the one it was written for as ``MDPZOO_API``

hookspec = pluggy.HookspecMarker("mdpzoo")
hookimpl = pluggy.HookimplMarker("mdpzoo")


@hookspec
def mdpzoo_environments() -> Iterable[EnvironmentSpec]:
    """Which environments do you bring?"""
    return ()


@hookspec
def mdpzoo_agents() -> Iterable[AgentSpec]:
    """Which agents do you bring?"""
    return ()


@hookspec
def mdpzoo_commands() -> Iterable[CommandSpec]:
    """Which commands do you add to the command line?"""
    return ()


@hookspec
def mdpzoo_families() -> Iterable[FamilySpec]:
    """What are you called where families are listed, and which documentation pages do you bring?"""
    return ()
