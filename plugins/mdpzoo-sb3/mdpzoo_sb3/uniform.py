"""The uniform policy: every legal action with the same probability, the baseline for every agent."""

from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.policies import BasePolicy
from torch import Tensor

from mdpzoo import streams
from mdpzoo.errors import SettingError

MASK = "action_mask"


class UniformPolicy(BasePolicy):
    """Draws actions uniformly, from the legal ones if the observation has an entry ``action_mask``.

    It draws with ``deterministic=True``, too. The stream's key and position are buffers: a saved policy continues
    with the same numbers as the original. For several finite actions at once the mask is the concatenation of
    their masks, as in sb3-contrib.
    """

    stream: Tensor  # [2] int64: key, numbers drawn

    def __init__(self, observation_space: Any, action_space: Any, seed: int | None = None) -> None:
        """Starts the stream of a seed; None: fresh randomness.

        Raises:
            SettingError: the action space is unbounded, or of a kind that SB3 does not support.
        """
        super().__init__(observation_space, action_space)
        self.widths = _widths(action_space)
        entropy = np.random.SeedSequence().generate_state(1)[0] if seed is None else seed
        key = np.array([streams.key(int(entropy)), 0], np.uint64).view(np.int64)
        self.register_buffer("stream", torch.from_numpy(key))

    def _predict(self, observation: Any, deterministic: bool = False) -> Tensor:
        first = next(iter(observation.values())) if isinstance(observation, dict) else observation
        if not self.widths:
            return self._box(len(first))
        mask = observation.get(MASK) if isinstance(observation, dict) else None
        if mask is None:
            mask = torch.ones(len(first), sum(self.widths), device=first.device)
        parts = mask.bool().reshape(len(first), -1).split(list(self.widths), 1)
        numbers = self._draw(len(first), len(parts))
        actions = torch.stack([_pick(*part) for part in zip(parts, numbers.unbind(1), strict=True)], 1)
        start = torch.as_tensor(getattr(self.action_space, "start", 0), device=first.device)
        return actions + start.ravel()

    def _box(self, rows: int) -> Tensor:
        assert isinstance(self.action_space, spaces.Box)
        low, high = (
            torch.as_tensor(bound.ravel()).double() for bound in (self.action_space.low, self.action_space.high)
        )
        numbers = self._draw(rows, len(low))
        if np.issubdtype(self.action_space.dtype, np.integer):
            return (low + (numbers * (high - low + 1)).floor()).long()
        return (low + numbers * (high - low)).to(torch.float32)

    def _draw(self, rows: int, count: int) -> Tensor:
        """Takes ``[rows, count]`` numbers in [0, 1) from the stream."""
        key, drawn = self.stream
        numbers = streams.uniforms_torch(key[None], drawn[None], rows * count)
        self.stream += torch.tensor([0, rows * count], device=self.stream.device)
        return numbers.view(rows, count)


def _widths(space: Any) -> tuple[int, ...]:
    """Returns the number of values of each finite action; empty for a Box."""
    if isinstance(space, spaces.Discrete):
        return (int(space.n),)
    if isinstance(space, spaces.MultiDiscrete):
        return tuple(int(count) for count in space.nvec.ravel())
    if isinstance(space, spaces.MultiBinary):
        return (2,) * int(np.prod(space.shape))
    if isinstance(space, spaces.Box) and np.isfinite(space.low).all() and np.isfinite(space.high).all():
        return ()
    raise SettingError(f"uniform actions need a finite or bounded action space, got {space}")


def _pick(mask: Tensor, numbers: Tensor) -> Tensor:
    """Chooses a legal entry in every row of ``[B, n]``; any entry in rows without a legal one."""
    mask = mask | ~mask.any(1, keepdim=True)
    counts = mask.cumsum(1)
    return (counts <= (numbers * counts[:, -1]).floor().long()[:, None]).sum(1)
