"""Environments that can be restored to an earlier state, by a copy or by replaying the same actions.

A simulator acts on its current state. A snapshot can be restored any number of times, but after ``snapshot`` the
simulator must not act before the next ``restore`` or ``reset``, because the snapshot may be the environment itself.
"""

import copy
from collections.abc import Callable, Hashable
from typing import Any, Protocol

import gymnasium
import numpy as np


class Simulator(Protocol):
    """An environment that the search can restore."""

    num_actions: int

    def reset(self) -> Hashable:
        """Starts the same episode each time and returns its first state."""

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        """Returns the next state, the reward, and whether the episode ends."""

    def legal(self) -> np.ndarray | None:
        """Returns the legal actions of the current state, ``[A]`` bool; None: all."""

    def snapshot(self) -> Any:
        """Returns the current state for ``restore``."""

    def restore(self, snapshot: Any) -> None:
        """Returns to the state of a snapshot."""

    def generator(self) -> np.random.Generator | None:
        """Returns the environment's random generator, or None if it has no NumPy generator."""

    def reseed(self, seed: int) -> None:
        """Replaces the random generator."""


def hashable(observation: Any) -> Hashable:
    """Converts an observation to a hashable value."""
    if isinstance(observation, dict):
        return tuple((key, hashable(value)) for key, value in sorted(observation.items()))
    if isinstance(observation, tuple | list):
        return tuple(hashable(each) for each in observation)
    if isinstance(observation, np.ndarray):
        return (observation.shape, observation.dtype.str, observation.tobytes())
    return observation.item() if isinstance(observation, np.generic) else observation


class _Stepped:
    """An environment that is reset with one seed; base of both simulators."""

    def __init__(self, env: gymnasium.Env[Any, Any], seed: int, key: Callable[[Any], Hashable] | None) -> None:
        """Wraps an environment.

        Args:
            env: an environment with Discrete actions; the simulator owns it from now on.
            seed: seed of every reset.
            key: computes the state from ``env.unwrapped``; None: the observation is the state.
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

    def legal(self) -> np.ndarray | None:
        masks = getattr(self.env.unwrapped, "action_masks", None)
        return None if masks is None else np.asarray(masks(), bool)

    def generator(self) -> np.random.Generator | None:
        return getattr(self.env.unwrapped, "_np_random", None)

    def reseed(self, seed: int) -> None:
        self.env.unwrapped.np_random = np.random.default_rng(seed)

    def _name(self, observation: Any) -> Hashable:
        return hashable(observation) if self._key is None else self._key(self.env.unwrapped)


class Copied(_Stepped):
    """Restores states by copying the environment."""

    def snapshot(self) -> Any:
        """Returns the environment itself; ``restore`` replaces it by a copy."""
        return self.env

    def restore(self, snapshot: Any) -> None:
        """Continues with a copy of a snapshot."""
        self.env = copy.deepcopy(snapshot)


class Replayed(_Stepped):
    """Restores states by replaying their actions; for environments that cannot be copied. Costs O(depth) a step."""

    def reset(self) -> Hashable:
        """Starts the episode over."""
        self._played: tuple[int, ...] = ()
        return super().reset()

    def act(self, action: int) -> tuple[Hashable, float, bool]:
        """Acts and records the action."""
        self._played += (action,)
        return super().act(action)

    def snapshot(self) -> Any:
        """Returns the actions since the start."""
        return self._played

    def restore(self, snapshot: Any) -> None:
        """Replays the actions of a snapshot."""
        self.reset()
        for action in snapshot:
            self.act(action)


def simulator_of(env: gymnasium.Env[Any, Any], seed: int, key: Callable[[Any], Hashable] | None) -> Simulator:
    """Builds a simulator that copies the environment if possible, and otherwise replays its actions."""
    env.reset(seed=seed)
    try:
        copy.deepcopy(env)
    except Exception:  # objects that cannot be copied raise errors of any type
        return Replayed(env, seed, key)
    return Copied(env, seed, key)
