"""Iterated Lin-Kernighan for symmetric tours, the expert of imitation learning.

Double-bridge kicks at random positions are repaired by Lin-Kernighan chains and accepted by simulated annealing; the
modules of ``lin_kernighan`` name the sources. On 128 uniform instances of 100 nodes, mean gap to one run of LKH and CPU
time of one thread: 2.1 % after 3-opt alone (0.5 ms), 0.02 % after 100 kicks (17 ms), none after 300 (26 ms);
measured by ``benchmarks/local_search.py``.
"""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.instances.checking import check_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import (
    EMPTY,
    Floats,
    Integers,
    full_matrix,
    greedy,
    nearest,
    tour_length,
)
from mdpzoo_combinatorial.local_search.lin_kernighan.alpha_nearness import candidates, penalties_of
from mdpzoo_combinatorial.local_search.lin_kernighan.array_tours import Search, create_search
from mdpzoo_combinatorial.local_search.lin_kernighan.chains import improve
from mdpzoo_combinatorial.local_search.lin_kernighan.kicks import iterate

NEAREST = 8  # candidates of a node by distance
ALPHA_NEAREST = 5  # candidates of a node by alpha-nearness
MATRIX_LIMIT = 3_000  # largest number of nodes for which distances are stored (72 MB)
DEPTH = 3  # steps of a chain after the first
HOTTEST = 0.1  # initial temperature, in mean edge lengths
PIECE = 20  # kicks at one temperature
NODES = 100  # processed by the first descent between two checks of the time limit
REPORT = 1_000  # kicks between two reports
STARTS = 8  # initial tours of a search that is long enough for candidates by alpha-nearness
TRIAL = 0.1  # fraction of the search between two selections among them
TREES = 100  # spanning trees for the candidates, after which penalties have converged
TREE_WORK = 1e8  # maximum number of matrix entries that they read, about 0.3 s


def _validate(coordinates_or_matrix: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
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
        raise InstanceError(
            f"the matrix must be symmetric, but [{i}, {j}] is {array[i, j]} and [{j}, {i}] is {array[j, i]}"
        )
    return EMPTY, array


def nearest_neighbour_tour(coordinates_or_matrix: ArrayLike, start: int = 0) -> NDArray[np.int64]:
    """Returns the tour that always visits the nearest remaining node next, ``[n]`` int64 beginning with ``start``.

    Args:
        coordinates_or_matrix: ``[n, 2]`` for Euclidean distances (also if n = 2), or a symmetric ``[n, n]``.
        start: a node, in ``[0, n)``.
    Raises:
        InstanceError: if the shape is another, a number is not finite, or the matrix is asymmetric.
        SettingError: if ``start`` is out of range.
    Takes O(n^2) for a matrix, about O(n^1.5) for coordinates.
    """
    points, matrix = _validate(coordinates_or_matrix)
    n = max(len(points), len(matrix))
    if not 0 <= start < n:
        raise SettingError(f"start must lie in [0, {n}), got {start}")
    neighbours = nearest(points, matrix, min(NEAREST, n - 1))
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
        coordinates_or_matrix: ``[n, 2]`` for Euclidean distances (also if n = 2), or a symmetric ``[n, n]``.
        iterations: number of kicks, at least 0; 0 gives a 3-opt tour.
        seed: any integer in ``[0, 2**63)``; equal arguments without ``seconds`` give equal tours.
        start: a permutation of ``range(n)``; None: nearest-neighbour tours.
        seconds: wall-clock limit in addition to ``iterations``; computing candidates before the search takes up to a
            tenth of it.
    Raises:
        InstanceError: if the shape is another, a number is not finite, the matrix is asymmetric, or ``start`` is not a
            permutation.
        SettingError: if ``iterations`` or ``seed`` is out of range.
    """
    points, matrix = _validate(coordinates_or_matrix)
    check_search(iterations, seed)
    n = max(len(points), len(matrix))
    if start is None:
        tour, length = search(points, matrix, iterations=iterations, seed=seed, budget=Budget(seconds))
        return tour.astype(np.int64), length
    first = np.asarray(start)
    if first.shape != (n,) or not np.array_equal(np.sort(first), np.arange(n)):
        raise InstanceError(f"start must be a permutation of 0..{n - 1}")
    first = first.astype(np.int32)
    before = float(tour_length(points, matrix, first))
    tour, length = search(points, matrix, iterations=iterations, seed=seed, budget=Budget(seconds), start=first)
    return (tour.astype(np.int64), length) if length <= before else (first.astype(np.int64), before)


def search(
    points: Floats,
    matrix: Floats,
    *,
    iterations: int | None,
    seed: int,
    budget: Budget,
    start: Integers | None = None,
    stream: int = 0,
) -> tuple[Integers, float]:
    """Returns the best tour, ``[n]`` int32, and its length.

    Args:
        points: ``[n, 2]`` for Euclidean distances, or ``EMPTY`` if there is a matrix.
        matrix: ``[n, n]``, symmetric, or ``EMPTY``.
        iterations: number of kicks, at least 0; 0 gives a 3-opt tour; None: until the time limit.
        seed: any integer in ``[0, 2**63)``.
        budget: the time limit; its clock starts after compilation and after computing candidates, which takes up to a
            tenth of it.
        start: ``[n]`` int32, a permutation; None: nearest-neighbour tours.
        stream: the random stream for the seed.
    """
    n = max(len(points), len(matrix))
    extent = float(np.ptp(matrix if matrix.size else points))
    trees = _trees(n, iterations, budget.seconds)
    near: Integers | None = None if trees else nearest(points, matrix, min(NEAREST, n - 1))
    if matrix.size == 0 and n <= MATRIX_LIMIT:
        points, matrix = EMPTY, full_matrix(points)
    if near is None:
        near = candidates(matrix, penalties_of(matrix, trees), min(ALPHA_NEAREST, n - 1))
    if start is not None:
        starts = [start]
    elif trees:
        nodes = np.random.default_rng(seed).permutation(n)[:STARTS]
        starts = [greedy(points, matrix, near, int(node)) for node in nodes]
    else:
        starts = [greedy(points, matrix, near, 0)]
    if n < 4:
        return starts[0], float(tour_length(points, matrix, starts[0]))
    depth = 0 if iterations == 0 else DEPTH
    states = [
        create_search(points, matrix, near, each, depth, seed, stream + (k << 32)) for k, each in enumerate(starts)
    ]
    epsilon = 1e-12 * extent
    improve(states[0], epsilon, 0)  # both are compiled here if they are not cached, before the clock starts
    iterate(states[0], 0, epsilon, 0.0)
    return _Race(states, iterations, epsilon, budget).run()


def descent(points: Floats, matrix: Floats, near: Integers, start: Integers, budget: Budget) -> Integers:
    """Returns the local optimum of Lin-Kernighan chains from a tour, ``[n]`` int32.

    Args:
        points: as in ``search``.
        matrix: as in ``search``.
        near: ``[n, k]`` int32, candidates of each node, nearest first.
        start: ``[n]`` int32, a permutation of at least 4 nodes.
        budget: the time limit.
    """
    state = create_search(points, matrix, near, start, DEPTH, 0, 0)
    _descend(state, 1e-12 * float(np.ptp(matrix if matrix.size else points)), budget)
    return state.tour


def _descend(state: Search, epsilon: float, budget: Budget) -> None:
    """Processes all queued nodes, within the budget."""
    while state.progress.waiting and not budget.spent:
        improve(state, epsilon, NODES)
        state.progress.logged = 0


class _Race:
    """Searches from several starts; the worse half is dropped after each of three trials, and the best one continues.

    Descents from different starts have different connections between clusters, which local kicks do not change. In each
    trial, the remaining searches share ``TRIAL`` of the kicks or time at the highest temperature; then the best cools.
    """

    def __init__(self, states: list[Search], iterations: int | None, epsilon: float, budget: Budget) -> None:
        """Descends from every start, within the budget."""
        self.states, self.iterations, self.epsilon, self.budget = states, iterations, epsilon, budget
        self.done = 0
        for state in states:
            _descend(state, epsilon, budget)
            state.best[:] = state.tour
        self._sort()
        self.hottest = HOTTEST * self.length / len(states[0].tour)

    @property
    def length(self) -> float:
        """The length of the best tour so far; the searches must be sorted."""
        best = self.states[0]
        return float(tour_length(best.points, best.matrix, best.best))

    def run(self) -> tuple[Integers, float]:
        """Runs the searches; returns the best tour and its length."""
        trials = len(self.states).bit_length() - 1
        for _ in range(trials):
            before = self._progress()
            for rank, state in enumerate(self.states):
                self._kick(state, before + TRIAL * (rank + 1) / len(self.states), cools=False)
            self._sort()
            self.states = self.states[: len(self.states) // 2]
        self._kick(self.states[0], 1.0, cools=True)
        return self.states[0].best, self.length

    def _kick(self, state: Search, until: float, *, cools: bool) -> None:
        """Applies kicks until the fraction ``until`` of the search is completed."""
        before = self._progress()
        while (now := self._progress()) < until and not self.budget.spent:
            kicks = PIECE
            if self.iterations is not None:
                kicks = max(1, min(PIECE, math.ceil(until * self.iterations) - self.done))  # 0 only by rounding
            temperature = self.hottest * (1 - now) / (1 - before) if cools else self.hottest
            iterate(state, kicks, self.epsilon, temperature)
            self.done += kicks
            if self.done % REPORT < PIECE:
                self.budget.tell(self.done, self.length)

    def _progress(self) -> float:
        """Returns the completed fraction of the search, in ``[0, 1]``, by kicks or by time."""
        by_kicks = 0.0
        if self.iterations is not None:
            by_kicks = self.done / self.iterations if self.iterations else 1.0
        seconds = self.budget.seconds
        return min(1.0, by_kicks if seconds is None else max(by_kicks, self.budget.used / seconds))

    def _sort(self) -> None:
        """Sorts the searches by the length of their best tours."""
        self.states.sort(key=lambda state: float(tour_length(state.points, state.matrix, state.best)))


def _trees(nodes: int, iterations: int | None, seconds: float | None) -> int:
    """Returns the number of spanning trees for the candidates; 0 if they would take longer than the search."""
    if not 3 < nodes <= MATRIX_LIMIT or (iterations is not None and iterations < nodes):
        return 0
    work = TREE_WORK if seconds is None else TREE_WORK * min(1.0, seconds / 3)
    trees = int(min(TREES, work / nodes**2))
    return trees if trees >= 3 else 0


def solve_batch(coordinates: ArrayLike, *, iterations: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns tours ``[B, n]`` int64 and their Euclidean lengths ``[B]``, on one thread.

    Args:
        coordinates: ``[B, n, 2]``.
        iterations: kicks for each instance, at least 0.
        seed: any integer in ``[0, 2**63)``; instance b uses the random stream (seed, b), for any B.
    Raises:
        InstanceError: if the shape is another or a number is not finite.
        SettingError: if ``iterations`` or ``seed`` is out of range.
    """
    array = np.ascontiguousarray(coordinates, np.float64)
    if array.ndim != 3 or array.shape[2] != 2 or array.shape[1] == 0:
        raise InstanceError(f"coordinates must have the shape [B, n, 2] with n > 0, got {array.shape}")
    if array.size and not np.abs(array).max() < 1e150:
        raise InstanceError("coordinates must be finite and below 1e150; check the array for NaN")
    check_search(iterations, seed)
    tours, lengths = np.empty(array.shape[:2], np.int64), np.empty(len(array))
    for row, points in enumerate(array):
        tours[row], lengths[row] = search(points, EMPTY, iterations=iterations, seed=seed, budget=Budget(), stream=row)
    return tours, lengths
