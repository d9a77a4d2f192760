"""Compiled distances, nearest neighbours and the nearest-neighbour tour, for coordinates or a symmetric matrix."""

import math

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing

Floats = NDArray[np.float64]
Integers = NDArray[np.int32]
EMPTY: Floats = np.zeros((0, 0))  # passed instead of coordinates or of a matrix
EMPTY.flags.writeable = False  # as numba types it in kernels that refer to it


@borrowing
def wrap(place: int, n: int) -> int:
    """Returns ``place`` modulo n, for values in ``[-n, 2n)``."""
    if place < 0:
        return place + n
    return place - n if place >= n else place


@borrowing
def distance(points: Floats, matrix: Floats, i: int, j: int) -> float:
    """Returns the distance between two nodes."""
    if matrix.shape[0] > 0:
        return matrix[i, j]
    dx = points[i, 0] - points[j, 0]
    dy = points[i, 1] - points[j, 1]
    return math.sqrt(dx * dx + dy * dy)


@borrowing
def tour_length(points: Floats, matrix: Floats, tour: Integers) -> float:
    """Returns the length of the closed tour."""
    total = distance(points, matrix, tour[tour.shape[0] - 1], tour[0])
    for place in range(tour.shape[0] - 1):
        total += distance(points, matrix, tour[place], tour[place + 1])
    return total


def full_matrix(points: Floats) -> Floats:
    """Returns all Euclidean distances, ``[n, n]``."""
    n = points.shape[0]
    matrix = np.zeros((n, n))
    _fill(points, matrix)
    return matrix


@borrowing
def _fill(points: Floats, matrix: Floats) -> None:
    """Fills in the distances between different nodes."""
    for i in range(points.shape[0]):
        for j in range(i):
            dx = points[i, 0] - points[j, 0]
            dy = points[i, 1] - points[j, 1]
            matrix[i, j] = matrix[j, i] = math.sqrt(dx * dx + dy * dy)


@borrowing
def _insert(best: Floats, ids: Integers, node: int, reach: float, other: int) -> None:
    """Inserts a candidate into the node's sorted list of nearest nodes."""
    slot = best.shape[0] - 1
    while slot > 0 and best[slot - 1] > reach:
        best[slot] = best[slot - 1]
        ids[node, slot] = ids[node, slot - 1]
        slot -= 1
    best[slot] = reach
    ids[node, slot] = other


def nearest(points: Floats, matrix: Floats, k: int) -> Integers:
    """Returns the k nearest nodes of each node, ``[n, k]``, nearest first.

    Args:
        points: ``[n, 2]``, or ``EMPTY`` if there is a matrix; takes O(n sqrt(n k)) for uniform points.
        matrix: ``[n, n]``, or ``EMPTY``; takes O(n^2).
        k: in ``[0, n)``.
    """
    n = max(points.shape[0], matrix.shape[0])
    ids, best = np.zeros((n, k), np.int32), np.empty(k)
    if matrix.shape[0] > 0:
        _scan(matrix, ids, best)
    else:
        axis = int(np.ptp(points[:, 1]) > np.ptp(points[:, 0]))
        _sweep(points, axis, np.argsort(points[:, axis], kind="stable"), ids, best)
    return ids


def in_quadrants(places: Floats, matrix: Floats, k: int) -> Integers:
    """Returns the k nearest nodes of each node in each of the four quadrants around it, ``[n, 4 k]``, nearest first.

    If a quadrant has fewer nodes, the nearest others take their places. Takes O(n^2).

    Args:
        places: ``[n, 2]``.
        matrix: ``[n, n]``.
        k: at least 1, and 4 k is less than n.
    """
    n = matrix.shape[0]
    ids, near = np.zeros((n, 4 * k), np.int32), nearest(EMPTY, matrix, 4 * k)
    _scan_quadrants(places, matrix, near, ids, np.empty((4, k)), np.zeros((4, k), np.int32))
    return ids


@borrowing
def _scan_quadrants(
    places: Floats, matrix: Floats, near: Integers, ids: Integers, reach: Floats, inside: Integers
) -> None:
    """Fills in the nearest nodes of all quadrants, completed from ``near``."""
    n, k = matrix.shape[0], inside.shape[1]
    for node in range(n):
        for quadrant in range(4):
            for slot in range(k):
                reach[quadrant, slot], inside[quadrant, slot] = np.inf, -1
        for other in range(n):
            if other != node:
                quadrant = 2 * int(places[other, 0] >= places[node, 0]) + int(places[other, 1] >= places[node, 1])
                if matrix[node, other] < reach[quadrant, k - 1]:
                    _insert(reach[quadrant], inside, quadrant, matrix[node, other], other)
        count = 0
        for quadrant in range(4):
            for slot in range(k):
                if inside[quadrant, slot] >= 0:
                    ids[node, count] = inside[quadrant, slot]
                    count += 1
        for slot in range(4 * k):
            if count < 4 * k and not _holds(ids[node], count, near[node, slot]):
                ids[node, count] = near[node, slot]
                count += 1
        sort_by_distance(ids[node], matrix[node])


@borrowing
def _holds(ids: Integers, count: int, node: int) -> bool:
    """Returns whether a node is among the first ``count``."""
    found = False
    for slot in range(count):
        found |= ids[slot] == node
    return found


@borrowing
def sort_by_distance(ids: Integers, distances: Floats) -> None:
    """Puts the nodes into the order of their distance."""
    for k in range(1, ids.shape[0]):
        node, slot = ids[k], k
        while slot > 0 and distances[ids[slot - 1]] > distances[node]:
            ids[slot] = ids[slot - 1]
            slot -= 1
        ids[slot] = node


@borrowing
def _scan(matrix: Floats, ids: Integers, best: Floats) -> None:
    """Fills in the nearest nodes by scanning each row of the matrix, from the diagonal to the left, then the right."""
    n, k = ids.shape
    for node in range(n):
        for slot in range(k):
            best[slot] = np.inf
        for step in range(1, n):
            other = node - step if step <= node else step
            if matrix[node, other] < best[k - 1]:
                _insert(best, ids, node, matrix[node, other], other)


@borrowing
def _sweep(points: Floats, axis: int, order: NDArray[np.int64], ids: Integers, best: Floats) -> None:
    """Fills in the nearest nodes by scanning along the axis from each point in both directions up to the k-th best."""
    n, k = ids.shape
    for place in range(n):
        node, step, other = order[place], -1, place - 1
        for slot in range(k):
            best[slot] = np.inf
        while other < n:
            if other < 0 or abs(points[order[other], axis] - points[node, axis]) >= best[k - 1]:
                if step == 1:
                    break
                step, other = 1, place + 1
                continue
            dx = points[node, 0] - points[order[other], 0]
            dy = points[node, 1] - points[order[other], 1]
            reach = math.sqrt(dx * dx + dy * dy)
            if reach < best[k - 1]:
                _insert(best, ids, node, reach, order[other])
            other += step


def greedy(points: Floats, matrix: Floats, neighbours: Integers, start: int) -> Integers:
    """Returns the nearest-neighbour tour ``[n]``; if all neighbours of a node are visited, all nodes are scanned."""
    n = neighbours.shape[0]
    tour = np.empty(n, np.int32)
    _walk(points, matrix, neighbours, np.int32(start), tour, np.arange(n, dtype=np.int32), np.arange(n, dtype=np.int32))
    return tour


@borrowing
def _walk(
    points: Floats,
    matrix: Floats,
    neighbours: Integers,
    start: np.int32,
    tour: Integers,
    unvisited: Integers,
    where: Integers,
) -> None:
    """Fills in the tour; the first n - place entries of ``unvisited`` are valid, ``where`` is its inverse or -1."""
    n = tour.shape[0]
    node = start
    for place in range(n):
        tour[place] = node
        rest = n - 1 - place
        last = unvisited[rest]
        unvisited[where[node]] = last
        where[last] = where[node]
        where[node] = -1
        following = node  # none
        for slot in range(neighbours.shape[1]):
            if where[neighbours[node, slot]] >= 0:
                following = neighbours[node, slot]
                break
        if following == node:
            shortest = np.inf
            for slot in range(rest):
                d = distance(points, matrix, node, unvisited[slot])
                if d < shortest or (d == shortest and unvisited[slot] < following):
                    shortest = d
                    following = unvisited[slot]
        node = following
