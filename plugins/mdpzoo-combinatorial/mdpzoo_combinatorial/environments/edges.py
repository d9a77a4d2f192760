"""Costs of edges between nodes: one definition on tensors and one compiled, equal to the last bit.

Random instances have their own coordinates or their own matrix in every row of a batch. An instance from a file is
shared by all rows: as coordinates with TSPLIB's rounding, which take O(n) memory, or else as a matrix.
"""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo.compiling import inlined
from mdpzoo_combinatorial.instances.arrays import single
from mdpzoo_combinatorial.instances.distances import DISTANCES

Reals = NDArray[np.float32]
Integers = NDArray[np.int64]
Table = NDArray[np.float64]

FLOAT32_INTEGERS = 2**24  # float32 represents all integers up to this one exactly
NONE, COORDINATES, ROWS, SHARED = range(4)
MATRIX, EUCLIDEAN, EUC_2D, CEIL_2D, ATT, MAN_2D, MAX_2D, FLOOR_2D = range(8)
RULES = {
    "EUCLIDEAN": EUCLIDEAN,
    "EUC_2D": EUC_2D,
    "CEIL_2D": CEIL_2D,
    "ATT": ATT,
    "MAN_2D": MAN_2D,
    "MAX_2D": MAX_2D,
    "FLOOR_2D": FLOOR_2D,
}


class Edges:
    """The costs of edges of one problem.

    Attributes:
        kind: NONE: there are no edges. COORDINATES: Euclidean distances between the row's own tokens, whose first two
            features are coordinates. ROWS: feature f of a token is the cost from node f to it. SHARED: all rows compute
            costs by ``rule`` from ``table``.
        rule: MATRIX: ``table`` holds costs ``[n, n]``. Otherwise a TSPLIB rule between points ``[2, n]``.
        table: float64, shared by all rows; empty unless SHARED.
        longest: an upper bound of all costs.
        wide: whether costs are float64, because they are integers that float32 cannot represent.
        scale: factor of costs in observations; it makes the longest edge of a shared instance as long as the diagonal
            of the unit square.
    """

    def __init__(
        self,
        kind: int,
        rule: int = 0,
        table: Tensor | None = None,
        longest: float = 1.0,
        scale: float = 1.0,
        wide: bool = False,
    ) -> None:
        """See the class attributes."""
        self.kind, self.rule, self.longest, self.scale = kind, rule, longest, scale
        self.wide = wide
        self.table = torch.empty(0, 0, dtype=torch.float64) if table is None else table

    @classmethod
    def of(cls, instance: Any) -> "Edges":
        """Returns the edges of a routing instance, with a matrix only if no rule gives its costs."""
        rule = RULES.get(instance.edge_weight_type, MATRIX)
        if rule == MATRIX:
            matrix = np.array(instance.distance_matrix())
            longest = float(matrix.max()) or 1.0
            wide = instance.integral and longest > FLOAT32_INTEGERS
            return cls(SHARED, rule, torch.from_numpy(matrix), longest, math.sqrt(2.0) / longest, wide)
        low, high = instance.coordinates.min(0), instance.coordinates.max(0)
        longest = float(DISTANCES[instance.edge_weight_type](low, high)) or 1.0
        table = torch.from_numpy(np.ascontiguousarray(instance.coordinates.T))
        wide = instance.integral and longest > FLOAT32_INTEGERS
        return cls(SHARED, rule, table, longest, math.sqrt(2.0) / longest, wide)

    def to(self, device: Any) -> "Edges":
        """Returns the same edges with their table on a device."""
        return Edges(self.kind, self.rule, self.table.to(device), self.longest, self.scale, self.wide)

    def scale_costs(self, costs: Any) -> Any:
        """Returns costs, an array or a tensor, in the units of observations."""
        return costs if self.scale == 1.0 else costs * self.scale

    def observed_costs(self, costs: Any) -> Any:
        """Returns a state's costs, float32 or, if ``wide``, float64, in the units of observations, float32."""
        scaled = self.scale_costs(costs)
        return single(scaled) if self.wide else scaled  # the conversion takes time even where it changes nothing

    def costs(self, tokens: Tensor, here: Tensor, names: Tensor, current: Tensor) -> Tensor:
        """Returns the costs from each row's current node to its tokens, ``[B, L]`` float32, or float64 if ``wide``.

        Takes O(B L).

        Args:
            tokens: ``[B, F, L]``.
            here: ``[B, 1]`` int64, the position of the current node among the tokens.
            names: ``[B, L]`` or ``[1, L]`` int64, the tokens' indices in the instance.
            current: ``[B, 1]`` int64, the index of the current node in the instance.
        """
        if self.kind == NONE:
            return torch.zeros(len(tokens), tokens.shape[2], device=tokens.device)
        if self.kind == ROWS:
            return tokens.gather(1, current.unsqueeze(2).expand(-1, 1, tokens.shape[2])).squeeze(1)
        if self.kind == SHARED and self.rule == MATRIX:
            return self._cast(self.table[current, names])
        if self.kind == COORDINATES:
            first, second = tokens[:, 0], tokens[:, 1]
            across, up = first - first.gather(1, here), second - second.gather(1, here)
        else:
            first, second = self.table
            across, up = first[names] - first[current], second[names] - second[current]
        return self._cast(self._lengths(across, up))

    def _cast(self, costs: Tensor) -> Tensor:
        return costs if self.wide else costs.float()

    def _lengths(self, across: Tensor, up: Tensor) -> Tensor:
        if self.kind == COORDINATES:
            return (across * across + up * up).double().sqrt()  # torch's float32 root is not always rounded correctly
        if self.rule == MAN_2D:
            return torch.floor(across.abs() + up.abs() + 0.5)
        if self.rule == MAX_2D:
            return torch.floor(torch.maximum(across.abs(), up.abs()) + 0.5)
        squared = across * across + up * up
        if self.rule == ATT:
            real = (squared / 10.0).sqrt()
            nearest = torch.floor(real + 0.5)
            return torch.where(nearest < real, nearest + 1.0, nearest)
        far = squared.sqrt()
        if self.rule == EUC_2D:
            return torch.floor(far + 0.5)
        if self.rule == FLOOR_2D:
            return torch.floor(far)
        return torch.ceil(far) if self.rule == CEIL_2D else far


@inlined
def edge(rule: int, table: Table, a: int, b: int) -> float:
    """Returns the cost of one edge of a shared instance."""
    if rule == MATRIX:
        return table[a, b]
    across, up = table[0, b] - table[0, a], table[1, b] - table[1, a]
    if rule == MAN_2D:
        return math.floor(abs(across) + abs(up) + 0.5)
    if rule == MAX_2D:
        return math.floor(max(abs(across), abs(up)) + 0.5)
    squared = across * across + up * up
    if rule == ATT:
        real = math.sqrt(squared / 10.0)
        nearest = math.floor(real + 0.5)
        return nearest + 1.0 if nearest < real else nearest
    far = math.sqrt(squared)
    if rule == EUC_2D:
        return math.floor(far + 0.5)
    if rule == FLOOR_2D:
        return math.floor(far)
    return math.ceil(far) if rule == CEIL_2D else far


@inlined
def _euclidean_into(tokens: Reals, row: int, here: int, count: int, cost_: Reals) -> None:
    """The innermost loop, in its own function so that it is vectorised."""
    x, y = tokens[row, 0, here], tokens[row, 1, here]
    for token in range(count):
        across, up = tokens[row, 0, token] - x, tokens[row, 1, token] - y
        cost_[row, token] = math.sqrt(across * across + up * up)


@inlined
def costs_into(
    kind: int,
    rule: int,
    table: Table,
    tokens: Reals,
    row: int,
    here: int,
    current: int,
    node: Integers,
    named: bool,
    count: int,
    cost_: Reals,
) -> None:
    """Fills ``cost_[row, :count]`` with the costs from token ``here``, node ``current``, to the first ``count`` tokens.

    If ``named``, ``node`` ``[B, L]`` holds the tokens' indices in the instance; else these are 0, 1, 2, ... Arguments
    are whole arrays and a row, since counting references to views of rows would take longer than the arithmetic.
    """
    if kind == COORDINATES:
        _euclidean_into(tokens, row, here, count, cost_)
    elif kind == ROWS:
        for token in range(count):
            cost_[row, token] = tokens[row, current, token]
    elif kind == NONE:
        for token in range(count):
            cost_[row, token] = 0.0
    elif named:
        for token in range(count):
            cost_[row, token] = edge(rule, table, current, node[row, token])
    else:
        for token in range(count):
            cost_[row, token] = edge(rule, table, current, token)
