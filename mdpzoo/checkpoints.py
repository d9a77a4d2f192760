"""The description of an agent built by ``make_agent``: its id, its settings and its environment, JSON only.

SB3's own ``save`` writes this tag into the zip's JSON part; ``mdpzoo.loading`` builds the agent anew from it.
"""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import gymnasium

# of an environment's spec, what is no setting of its own; a file that names any of it is refused
HIDDEN = {
    "rules",
    "vector",
    "vectorization_mode",
    "num_envs",
    "autoreset_mode",
    "statistics",
    "output",
    "device",
    "render_mode",
}


class Origin(NamedTuple):
    """The id and arguments that a game was made with; PettingZoo, unlike Gymnasium, does not record them.

    Attributes:
        id: the id passed to ``make_parallel``.
        kwargs: its settings.
        max_episode_steps: None: the time limit is one of the settings, ``max_cycles``.
    """

    id: str
    kwargs: Mapping[str, Any]
    max_episode_steps: int | None = None


def tag(agent: Any, id: str, settings: Mapping[str, Any], env: Any) -> Any:
    """Attaches an agent's description to it, if it can be written as JSON, and returns the agent."""
    note: dict[str, Any] = {"agent": id}
    for name, value in (("settings", dict(settings)), ("environment", describe(env))):
        try:
            json.dumps(value)
        except (TypeError, ValueError):
            continue
        note[name] = value
    agent.mdpzoo = note
    return agent


def describe(env: Any) -> dict[str, Any] | None:
    """Returns the id and settings that recreate an environment; None if it does not record them."""
    for holder in (env, getattr(env, "envs", None), *_rows(env)):
        spec = getattr(holder, "spec", None)
        if spec is not None:
            settings = {name: value for name, value in spec.kwargs.items() if name not in HIDDEN}
            registered = gymnasium.registry.get(spec.id)
            if registered is not None and registered.max_episode_steps != spec.max_episode_steps:
                settings["max_episode_steps"] = spec.max_episode_steps
            return {"id": spec.id, "settings": settings}
    return None


def _rows(env: Any) -> list[Any]:
    """Returns the single environments inside a vector environment of SB3 or Gymnasium."""
    inner = getattr(env, "envs", None)
    return list(inner[:1]) if isinstance(inner, list | tuple) else []
