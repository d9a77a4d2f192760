"""Conversion of the actions ``[B, M]`` of construction to ``Solutions.sequence``, for each problem."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def tours(actions: Integers) -> Integers:
    """Returns nodes, beginning with node 0."""
    return np.pad(actions, ((0, 0), (1, 0)))


def routes(actions: Integers) -> Integers:
    """Returns customers with 0 between routes, from actions ``2 * customer + via_depot``."""
    rows = []
    for row in actions:
        customer, place = row // 2, np.flatnonzero(row % 2)
        rows.append(np.insert(customer, place, 0))
    return _pad(rows, 0)


def visits(actions: Integers) -> Integers:
    """Returns nodes, beginning with the depot, padded with -1."""
    return _pad([np.append(0, row[row >= 0]) for row in actions], -1)


def items(actions: Integers) -> Integers:
    """Returns items in ascending order, padded with -1."""
    return _pad([np.sort(row[row >= 0]) for row in actions], -1)


def _pad(rows: list[Integers], padding: int) -> Integers:
    """Returns rows of different lengths as one array."""
    width = max(len(each) for each in rows)
    return np.stack([np.pad(each, (0, width - len(each)), constant_values=padding) for each in rows]).astype(np.int64)
