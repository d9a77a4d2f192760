"""Compiled distances, nearest neighbours and the nearest-neighbour tour, for coordinates or a symmetric matrix."""

import math

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing, compiled

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
EMPTY: Floats = np.zeros((0, 0))  # stands for the coordinates or the matrix that are not given
EMPTY.flags.writeable = False  # as numba sees it where a kernel names it


@borrowing
def wrap(place: int, n: int) -> int:
    """``place`` modulo n, for places in ``[-n, 2n)``."""
    if place < 0:
        return place + n
    return place - n if place >= n else place


@borrowing
def distance(points: Floats, matrix: Floats, i: int, j: int) -> float:
    """The distance of two nodes."""
    if matrix.shape[0] > 0:
        return matrix[i, j]
    dx = points[i, 0] - points[j, 0]
    dy = points[i, 1] - points[j, 1]
    return math.sqrt(dx * dx + dy * dy)


@borrowing
def tour_length(points: Floats, matrix: Floats, tour: Integers) -> float:
    """The length of the closed tour."""
    total = distance(points, matrix, np.int64(tour[-1]), np.int64(tour[0]))
    for place in range(tour.shape[0] - 1):
        total += distance(points, matrix, np.int64(tour[place]), np.int64(tour[place + 1]))
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


@borrowing
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
def ascending(values: Floats) -> NDArray[np.int64]:
    """The places of ``[n]`` numbers from the least to the largest, equal ones in their order (heapsort).

    NumPy's sorts do the same, but take two seconds to compile.
    """
    n = values.shape[0]
    heap = np.zeros(n, np.int64)
    for k in range(n):
        heap[k] = k
    for step in range(n + n // 2):
        size = n if step < n // 2 else n - (step - n // 2)
        place = n // 2 - 1 - step
        if place < 0:  # the heap stands: its largest goes behind it
            size -= 1
            place = 0
            heap[0], heap[size] = heap[size], heap[0]
        while 2 * place + 1 < size:
            child, other = 2 * place + 1, 2 * place + 2
            if other < size and _before(values, heap[child], heap[other]):
                child = other
            if not _before(values, heap[place], heap[child]):
                break
            heap[place], heap[child] = heap[child], heap[place]
            place = child
    return heap


@borrowing
def _before(values: Floats, i: int, j: int) -> bool:
    return values[i] < values[j] or (values[i] == values[j] and i < j)


@borrowing
def extent(array: Floats) -> float:
    """The largest less the least of ``[n, m]`` numbers, n and m at least 1."""
    low = high = array[0, 0]
    for i in range(array.shape[0]):
        for j in range(array.shape[1]):
            low, high = min(low, array[i, j]), max(high, array[i, j])
    return high - low


@compiled
def nearest(points: Floats, matrix: Floats, k: int) -> Integers:
    """The k nearest nodes of each, [n, k]; by a sweep along the wider axis, O(n sqrt(n k)) on uniform points."""
    n = max(points.shape[0], matrix.shape[0])
    ids = np.zeros((n, k), np.int32)
    best = np.empty(k)
    axis, along = 0, np.zeros(n)
    swept = matrix.shape[0] == 0
    if swept:
        axis = 1 if extent(points[:, 1:]) > extent(points[:, :1]) else 0
        for node in range(n):
            along[node] = points[node, axis]
    order = ascending(along)
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
    left, where = np.empty(n, np.int32), np.empty(n, np.int32)  # the unvisited nodes, in the first n - place cells
    for k in range(n):
        left[k] = where[k] = k
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
                d = distance(points, matrix, node, np.int64(j))
                if d < shortest or (d == shortest and j < following):
                    shortest = d
                    following = j
        node = following
    return tour
