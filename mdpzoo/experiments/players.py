"""Agents that are ready to play: saved, shipped with weights, or with nothing to learn."""

from pathlib import Path
from typing import Any

from mdpzoo import registry
from mdpzoo.errors import CheckpointError
from mdpzoo.front import make_agent
from mdpzoo.loading import read


def ready_agent(name: str | Path, envs: Any, seed: int = 0) -> Any:
    """Returns an agent that plays in environments.

    Args:
        name: a run's folder, a saved agent's file, or the id of an agent that is pretrained or has nothing to learn (a
            heuristic, a solver, ``random``).
        envs: SB3's ``VecEnv``.
        seed: of an agent that has nothing to learn.

    Raises:
        CheckpointError: if the agent cannot be used, or must be trained first.
        UnknownNameError: if there is no such agent.
    """
    spec = registry.agents().get(str(name))
    if spec is None or spec.load is not None or Path(name).exists():
        return read(name, envs)
    from mdpzoo.interop.fixed import FixedAgent

    agent = make_agent(spec.id, envs, seed=seed)
    if not isinstance(agent, FixedAgent):
        raise CheckpointError(
            f"agent {spec.id!r} must learn first: mdpzoo train {spec.id} ENVIRONMENT --steps N --out FOLDER, "
            "then give the folder"
        )
    return agent
