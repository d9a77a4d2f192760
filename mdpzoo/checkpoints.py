"""What an agent that ``make_agent`` has built says of itself: its id, its settings and its environment, JSON only.

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
    """How a game was made; PettingZoo, unlike Gymnasium, does not note it on its environments.

    Attributes:
        id: what was given to ``make_parallel``.
        kwargs: its settings.
        max_episode_steps: None: the time limit is one of the settings, ``max_cycles``.
    """

    id: str
    kwargs: Mapping[str, Any]
    max_episode_steps: int | None = None


def tag(agent: Any, id: str, settings: Mapping[str, Any], env: Any) -> Any:
    """Notes on an agent what it was made from, where JSON can hold it, and returns the agent."""
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
    """What makes an environment again: its id and settings; None where it does not say."""
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
    """The environments inside SB3's or Gymnasium's containers of single ones."""
    inner = getattr(env, "envs", None)
    return list(inner[:1]) if isinstance(inner, list | tuple) else []
