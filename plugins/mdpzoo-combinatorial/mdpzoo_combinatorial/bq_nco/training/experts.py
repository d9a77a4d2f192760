"""Experts of imitation: this package's compiled searches, as ``Labels.sequence`` ``[K, M]`` of each problem.

The searches are imported when they are called, so that only the creation of labels needs compilation.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def symmetric_tours(instances: list[Any], iterations: int, seed: int) -> Integers:
    """Tours by iterated Lin-Kernighan."""
    from mdpzoo_combinatorial.local_search import symmetric_search

    points = _stack(instances, "coordinates")
    return np.asarray(symmetric_search.solve_batch(points, iterations=iterations, seed=seed)[0], np.int64)


def asymmetric_tours(instances: list[Any], iterations: int, seed: int) -> Integers:
    """Tours by iterated 3-opt without reversals."""
    from mdpzoo_combinatorial.local_search import asymmetric_search

    return asymmetric_search.solve_batch(_stack(instances, "matrix"), iterations=iterations, seed=seed)[0]


def routes(instances: list[Any], iterations: int, seed: int) -> Integers:
    """Routes by ruin and recreate."""
    from mdpzoo_combinatorial.local_search import route_search

    demands, capacities = _stack(instances, "demands"), np.array([each.capacity for each in instances])
    points = _stack(instances, "coordinates")
    return route_search.solve_batch(points, demands, capacities, iterations=iterations, seed=seed)[0]


def prize_tours(instances: list[Any], iterations: int, seed: int) -> Integers:
    """Tours that collect prizes."""
    from mdpzoo_combinatorial.local_search import prize_search

    prizes, limits = _stack(instances, "prizes"), np.array([each.limit for each in instances])
    points = _stack(instances, "coordinates")
    return prize_search.solve_batch(points, prizes, limits, iterations=iterations, seed=seed)[0]


def _stack(instances: list[Any], field: str) -> NDArray[Any]:
    return np.stack([getattr(each, field) for each in instances])
