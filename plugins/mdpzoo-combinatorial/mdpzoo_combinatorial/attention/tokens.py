"""What an observation says of each token, read from its space alone: no problem is named here.

A token is a node or an item. An entry of shape ``[T]`` or ``[T, f]`` describes the tokens, ``[1]`` is a resource and
is repeated on each, ``[T, T]`` is a cost between tokens, a Discrete entry of T values names the current token, and
``action_mask`` holds K flags a token. Beside the entries as they are, a token is described relative to what matters:

* a ``[T, f]`` entry is a place, seen from the current token, too;
* a number x also enters as ``x / (x + m)``, m its mean over the legal tokens, two as ``x / (x + y)`` in units of
  their means, and a resource r as ``r / (r + x)``. Greedy rules are of this kind (a nearest node, value by weight,
  prize by distance, what just fits), and a small network is slow to learn a quotient; a share lies in [0, 1].
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
        keys: ``[B, T]`` bool, what is worth attending to: what is left, the current token and the first one.
        legal: ``[B, K T]`` bool, all where an observation allows nothing.
        places: ``[B, T, f]``, of the first entry of places; None where there is none.
        costs: ``[B, E, T, T]``, every cost in both directions; None where there is none.
    """

    features: Tensor
    keys: Tensor
    legal: Tensor
    places: Tensor | None
    costs: Tensor | None


class Layout:
    """Which entry of an observation space is what."""

    def __init__(self, space: spaces.Space[Any]) -> None:
        """Sorts the entries.

        Raises:
            SettingError: the space is no Dict with ``action_mask``, or an entry has another shape.
        """
        if not isinstance(space, spaces.Dict) or MASK not in space.spaces:
            raise SettingError(f"attention needs a Dict observation with the entry {MASK!r}, got {space}")
        parts = {name: part for name, part in space.spaces.items() if name != MASK}
        actions = int(np.prod(space[MASK].shape or (0,)))
        leading = [part.shape[0] for part in parts.values() if part.shape and part.shape[0] > 1]
        self.tokens = max(leading, default=actions)
        if not self.tokens or actions % self.tokens:
            raise SettingError(f"{MASK!r} has {actions} entries, no multiple of the {self.tokens} tokens")
        self.ways = actions // self.tokens
        self.flags: list[str] = []
        self.numbers: list[str] = []
        self.places: list[str] = []
        self.resources: list[str] = []
        self.costs: list[str] = []
        self.current: str | None = None
        for name, part in parts.items():
            self._kind(name, part).append(name)
        self.routed = self.current is not None or DISTANCE in self.numbers
        widths = [int(np.prod(parts[name].shape or ())) // self.tokens for name in self.places]
        pairs = len(self.numbers) * (len(self.numbers) - 1) // 2
        self.features = (
            (1 + self.routed) * sum(widths)
            + self.ways
            + len(self.flags)
            + 2 * self.routed
            + 2 * len(self.numbers)
            + pairs
            + len(self.resources) * (1 + len(self.numbers))
        )
        self.place_width = widths[0] if widths else 0

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
            return self.places
        raise SettingError(f"observation entry {name!r} has shape {shape}, which is none of {self.tokens} tokens")

    def read(self, observation: dict[str, Tensor]) -> Tokens:
        """Describes the tokens of a batch, whose entries are floating point as SB3 hands them to a network.

        Costs O(B T), and O(B T^2) where there are costs.
        """
        legal = observation[MASK].flatten(1) > 0.5
        open_ = legal.unflatten(1, (self.tokens, self.ways)).any(2)
        here = self._here(observation, open_)
        keys = self._keys(observation, open_, here)
        parts = [legal.unflatten(1, (self.tokens, self.ways)).float()]
        parts += [observation[name].unsqueeze(2) for name in self.flags]
        for name in self.places:
            place = observation[name]
            parts.append(place - 0.5)
            if self.routed:
                parts.append(place - (here.unsqueeze(1) @ place))
        if self.routed:
            first = torch.zeros_like(here)
            first[:, 0] = 1.0
            parts += [here.unsqueeze(2), first.unsqueeze(2)]
        parts.append(self._quotients(observation, open_))
        places = observation[self.places[0]] if self.places else None
        both = [part for name in self.costs for part in (observation[name], observation[name].transpose(1, 2))]
        costs = torch.stack(both, 1) if both else None
        return Tokens(torch.cat(parts, 2), keys, legal | ~legal.any(1, keepdim=True), places, costs)

    def _here(self, observation: dict[str, Tensor], like: Tensor) -> Tensor:
        """The current token as ``[B, T]`` of 0 and 1: the one named, else the first, else none."""
        if self.current is not None:
            return observation[self.current].reshape(like.shape).float()
        here = torch.zeros(like.shape, device=like.device)
        here[:, 0] = float(self.routed)
        return here

    def _keys(self, observation: dict[str, Tensor], open_: Tensor, here: Tensor) -> Tensor:
        """What is left: all but padding where ``valid`` tells it, else the legal tokens, the current and the first."""
        if VALID in self.flags:
            keys = observation[VALID] > 0.5
        else:
            keys = open_ | (here > 0.5)
            if self.routed:
                keys[:, 0] = True
        return keys | ~keys.any(1, keepdim=True)  # attention to nothing would not be a number

    def _quotients(self, observation: dict[str, Tensor], open_: Tensor) -> Tensor:
        """Numbers, resources and their shares, ``[B, T, ...]``."""
        weight = open_.float() / open_.sum(1, keepdim=True).clamp(min=1)
        numbers = [observation[name] for name in self.numbers]
        means = [(each * weight).sum(1, keepdim=True) for each in numbers]
        scaled = [each / (mean + TINY) for each, mean in zip(numbers, means, strict=True)]
        columns = numbers + [each / (each + 1) for each in scaled]
        columns += [one / (one + other + TINY) for one, other in combinations(scaled, 2)]
        for name in self.resources:
            resource = observation[name].expand(-1, self.tokens)
            columns += [resource] + [resource / (resource + each + TINY) for each in numbers]
        return torch.stack(columns, 2) if columns else weight.new_zeros(*weight.shape, 0)
