"""Nodes in the plane for routing problems: where they come from and what an edge between two of them costs.

States hold places coordinate by coordinate, ``[B, 2, n]`` float32, so that every operation runs along contiguous rows;
no n x n matrix is built where places suffice.
"""

from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from mdpzoo_combinatorial.instances import TSPInstance


class Nodes(Protocol):
    """Where nodes come from and what an edge costs.

    Attributes:
        count: n, how many.
        draws: random numbers that a set of nodes takes.
        longest: no edge costs more.
        matrix: ``[n, n]`` float32, the costs of edges; empty where they are Euclidean.
    """

    matrix: Tensor
    count: int
    draws: int
    longest: float

    def to(self, device: Any) -> "Nodes":
        """The same nodes with their tensors on a device."""

    def places(self, draws: Tensor) -> Tensor:
        """Places in the unit square, ``[B, 2, n]``, from ``[B, draws]`` numbers."""

    def costs(self, places: Tensor, here: Tensor, names: Tensor, position: Tensor) -> Tensor:
        """Costs from each row's node to all its tokens, ``[B, L]``.

        Args:
            places: ``[B, 2, L]``, the tokens' places.
            here: ``[B, 1]`` int64, which token one stands on.
            names: ``[B, L]`` or ``[1, L]`` int64, the tokens' nodes in the instance.
            position: ``[B, 1]`` int64, the node one stands on.
        """


class UniformNodes:
    """Nodes uniform in the unit square, edges their Euclidean lengths."""

    longest = 2**0.5

    def __init__(self, count: int) -> None:
        """Takes how many."""
        self.count, self.draws = count, 2 * count
        self.matrix = torch.empty(0, 0)

    def to(self, device: Any) -> "UniformNodes":
        """The same nodes: there are no tensors to move."""
        return self

    def places(self, draws: Tensor) -> Tensor:
        """Places, ``[B, 2, n]``: all first coordinates, then all second ones."""
        return draws.float().view(-1, 2, self.count)

    def costs(self, places: Tensor, here: Tensor, names: Tensor, position: Tensor) -> Tensor:
        """Euclidean distances, ``[B, L]``; costs O(B L)."""
        first, second = places.unbind(1)
        across, up = first - first.gather(1, here), second - second.gather(1, here)
        return across.mul_(across).addcmul_(up, up).sqrt_()


class InstanceNodes:
    """The nodes of one instance, edges by its own rule; holds n^2 float32."""

    draws = 0

    def __init__(self, layout: Tensor, matrix: Tensor) -> None:
        """Takes places ``[2, n]`` in the unit square and costs ``[n, n]``."""
        self.layout, self.matrix = layout, matrix
        self.count, self.longest = len(matrix), float(matrix.max()) or 1.0

    @classmethod
    def of(cls, instance: TSPInstance) -> "InstanceNodes":
        """Lays an instance out."""
        layout = torch.from_numpy(np.ascontiguousarray(instance.unit_layout().T)).float()
        return cls(layout, torch.tensor(instance.distance_matrix(), dtype=torch.float32))

    def to(self, device: Any) -> "InstanceNodes":
        """The same nodes with their tensors on a device."""
        return InstanceNodes(self.layout.to(device), self.matrix.to(device))

    def places(self, draws: Tensor) -> Tensor:
        """The same places in every row, ``[B, 2, n]``."""
        return self.layout.repeat(len(draws), 1, 1)

    def costs(self, places: Tensor, here: Tensor, names: Tensor, position: Tensor) -> Tensor:
        """Rows of the instance's matrix, ``[B, L]``."""
        return self.matrix[position, names]


def path_left(visited: Tensor, current: Tensor) -> Tensor:
    """Returns the path that a partial tour leaves: the current node, those left in the order of their names, node 0.

    Args:
        visited: ``[B, n]`` bool.
        current: ``[B, 1]`` int64.

    Returns:
        ``[B, n + 1]`` int64, nodes; node 0 again in the padding.
    """
    nodes = visited.shape[1]
    names = torch.arange(nodes, device=visited.device)
    ranked = torch.where(visited, nodes, names).sort(1).values % nodes  # what has been visited turns into node 0
    return torch.cat((current, ranked), 1)
