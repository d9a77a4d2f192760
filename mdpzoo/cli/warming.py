"""Compiles in advance what is otherwise compiled on first use, and fills the cache of ``mdpzoo show``."""

from collections.abc import Iterator

from mdpzoo import registry
from mdpzoo.cli.kept_settings import kept_rows
from mdpzoo.codes import load
from mdpzoo.compiling.clock import COMPILE_TIME
from mdpzoo.front import make, make_vec

STEPPED = ("model", "problem")  # kinds whose steps are compiled


def warm(everything: bool = False) -> Iterator[tuple[str, float]]:
    """Compiles one family after the other and caches the settings of every environment and agent.

    Args:
        everything: also step every environment with its default settings, alone and in a batch.

    Yields:
        The family's name and the seconds spent compiling it; 0 if everything was on disk.
    """
    for family in registry.families().values():
        before = COMPILE_TIME.seconds
        if family.warm_up is not None:
            load(family.warm_up)()
        yield family.name, COMPILE_TIME.seconds - before
    if everything:
        before = COMPILE_TIME.seconds
        for spec in registry.environments().values():
            if spec.kind in STEPPED:
                _step(spec.id)
        yield "environments", COMPILE_TIME.seconds - before

    for environment in registry.environments().values():
        kept_rows(environment.rules, environment.settings)
    for agent in registry.agents().values():
        kept_rows(agent.build, agent.settings, agent.ranges)


def _step(id: str) -> None:
    """Steps an environment alone and in a batch."""
    env = make(id)
    env.reset(seed=0)
    env.action_space.seed(0)
    env.step(env.action_space.sample())
    env.close()
    envs = make_vec(id, 2)
    envs.reset(seed=0)
    envs.action_space.seed(0)
    envs.step(envs.action_space.sample())
    envs.close()
