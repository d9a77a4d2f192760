"""A player whose action is a function of its observation, the same in every form of a game."""

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo.checks.traces import row_of


class Scripted:
    """A frozen policy that hashes the observation; it draws no numbers.

    Attributes:
        asked: number of decisions made so far.
    """

    draws = 0

    def __init__(self, space: spaces.Space[Any], salt: int) -> None:
        """Creates a player for an action space; different salts play differently."""
        self.space, self.salt, self.asked = space, salt, 0

    def choose(self, observation: Any, info: Mapping[str, Any], step: int = 0) -> Any:
        """Returns a legal action (``info["action_mask"]``) for one observation; it varies with the step, if given."""
        self.asked += 1
        generator = np.random.default_rng((zlib.crc32(_bytes(observation), self.salt), step))
        mask = info.get("action_mask")
        if isinstance(self.space, spaces.Discrete):
            count, start = int(self.space.n), int(self.space.start)
            legal = np.arange(count) if mask is None else np.flatnonzero(mask)
            return np.int64(start + generator.choice(legal if legal.size else np.arange(count)))
        if isinstance(self.space, spaces.Box):
            low, high = np.maximum(self.space.low, -1), np.minimum(self.space.high, 1)
            return (low + (high - low) * generator.random(self.space.shape)).astype(self.space.dtype)
        self.space.seed(int(generator.integers(2**31)))
        return self.space.sample()

    def act(self, observations: Any, numbers: Any, masks: Any = None) -> Any:
        """Returns an action for each of ``[B, ...]`` observations, an array or a tensor as they are."""
        first = next(iter(observations.values())) if isinstance(observations, Mapping) else observations
        rows = range(len(first))
        chosen = [
            self.choose(row_of(observations, row), {} if masks is None else {"action_mask": row_of(masks, row)})
            for row in rows
        ]
        batch = np.stack([np.asarray(each) for each in chosen])
        if isinstance(first, np.ndarray):
            return batch
        import torch

        return torch.from_numpy(batch).to(first.device)

    def to(self, device: Any) -> "Scripted":
        """Returns itself."""
        return self


def _bytes(observation: Any) -> bytes:
    if isinstance(observation, Mapping):
        return b"".join(_bytes(observation[name]) for name in sorted(observation))
    array = np.asarray(observation)
    return (array.astype(np.int64) if array.dtype.kind in "iub" else array.astype(np.float64)).tobytes()
