"""Iterated local search for symmetric tours, the expert that the imitation learners and the tests take labels from.

Kicks swap two neighbouring segments, 3-opt repairs them (``three_opt.py``, with its sources), what is not worse stays.
Measured on 128 uniform instances of 100 nodes, mean gap to LKH and CPU time of one thread: 2.1 % without kicks
(0.3 ms), 0.19 % after 300 (7 ms), 0.09 % after 1 000 (23 ms), 0.03 % after 3 000 (68 ms), 0.01 % after 10 000 (228 ms).
"""

import time

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.instances.checking import check_search
from mdpzoo_combinatorial.local_search import three_opt
from mdpzoo_combinatorial.local_search.neighbours import EMPTY, full_matrix, greedy, nearest, tour_length
from mdpzoo_combinatorial.local_search.three_opt import MATRIX_LIMIT, NEIGHBOURS


def _checked(coordinates_or_matrix: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Splits the argument into ``points`` and ``matrix``, one of them empty."""
    array = np.ascontiguousarray(coordinates_or_matrix, np.float64)
    if array.ndim != 2 or array.size == 0 or array.shape[1] not in (2, array.shape[0]):
        raise InstanceError(f"a tour needs coordinates [n, 2] or a matrix [n, n], got the shape {array.shape}")
    if not np.abs(array).max() < 1e150:
        raise InstanceError("coordinates and distances must be finite and below 1e150; check the array for NaN")
    if array.shape[1] == 2:
        return array, EMPTY
    if not np.array_equal(array, array.T):
        i, j = np.argwhere(array != array.T)[0]
        raise InstanceError(f"the matrix must be symmetric, but [{i}, {j}] is {array[i, j]} and back {array[j, i]}")
    return EMPTY, array


def nearest_neighbour_tour(coordinates_or_matrix: ArrayLike, start: int = 0) -> NDArray[np.int64]:
    """Returns the tour that always goes on to the nearest node left, ``[n]`` int64 beginning with ``start``.

    Args:
        coordinates_or_matrix: ``[n, 2]`` for Euclidean distances (also where n = 2), or a symmetric ``[n, n]``.
        start: a node, in ``[0, n)``.
    Raises:
        InstanceError: a wrong shape, a number that is not finite, an asymmetric matrix.
        SettingError: ``start`` is no node.
    Costs O(n^2) for a matrix, about O(n^1.5) for coordinates.
    """
    points, matrix = _checked(coordinates_or_matrix)
    n = max(len(points), len(matrix))
    if not 0 <= start < n:
        raise SettingError(f"start must lie in [0, {n}), got {start}")
    neighbours = nearest(points, matrix, min(NEIGHBOURS, n - 1))
    return np.asarray(greedy(points, matrix, neighbours, start), np.int64)


def iterated_local_search(
    coordinates_or_matrix: ArrayLike,
    *,
    iterations: int,
    seed: int,
    start: ArrayLike | None = None,
    seconds: float | None = None,
) -> tuple[NDArray[np.int64], float]:
    """Returns a tour, ``[n]`` int64, and its length; never longer than ``start``.

    Args:
        coordinates_or_matrix: ``[n, 2]`` for Euclidean distances (also where n = 2), or a symmetric ``[n, n]``.
        iterations: kicks, at least 0; 0 gives a 3-opt tour.
        seed: any integer in ``[0, 2**63)``; equal arguments without ``seconds`` give equal tours.
        start: a permutation of ``range(n)``; the nearest-neighbour tour from node 0 if not given.
        seconds: wall-clock limit; the search ends at it or at ``iterations``, whichever comes first.
    Raises:
        InstanceError: a wrong shape, a number that is not finite, an asymmetric matrix, a wrong start.
        SettingError: ``iterations`` or ``seed`` out of range.
    """
    points, matrix = _checked(coordinates_or_matrix)
    check_search(iterations, seed)
    deadline = None if seconds is None else time.perf_counter() + seconds
    n = max(len(points), len(matrix))
    neighbours = nearest(points, matrix, min(NEIGHBOURS, n - 1))
    first = np.asarray(greedy(points, matrix, neighbours, 0) if start is None else start)
    if first.shape != (n,) or not np.array_equal(np.sort(first), np.arange(n)):
        raise InstanceError(f"start must be a permutation of 0..{n - 1}")
    first = first.astype(np.int64)
    before = tour_length(points, matrix, first)
    if n < 4:
        return first, float(before)
    stored = full_matrix(points) if matrix.size == 0 and n <= MATRIX_LIMIT else matrix
    search = three_opt.prepared(points, stored, neighbours, first, seed, 0)
    _run(search, iterations, three_opt.resolution(points if matrix.size == 0 else matrix), deadline)
    tour = search.tour.astype(np.int64)
    after = tour_length(points, matrix, tour)
    return (tour, float(after)) if after <= before else (first, float(before))


def _run(search: three_opt.Search, iterations: int, epsilon: float, deadline: float | None) -> None:
    """Improves and iterates, in pieces of a few milliseconds where there is a deadline."""
    if deadline is None:
        three_opt.improve(search, epsilon, np.iinfo(np.int64).max)
        three_opt.iterate(search, iterations, epsilon)
        return
    while search.counters[1] and time.perf_counter() < deadline:
        search.counters[2] = 0
        three_opt.improve(search, epsilon, 100)
    while iterations > 0 and time.perf_counter() < deadline:
        piece = min(100, iterations)
        three_opt.iterate(search, piece, epsilon)
        iterations -= piece


def solve_batch(coordinates: ArrayLike, *, iterations: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns tours ``[B, n]`` int64 and their Euclidean lengths ``[B]``, in one compiled call on one thread.

    Args:
        coordinates: ``[B, n, 2]``.
        iterations: kicks for each instance, at least 0.
        seed: any integer in ``[0, 2**63)``; instance b draws from the stream (seed, b), whatever B is.
    Raises:
        InstanceError: a wrong shape, or a number that is not finite.
        SettingError: ``iterations`` or ``seed`` out of range.
    """
    array = np.ascontiguousarray(coordinates, np.float64)
    if array.ndim != 3 or array.shape[2] != 2 or array.shape[1] == 0:
        raise InstanceError(f"coordinates must have the shape [B, n, 2] with n > 0, got {array.shape}")
    if array.size and not np.abs(array).max() < 1e150:
        raise InstanceError("coordinates must be finite and below 1e150; check the array for NaN")
    check_search(iterations, seed)
    tours, lengths = three_opt.solve_batch(array, iterations, seed, EMPTY)
    return tours, lengths
