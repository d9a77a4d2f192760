"""Batches of remaining problems, the states of the quotiented process in search and training (BQ-NCO, section 3).

A state refers to an instance of a batch and lists its remaining tokens. Sub-paths of a tour, beam entries and the
nearest neighbours of a node are states as well, since each is equivalent to a small instance.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """I instances of one problem with n tokens each, on one device; immutable.

    Attributes:
        numbers: ``[I, n, k]`` float64, demands (CVRP), prizes (OP), values and weights (Knapsack), or nothing (tours,
            k = 0).
        resource: ``[I]`` float64, capacity or limit of the complete instance; 0 for tours.
        coordinates: ``[I, n, 2]`` float32 in the unit square; None if there are none.
        unit: ``[I]`` float64, length of a distance of 1 in the instance's own units; None without coordinates.
        costs: ``[I, n, n]``, the instance's own costs: float32 for ATSP, float64 for OP if legality must be exact.
        tolerance: ``[I]`` float64, rounding error by which the resource may be exceeded; None: 0.
    """

    numbers: Tensor
    resource: Tensor
    coordinates: Tensor | None = None
    unit: Tensor | None = None
    costs: Tensor | None = None
    tolerance: Tensor | None = None

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def size(self) -> int:
        """The number of tokens of an instance."""
        return self.numbers.shape[1]

    def to(self, device: Any) -> "Batch":
        """Returns the same instances on a device."""
        return replace(self, **{name: each.to(device) for name, each in vars(self).items() if each is not None})

    def rows(self, chosen: Any) -> "Batch":
        """Returns some of the instances, by a slice or by indices ``[I']``."""
        return replace(self, **{name: each[chosen] for name, each in vars(self).items() if each is not None})


class Remainder(NamedTuple):
    """B states.

    Attributes:
        row: ``[B]`` int64, the instance of each state.
        node: ``[B, L]`` int64, tokens of the instance: origin and destination if the problem has them, then the
            remaining tokens, then padding.
        count: ``[B]`` int64, number of remaining tokens; None: all except the ends, in every row (no padding).
        resource: ``[B]`` float64, remaining capacity or limit.
    """

    row: Tensor
    node: Tensor
    count: Tensor | None  # type: ignore[assignment]  # hides tuple.count
    resource: Tensor

    def pick(self, rows: Tensor) -> "Remainder":
        """Returns some of the states, by indices or by a mask."""
        count = None if self.count is None else self.count[rows]
        return Remainder(self.row[rows], self.node[rows], count, self.resource[rows])

    def to(self, device: Any) -> "Remainder":
        """Returns the same states on a device."""
        count = None if self.count is None else self.count.to(device)
        return Remainder(self.row.to(device), self.node.to(device), count, self.resource.to(device))


class Tokens(NamedTuple):
    """The input of a network for B states.

    Attributes:
        features: ``[B, L, F]`` float32.
        legal: ``[B, L, K]`` bool, the legal variants of choosing each token.
        ends: number of tokens at the beginning that are origin and destination, 2 or 0.
        coordinates: ``[B, L, 2]`` float32, in a bounding box whose longer side is 1; None if there are none.
        edges: ``[B, L, L, E]`` float32, from the row's token to the column's; None if there are none.
        valid: ``[B, L]`` bool, False for padding; None: there is no padding.
    """

    features: Tensor
    legal: Tensor
    ends: int
    coordinates: Tensor | None = None
    edges: Tensor | None = None
    valid: Tensor | None = None


def valid_tokens(left: Remainder, ends: int) -> Tensor | None:
    """Returns the tokens that are not padding, ``[B, L]`` bool; None if there is no padding."""
    if left.count is None:
        return None
    return torch.arange(left.node.shape[1], device=left.node.device) < left.count.unsqueeze(1) + ends


def without(left: Remainder, position: Tensor, ends: int, resource: Tensor) -> Remainder:
    """Returns the states after a choice; the chosen token becomes the origin if there are ends, else it is removed.

    Args:
        left: the states, which are not changed.
        position: ``[B]`` int64 in ``ends..L-1``, not in the padding.
        ends: 2 or 0.
        resource: ``[B]``, the remaining resource after the choice.
    """
    node, rows = left.node.clone(), torch.arange(len(position), device=position.device)
    count = None if left.count is None else left.count - 1
    chosen = node[rows, position]
    if count is None:
        node[rows, position] = left.node[:, ends]
        shorter = node[:, 1:]
    else:
        node[rows, position] = left.node[rows, (count + ends).clamp(min=0)]  # the last remaining token fills the gap
        shorter = node[:, :-1] if node.shape[1] > ends + 1 else node
    if ends:
        shorter[:, 1] = left.node[:, 1]
        shorter[:, 0] = chosen
    return Remainder(left.row, shorter, count, resource)


def keep(left: Remainder, kept: Tensor, ends: int) -> Remainder:
    """Removes remaining tokens and closes the gaps.

    Args:
        left: the states.
        kept: ``[B, L]`` bool, the tokens to keep; ends are always kept, padding is always removed.
        ends: 2 or 0.
    """
    valid = valid_tokens(left, ends)
    kept = kept.clone() if valid is None else kept & valid
    kept[:, :ends] = True
    count = kept.sum(1)
    order = (~kept).to(torch.int8).argsort(dim=1, stable=True)
    most = max(int(count.max()), 1) if len(count) else ends + 1
    even = bool((count == most).all())
    return Remainder(left.row, left.node.gather(1, order[:, :most]), None if even else count - ends, left.resource)
