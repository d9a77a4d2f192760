"""A plugin that keeps every rule: an environment, a game, an agent without torch, and a command."""

from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec


@hookimpl
def mdpzoo_environments():
    return [
        EnvironmentSpec(
            id="good/Corridor-v0",
            kind="model",
            rules="good_rules:corridor",
            summary="walk to the end of a corridor [of rooms]",
            settings={"length": 5},
            max_episode_steps=20,
        ),
        EnvironmentSpec(
            id="good/Pennies-v0",
            kind="game",
            rules="good_rules:Pennies",
            summary="matching pennies",
            max_episode_steps=3,
        ),
    ]


@hookimpl
def mdpzoo_agents():
    return [
        AgentSpec(
            id="good-majority",
            build="good_rules:Majority",
            summary="plays what has paid most often",
            observations=("Discrete",),
            actions=("Discrete",),
        )
    ]


@hookimpl
def mdpzoo_commands():
    return [
        CommandSpec(name="good-greet", function="good_rules:greet", summary="Greet. Example: mdpzoo good-greet Ada")
    ]
