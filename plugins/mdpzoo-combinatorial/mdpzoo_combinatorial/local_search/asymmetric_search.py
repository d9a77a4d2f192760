"""Iterated local search for asymmetric tours, the expert of imitation learning.

Kicks are local double bridges, repaired by 3-opt without reversal (``asymmetric_moves.py``, with its sources); a
result that is not worse is accepted. Measured on 32 random metric instances of 50 nodes, mean gap to the best of ten
runs of LKH and CPU time of one thread: 0.45 % after 100 kicks (2 ms), 0.14 % after 300 (6 ms), 0.10 % after 1 000 (20
ms), 0.06 % after 2 500 (52 ms), 0.01 % after 10 000 (201 ms). On 12 of 100 nodes: 0.30 % after 1 000 (23 ms), 0.19 %
after 3 000 (68 ms), 0.12 % after 10 000 (229 ms).
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.instances.checking import check_search
from mdpzoo_combinatorial.local_search import asymmetric_moves
from mdpzoo_combinatorial.local_search.asymmetric_moves import Search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, Floats, tour_length

CHECK_INTERVAL = 1_000  # kicks between two checks of the time limit


def search(
    costs: ArrayLike,
    *,
    iterations: int | None = None,
    seed: int,
    budget: Budget | None = None,
    start: ArrayLike | None = None,
) -> tuple[NDArray[np.int64], float]:
    """Returns a tour, ``[n]`` int64 beginning with 0, and its length; never longer than ``start``.

    Args:
        costs: ``[n, n]`` from the row's node to the column's, at least 0; the diagonal is not read.
        iterations: number of kicks; 0 returns a local optimum, None: until the budget is spent.
        seed: in ``[0, 2**63)``; equal arguments without a budget give equal tours.
        budget: time limit; receives iterations and length every thousand kicks.
        start: a permutation of ``range(n)``; None: the nearest-neighbour tour from node 0.

    Raises:
        InstanceError: if a shape is another, a number is negative or not finite, or ``start`` is not a permutation.
        SettingError: if ``iterations`` or ``seed`` is out of range, or there are neither iterations nor a budget.
    """
    matrix = _validate(costs, 2)
    check_search(iterations, seed)
    if iterations is None and budget is None:
        raise SettingError("a search needs iterations or a budget, got neither")
    n = len(matrix)
    first = asymmetric_moves.nearest_tour(matrix) if start is None else np.array(start)
    if first.shape != (n,) or not np.array_equal(np.sort(first), np.arange(n)):
        raise InstanceError(f"start must be a permutation of 0..{n - 1}")
    first = asymmetric_moves.from_zero(first.astype(np.int64))
    before = float(tour_length(EMPTY, matrix, first))
    if n < 3:
        return first, before
    budget = budget or Budget()
    s = asymmetric_moves.create_search(matrix, first, seed, 0)
    _run(s, asymmetric_moves.UNLIMITED if iterations is None else iterations, 1e-12 * float(matrix.max()), budget)
    tour = asymmetric_moves.from_zero(s.tour)
    length = float(tour_length(EMPTY, matrix, tour))
    return (tour, length) if length <= before else (first, before)


def _run(s: Search, iterations: int, epsilon: float, budget: Budget) -> None:
    """Descends, then applies kicks until iterations or budget are spent; compiles before the clock starts."""
    asymmetric_moves.improve(s, epsilon, 0)
    asymmetric_moves.iterate(s, 0, epsilon)
    while s.progress.waiting and not budget.spent:
        s.progress.logged = 0
        asymmetric_moves.improve(s, epsilon, 100)
    rounds = 0
    while rounds < iterations and len(s.tour) > 3 and not budget.spent:
        kicks = min(CHECK_INTERVAL, iterations - rounds)
        asymmetric_moves.iterate(s, kicks, epsilon)
        rounds += kicks
        budget.tell(rounds, float(tour_length(EMPTY, s.costs, s.tour)))


def solve_batch(matrices: ArrayLike, *, iterations: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns tours ``[K, n]`` int64 beginning with 0 and their lengths ``[K]``, on one thread.

    Args:
        matrices: ``[K, n, n]``, as in ``search``.
        iterations: kicks for each instance, at least 0.
        seed: in ``[0, 2**63)``; instance k uses the random stream (seed, k), for any K.

    Raises:
        InstanceError: if the shape is another, or a number is negative or not finite.
        SettingError: if ``iterations`` or ``seed`` is out of range.
    """
    array = _validate(matrices, 3)
    check_search(iterations, seed)
    tours, lengths = np.empty(array.shape[:2], np.int64), np.empty(len(array))
    for row, matrix in enumerate(array):
        tours[row] = asymmetric_moves.nearest_tour(matrix)
        if len(matrix) > 2:
            s = asymmetric_moves.create_search(matrix, tours[row], seed, row)
            epsilon = 1e-12 * float(matrix.max())
            asymmetric_moves.improve(s, epsilon, asymmetric_moves.UNLIMITED)
            if len(matrix) > 3:
                asymmetric_moves.iterate(s, iterations, epsilon)
            tours[row] = asymmetric_moves.from_zero(s.tour)
        lengths[row] = tour_length(EMPTY, matrix, tours[row])
    return tours, lengths


def _validate(costs: ArrayLike, dimensions: int) -> Floats:
    array = np.array(costs, np.float64, order="C")  # a copy, since kernels would be compiled again for read-only arrays
    if array.ndim != dimensions or array.shape[-1] == 0 or array.shape[-1] != array.shape[-2]:
        wanted = "[n, n]" if dimensions == 2 else "[K, n, n]"
        raise InstanceError(f"costs must have the shape {wanted} with n > 0, got {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < 1e150):
        raise InstanceError("costs must be at least 0 and below 1e150; check the array for NaN")
    return array
