"""Episodes of random legal actions, for pictures."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import mdpzoo

Act = Callable[[Any], Any]


def episode(
    id: str, steps: int, seed: int = 0, render_mode: str | None = None, act: Act | None = None
) -> Iterator[tuple[Any, Any]]:
    """Yields the environment and what its first player observes, after the reset and after each step.

    Args:
        id: of an environment or a game.
        steps: at most so many observations.
        seed: of the environment; players draw from this seed on.
        render_mode: the environment's.
        act: chooses an action for an observation, of single environments only; None: uniform among the legal ones.
    """
    shown = {} if render_mode is None else {"render_mode": render_mode}
    if mdpzoo.environments()[id].several_players:
        return _game(mdpzoo.make_parallel(id, **shown), steps, seed)
    return _single(mdpzoo.make(id, **shown), steps, seed, act)


def _single(env: Any, steps: int, seed: int, act: Act | None) -> Iterator[tuple[Any, Any]]:
    env.action_space.seed(seed)
    observation = env.reset(seed=seed)[0]
    for _ in range(steps - 1):
        yield env, observation
        observation, _, terminated, truncated, _ = env.step(act(observation) if act else env.action_space.sample())
        if terminated or truncated:
            break
    yield env, observation


def _game(game: Any, steps: int, seed: int) -> Iterator[tuple[Any, Any]]:
    first = game.possible_agents[0]
    observations = game.reset(seed=seed)[0]
    for place, each in enumerate(game.possible_agents):
        game.action_space(each).seed(seed + place)
    for _ in range(steps):
        if first in observations:
            yield game, observations[first]
        if not game.agents:
            return
        actions = {each: game.action_space(each).sample(_mask(observations[each])) for each in game.agents}
        observations = game.step(actions)[0]


def _mask(observation: Any) -> Any:
    mask = observation.get("action_mask") if isinstance(observation, dict) else None
    return None if mask is None else np.asarray(mask, np.int8)
