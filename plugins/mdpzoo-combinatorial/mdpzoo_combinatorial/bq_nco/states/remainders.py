"""What is left to solve, batched: the states of the quotiented process in search and training (BQ-NCO, section 3).

A batch of instances stays where it is; a state only names the tokens that are left of one of them. Sub-paths of a tour,
entries of a beam and the nearest neighbours of a node are states like any other, and equal to small instances.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """I instances of one problem with n tokens each, on one device; nothing here changes.

    Attributes:
        numbers: ``[I, n, k]`` float64, what a token has beside its place: a demand (CVRP), a prize (OP), value and
            weight (Knapsack), nothing (tours, k = 0).
        resource: ``[I]`` float64, capacity or limit of the whole instance; 0 for tours.
        coordinates: ``[I, n, 2]`` float32 in the unit square; None where there are none.
        unit: ``[I]`` float64, length of a distance of 1 in the instance's own units; None without coordinates.
        costs: ``[I, n, n]`` the instance's own costs: float32 for ATSP, float64 for OP where legality must be exact.
        tolerance: ``[I]`` float64, by how much rounding may overdraw the resource; None: by nothing.
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
        """Tokens of an instance."""
        return self.numbers.shape[1]

    def to(self, device: Any) -> "Batch":
        """The same instances on a device."""
        return replace(self, **{name: each.to(device) for name, each in vars(self).items() if each is not None})

    def rows(self, chosen: Any) -> "Batch":
        """Some of the instances, by a slice or by indices ``[I']``."""
        return replace(self, **{name: each[chosen] for name, each in vars(self).items() if each is not None})


class Remainder(NamedTuple):
    """B states.

    Attributes:
        row: ``[B]`` int64, of which instance each is a remainder.
        node: ``[B, L]`` int64, tokens of it: origin and destination where the problem has such, then those left, then
            padding.
        count: ``[B]`` int64, how many are left; None: all but the ends, in every row (no padding).
        resource: ``[B]`` float64, what is left of capacity or limit.
    """

    row: Tensor
    node: Tensor
    count: Tensor | None  # type: ignore[assignment]  # a tuple's own count is of no use here
    resource: Tensor

    def pick(self, rows: Tensor) -> "Remainder":
        """Some of the states, by indices or by a mask."""
        count = None if self.count is None else self.count[rows]
        return Remainder(self.row[rows], self.node[rows], count, self.resource[rows])

    def to(self, device: Any) -> "Remainder":
        """The same states on a device."""
        count = None if self.count is None else self.count.to(device)
        return Remainder(self.row.to(device), self.node.to(device), count, self.resource.to(device))


class Tokens(NamedTuple):
    """What a network sees of B states.

    Attributes:
        features: ``[B, L, F]`` float32.
        legal: ``[B, L, K]`` bool, in which of K ways a token may be chosen.
        ends: how many of the first tokens are origin and destination: 2 or 0.
        coordinates: ``[B, L, 2]`` float32, the longer side of whose box is 1; None where there are none.
        edges: ``[B, L, L, E]`` float32, from the row's token to the column's; None where there are none.
        valid: ``[B, L]`` bool, which are not padding; None: all.
    """

    features: Tensor
    legal: Tensor
    ends: int
    coordinates: Tensor | None = None
    edges: Tensor | None = None
    valid: Tensor | None = None


def valid_tokens(left: Remainder, ends: int) -> Tensor | None:
    """``[B, L]`` bool, which tokens are not padding; None: all."""
    if left.count is None:
        return None
    return torch.arange(left.node.shape[1], device=left.node.device) < left.count.unsqueeze(1) + ends


def without(left: Remainder, position: Tensor, ends: int, resource: Tensor) -> Remainder:
    """The states after a choice: where there are ends the chosen token is the new origin, else it is gone.

    Args:
        left: the states; nothing in them is changed.
        position: ``[B]`` int64 in ``ends..L-1``, not in the padding.
        ends: 2 or 0.
        resource: ``[B]``, what is left of it then.
    """
    node, rows = left.node.clone(), torch.arange(len(position), device=position.device)
    count = None if left.count is None else left.count - 1
    chosen = node[rows, position]
    if count is None:
        node[rows, position] = left.node[:, ends]
        shorter = node[:, 1:]
    else:
        node[rows, position] = left.node[rows, (count + ends).clamp(min=0)]  # the last one left closes the gap
        shorter = node[:, :-1] if node.shape[1] > ends + 1 else node
    if ends:
        shorter[:, 1] = left.node[:, 1]
        shorter[:, 0] = chosen
    return Remainder(left.row, shorter, count, resource)


def keep(left: Remainder, kept: Tensor, ends: int) -> Remainder:
    """Deletes tokens that are left, and closes the gaps.

    Args:
        left: the states.
        kept: ``[B, L]`` bool; the ends stay in any case, padding goes.
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
