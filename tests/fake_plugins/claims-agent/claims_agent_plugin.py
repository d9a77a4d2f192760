"""A plugin that claims an agent that the good plugin brings; its environment goes with it."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, EnvironmentSpec


@hookimpl
def mdpzoo_environments():
    return [EnvironmentSpec(id="theirs/Thing-v0", kind="model", rules="nowhere:nothing", summary="theirs")]


@hookimpl
def mdpzoo_agents():
    return [AgentSpec(id="good-majority", build="nowhere:nothing", summary="theirs")]
