"""Frozen players of a game whose learners also observe a temperature, and players that do nothing.

A learner observes z = (ln b - ln b_last) / (ln b_first - ln b_last) besides the game's observation, for the temperature
b of the episode: 1 at the start of a curriculum and 0 at its end, whatever the units of the rewards.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium.spaces import Box

LOW, HIGH = -8.0, 8.0  # of z, far beyond what is drawn


@dataclass(frozen=True)
class TemperatureScale:
    """The encoding of a temperature as an input of a network.

    Attributes:
        first: the temperature that is encoded as 1.
        last: the temperature that is encoded as 0; positive, below ``first``.
    """

    first: float
    last: float

    def show(self, temperature: float) -> float:
        """Returns z, clipped to ``[LOW, HIGH]``."""
        z = (math.log(max(temperature, 1e-300)) - math.log(self.last)) / self._span
        return min(max(z, LOW), HIGH)

    def read(self, z: Any) -> Any:
        """Returns the temperatures of a tensor of z."""
        return (z * self._span + math.log(self.last)).exp()

    @property
    def _span(self) -> float:
        return max(math.log(self.first) - math.log(self.last), 1e-9)

    @staticmethod
    def extend(space: Box) -> Box:
        """Returns an observation space with one coordinate more, for z."""
        low, high = np.append(space.low.ravel(), LOW), np.append(space.high.ravel(), HIGH)
        return Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)


class ConditionedPolicy:
    """A frozen policy that observes a temperature besides the observation; a ``FrozenPolicy`` with SB3's ``predict``.

    Attributes:
        network: a frozen policy of the extended observation.
        z: the encoded temperature; None: the observation alone.
        share: of the action's range that is used, in [0, 1].
        draws: numbers that one decision takes.
    """

    def __init__(self, network: Any, shape: tuple[int, ...], z: float | None = None, seed: int | None = None) -> None:
        """Takes a network, the shape of the game's observation, the encoded temperature, and a seed for ``predict``."""
        self.network, self.z, self.share = network, z, 1.0
        self.draws = network.draws
        self._shape, self._generator = shape, np.random.default_rng(seed)

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns ``[B, ...]`` actions, arrays or tensors as the observations ``[B, ...]`` are."""
        actions = self.network.act(self._extended(observations), numbers, masks)
        return actions if self.share == 1.0 else actions.clip(-self.share, self.share)

    def to(self, device: Any) -> "ConditionedPolicy":
        """Returns the same policy for tensors on a device."""
        moved = ConditionedPolicy(self.network.to(device), self._shape, self.z)
        moved.share = self.share
        return moved

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Returns actions for one observation or for many, in SB3's form."""
        seen = np.asarray(observation)
        alone = seen.shape == self._shape
        batch = seen[None] if alone else seen
        if deterministic and self.draws:
            actions, _ = self.network.predict(self._extended(batch), deterministic=True)
        else:
            actions = self.network.act(self._extended(batch), self._generator.random((len(batch), self.draws)))
        actions = np.clip(actions, -self.share, self.share) if self.share < 1.0 else actions
        return (actions[0] if alone else actions), state

    def _extended(self, observations: Any) -> Any:
        if self.z is None:
            return observations
        flat = observations.reshape(len(observations), -1)
        if isinstance(flat, np.ndarray):
            extended = np.empty((len(flat), flat.shape[1] + 1), np.float32)
            extended[:, :-1], extended[:, -1] = flat, self.z
            return extended
        import torch

        return torch.cat([flat.float(), torch.full_like(flat[:, :1], self.z, dtype=torch.float32)], 1)


class IdlePolicy:
    """Plays 0, in every coordinate: an adversary that does nothing."""

    draws = 0

    def __init__(self, space: Box) -> None:
        """Plays in a space that holds 0."""
        self.shape, self.dtype = space.shape, space.dtype

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns ``[B, ...]`` zeros, an array or a tensor as the observations are."""
        if isinstance(observations, np.ndarray):
            return np.zeros((len(observations), *self.shape), self.dtype)
        import torch

        return torch.zeros(len(observations), *self.shape, device=observations.device)

    def to(self, device: Any) -> "IdlePolicy":
        """Returns itself."""
        return self

    def predict(
        self, observation: Any, state: Any = None, episode_start: Any = None, deterministic: bool = False
    ) -> tuple[np.ndarray, Any]:
        """Returns zeros for ``[B, ...]`` observations, in SB3's form."""
        return np.zeros((len(observation), *self.shape), self.dtype), state
