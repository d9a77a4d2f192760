"""``Solutions.sequence`` of each problem, from the actions ``[B, M]`` of construction."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def tours(actions: Integers) -> Integers:
    """Nodes, node 0 first."""
    return np.pad(actions, ((0, 0), (1, 0)))


def routes(actions: Integers) -> Integers:
    """Customers with 0 between routes, from actions ``2 * customer + by the depot``."""
    rows = []
    for row in actions:
        customer, place = row // 2, np.flatnonzero(row % 2)
        rows.append(np.insert(customer, place, 0))
    return _filled(rows, 0)


def visits(actions: Integers) -> Integers:
    """Nodes, the depot first, then -1."""
    return _filled([np.append(0, row[row >= 0]) for row in actions], -1)


def items(actions: Integers) -> Integers:
    """Items in rising order, then -1."""
    return _filled([np.sort(row[row >= 0]) for row in actions], -1)


def _filled(rows: list[Integers], padding: int) -> Integers:
    """Rows of several lengths as one array."""
    width = max(len(each) for each in rows)
    return np.stack([np.pad(each, (0, width - len(each)), constant_values=padding) for each in rows]).astype(np.int64)
