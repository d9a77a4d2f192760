"""Environments that can be put back where they were: by a copy, or by playing the same actions again.

A simulator acts on its current state. What ``snapshot`` returns is handed over: it may be restored any number of times,
but nothing may act after ``snapshot`` before the next ``restore`` or ``reset``.
"""

import copy
from collections.abc import Callable, Hashable
from typing import Any, Protocol

import gymnasium
import numpy as np


class Simulator(Protocol):
    """What the search asks of an environment."""

    num_actions: int

    def reset(self) -> Hashable:
        """Starts an episode, always the same; returns the state's name."""

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        """The next state's name, the reward, and whether the episode ends."""

    def snapshot(self) -> Any:
        """The current state."""

    def restore(self, snapshot: Any) -> None:
        """Goes back."""

    def generator(self) -> np.random.Generator | None:
        """The environment's random source as it is now; None: it has none of Gymnasium's kind."""

    def reseed(self, seed: int) -> None:
        """Gives the environment another random source."""


def name_of(observation: Any) -> Hashable:
    """An observation as something that can be looked up."""
    if isinstance(observation, dict):
        return tuple((key, name_of(value)) for key, value in sorted(observation.items()))
    if isinstance(observation, tuple | list):
        return tuple(name_of(each) for each in observation)
    if isinstance(observation, np.ndarray):
        return (observation.shape, observation.dtype.str, observation.tobytes())
    return observation.item() if isinstance(observation, np.generic) else observation


class _Stepped:
    """What the two kinds share: an environment reset by one seed."""

    def __init__(self, env: gymnasium.Env[Any, Any], seed: int, key: Callable[[Any], Hashable] | None) -> None:
        """Takes an environment over.

        Args:
            env: with Discrete actions.
            seed: of its only start.
            key: names the state of ``env.unwrapped``; None: the observation does.
        """
        space: Any = env.action_space
        self.env, self._seed, self._key = env, seed, key
        self.num_actions, self._lowest = int(space.n), int(space.start)

    def reset(self) -> Hashable:
        observation, _ = self.env.reset(seed=self._seed)
        return self._name(observation)

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        observation, reward, ends, _, _ = self.env.step(self._lowest + action)
        return self._name(observation), float(reward), bool(ends)

    def generator(self) -> np.random.Generator | None:
        return getattr(self.env.unwrapped, "_np_random", None)

    def reseed(self, seed: int) -> None:
        self.env.unwrapped.np_random = np.random.default_rng(seed)

    def _name(self, observation: Any) -> Hashable:
        return name_of(observation) if self._key is None else self._key(self.env.unwrapped)


class Copied(_Stepped):
    """Goes back to a copy of the environment."""

    def snapshot(self) -> Any:
        """The environment itself; ``restore`` puts a copy in its place."""
        return self.env

    def restore(self, snapshot: Any) -> None:
        """Copies a snapshot."""
        self.env = copy.deepcopy(snapshot)


class Replayed(_Stepped):
    """Goes back by playing the same actions again; for environments that cannot be copied. Costs O(depth) a step."""

    def reset(self) -> Hashable:
        """Starts over."""
        self._played: tuple[int, ...] = ()
        return super().reset()

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        """Acts and remembers it."""
        self._played += (action,)
        return super().act(action)

    def snapshot(self) -> Any:
        """The actions since the start."""
        return self._played

    def restore(self, snapshot: Any) -> None:
        """Plays them."""
        self.reset()
        for action in snapshot:
            self.act(action)


def simulator_of(env: gymnasium.Env[Any, Any], seed: int, key: Callable[[Any], Hashable] | None) -> Simulator:
    """Copies an environment where it can be copied, and plays its actions again where it cannot."""
    env.reset(seed=seed)
    try:
        copy.deepcopy(env)
    except Exception:  # whatever an object says that cannot be copied
        return Replayed(env, seed, key)
    return Copied(env, seed, key)
