"""Compiled distances, nearest neighbours and the nearest-neighbour tour, for coordinates or a symmetric matrix."""

import math

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
EMPTY: Floats = np.zeros((0, 0))  # stands for the coordinates or the matrix that are not given


@compiled
def wrap(place: int, n: int) -> int:
    """``place`` modulo n, for places in ``[-n, 2n)``."""
    if place < 0:
        return place + n
    return place - n if place >= n else place


@compiled
def distance(points: Floats, matrix: Floats, i: int, j: int) -> float:
    """The distance of two nodes."""
    if matrix.shape[0] > 0:
        return matrix[i, j]
    dx = points[i, 0] - points[j, 0]
    dy = points[i, 1] - points[j, 1]
    return math.sqrt(dx * dx + dy * dy)


@compiled
def tour_length(points: Floats, matrix: Floats, tour: Integers) -> float:
    """The length of the closed tour."""
    total = distance(points, matrix, tour[-1], tour[0])
    for place in range(tour.shape[0] - 1):
        total += distance(points, matrix, tour[place], tour[place + 1])
    return total


@compiled
def full_matrix(points: Floats) -> Floats:
    """All Euclidean distances, ``[n, n]``."""
    n = points.shape[0]
    matrix = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            matrix[i, j] = matrix[j, i] = math.sqrt(
                (points[i, 0] - points[j, 0]) ** 2 + (points[i, 1] - points[j, 1]) ** 2
            )
    return matrix


@compiled
def _insert(best: Floats, ids: Integers, k: int, reach: float, node: int) -> None:
    """Puts a candidate into the sorted list of the k nearest."""
    slot = k - 1
    while slot > 0 and best[slot - 1] > reach:
        best[slot] = best[slot - 1]
        ids[slot] = ids[slot - 1]
        slot -= 1
    best[slot] = reach
    ids[slot] = node


@compiled
def nearest(points: Floats, matrix: Floats, k: int) -> Integers:
    """The k nearest nodes of each, [n, k]; by a sweep along the wider axis, O(n sqrt(n k)) on uniform points."""
    n = max(points.shape[0], matrix.shape[0])
    ids = np.zeros((n, k), np.int32)
    best = np.empty(k)
    axis = 0
    order = np.arange(n)
    swept = matrix.shape[0] == 0
    if swept:
        axis = 1 if np.ptp(points[:, 1]) > np.ptp(points[:, 0]) else 0
        order = np.argsort(points[:, axis])
    for place in range(n):
        node = order[place]
        best[:] = np.inf
        for side in (-1, 1):
            other = place + side
            while 0 <= other < n:
                j = order[other]
                if swept and abs(points[j, axis] - points[node, axis]) >= best[k - 1]:
                    break
                d = distance(points, matrix, node, j)
                if d < best[k - 1]:
                    _insert(best, ids[node], k, d, j)
                other += side
    return ids


@compiled
def greedy(points: Floats, matrix: Floats, neighbours: Integers, start: int) -> Integers:
    """The nearest-neighbour tour; a node whose whole list is visited scans all that are left."""
    n = max(points.shape[0], matrix.shape[0])
    tour = np.empty(n, np.int32)
    left = np.arange(n).astype(np.int32)  # the unvisited nodes, in its first n - place cells
    where = np.arange(n).astype(np.int32)
    node = start
    for place in range(n):
        tour[place] = node
        last = left[n - 1 - place]
        left[where[node]] = last
        where[last] = where[node]
        where[node] = -1
        following = -1
        for j in neighbours[node]:
            if where[j] >= 0:
                following = j
                break
        if following < 0:
            shortest = np.inf
            for j in left[: n - 1 - place]:
                d = distance(points, matrix, node, j)
                if d < shortest or (d == shortest and j < following):
                    shortest = d
                    following = j
        node = following
    return tour
