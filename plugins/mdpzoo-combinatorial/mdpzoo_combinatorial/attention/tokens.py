"""The features of tokens, derived from the observation space alone, so that they work for any problem.

A token is a node or an item. An entry of shape ``[T]`` or ``[T, f]`` describes the tokens, ``[1]`` is a resource and is
repeated for each token, ``[T, T]`` is a cost between tokens, a Discrete entry of T values is the index of the current
token, and ``action_mask`` has K flags per token. In addition to the entries themselves, features are:

* for coordinates ``[T, f]``, the offsets from the current token;
* for a number x, ``x / (x + m)`` with its mean m over legal tokens; for two numbers, ``x / (x + y)`` in units of their
  means; for a resource r, ``r / (r + x)``. Greedy rules have this form (the nearest node, the highest ratio of value to
  weight or prize to distance, the best fit), small networks learn quotients slowly, and fractions lie in [0, 1].
"""

from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import torch
from gymnasium import spaces
from torch import Tensor

from mdpzoo.errors import SettingError

MASK, VALID, DISTANCE = "action_mask", "valid", "distance"
TINY = 1e-6  # keeps quotients finite


class Tokens(NamedTuple):
    """A batch of observations by token.

    Attributes:
        features: ``[B, T, F]``.
        keys: ``[B, T]`` bool, the attended tokens: the remaining ones, the current and the first one.
        legal: ``[B, K T]`` bool; all True if no action is legal.
        coordinates: ``[B, T, f]``, the first entry of coordinates; None if there is none.
        costs: ``[B, E, T, T]``, all costs in both directions; None if there are none.
    """

    features: Tensor
    keys: Tensor
    legal: Tensor
    coordinates: Tensor | None
    costs: Tensor | None


class Layout:
    """The roles of the entries of an observation space."""

    def __init__(self, space: spaces.Space[Any]) -> None:
        """Assigns roles to the entries.

        Raises:
            SettingError: if the space is not a Dict with ``action_mask``, or an entry's shape is not supported.
        """
        if not isinstance(space, spaces.Dict) or MASK not in space.spaces:
            raise SettingError(f"attention needs a Dict observation with the entry {MASK!r}, got {space}")
        parts = {name: part for name, part in space.spaces.items() if name != MASK}
        actions = int(np.prod(space[MASK].shape or (0,)))
        leading = [part.shape[0] for part in parts.values() if part.shape and part.shape[0] > 1]
        self.tokens = max(leading, default=actions)
        if not self.tokens or actions % self.tokens:
            raise SettingError(f"{MASK!r} has {actions} entries, which is not a multiple of {self.tokens} tokens")
        self.variants = actions // self.tokens
        self.flags: list[str] = []
        self.numbers: list[str] = []
        self.coordinates: list[str] = []
        self.resources: list[str] = []
        self.costs: list[str] = []
        self.current: str | None = None
        for name, part in parts.items():
            self._kind(name, part).append(name)
        self.routed = self.current is not None or DISTANCE in self.numbers
        widths = [int(np.prod(parts[name].shape or ())) // self.tokens for name in self.coordinates]
        pairs = len(self.numbers) * (len(self.numbers) - 1) // 2
        self.features = (
            (1 + self.routed) * sum(widths)
            + self.variants
            + len(self.flags)
            + 2 * self.routed
            + 2 * len(self.numbers)
            + pairs
            + len(self.resources) * (1 + len(self.numbers))
        )
        self.coordinate_width = widths[0] if widths else 0

    def _kind(self, name: str, part: spaces.Space[Any]) -> list[str]:
        shape = part.shape
        if isinstance(part, spaces.Discrete) and part.n == self.tokens:
            self.current = name
            return []
        if shape == (1,):
            return self.resources
        if shape == (self.tokens,):
            return self.flags if part.dtype == np.bool_ else self.numbers
        if shape == (self.tokens, self.tokens):
            return self.costs
        if shape is not None and len(shape) == 2 and shape[0] == self.tokens:
            return self.coordinates
        raise SettingError(f"observation entry {name!r} has shape {shape}, which does not fit {self.tokens} tokens")

    def read(self, observation: dict[str, Tensor]) -> Tokens:
        """Returns the tokens of a batch of observations, whose entries are floating point as in SB3's networks.

        Takes O(B T), or O(B T^2) if there are costs.
        """
        legal = observation[MASK].flatten(1) > 0.5
        open_tokens = legal.unflatten(1, (self.tokens, self.variants)).any(2)
        here = self._here(observation, open_tokens)
        keys = self._keys(observation, open_tokens, here)
        parts = [legal.unflatten(1, (self.tokens, self.variants)).float()]
        parts += [observation[name].unsqueeze(2) for name in self.flags]
        for name in self.coordinates:
            place = observation[name]
            parts.append(place - 0.5)
            if self.routed:
                parts.append(place - (here.unsqueeze(1) @ place))
        if self.routed:
            first = torch.zeros_like(here)
            first[:, 0] = 1.0
            parts += [here.unsqueeze(2), first.unsqueeze(2)]
        parts.append(self._quotients(observation, open_tokens))
        coordinates = observation[self.coordinates[0]] if self.coordinates else None
        both = [part for name in self.costs for part in (observation[name], observation[name].transpose(1, 2))]
        costs = torch.stack(both, 1) if both else None
        return Tokens(torch.cat(parts, 2), keys, legal | ~legal.any(1, keepdim=True), coordinates, costs)

    def _here(self, observation: dict[str, Tensor], like: Tensor) -> Tensor:
        """Returns the current token as one-hot ``[B, T]``: the observed one, else the first; 0 if there is none."""
        if self.current is not None:
            return observation[self.current].reshape(like.shape).float()
        here = torch.zeros(like.shape, device=like.device)
        here[:, 0] = float(self.routed)
        return here

    def _keys(self, observation: dict[str, Tensor], open_tokens: Tensor, here: Tensor) -> Tensor:
        """Returns the attended tokens: those not padding if ``valid`` exists, else legal, current and first ones."""
        if VALID in self.flags:
            keys = observation[VALID] > 0.5
        else:
            keys = open_tokens | (here > 0.5)
            if self.routed:
                keys[:, 0] = True
        return keys | ~keys.any(1, keepdim=True)  # attention to no token would be NaN

    def _quotients(self, observation: dict[str, Tensor], open_tokens: Tensor) -> Tensor:
        """Returns numbers, resources and their quotients, ``[B, T, ...]``."""
        weight = open_tokens.float() / open_tokens.sum(1, keepdim=True).clamp(min=1)
        numbers = [observation[name] for name in self.numbers]
        means = [(each * weight).sum(1, keepdim=True) for each in numbers]
        scaled = [each / (mean + TINY) for each, mean in zip(numbers, means, strict=True)]
        columns = numbers + [each / (each + 1) for each in scaled]
        columns += [one / (one + other + TINY) for one, other in combinations(scaled, 2)]
        for name in self.resources:
            resource = observation[name].expand(-1, self.tokens)
            columns += [resource] + [resource / (resource + each + TINY) for each in numbers]
        return torch.stack(columns, 2) if columns else weight.new_zeros(*weight.shape, 0)
