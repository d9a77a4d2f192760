"""Anytime search for orienteering: ruin and recreate with annealing, the expert of imitation learning.

The rounds, with their sources, are in ``prize_rounds.py``, the changes of a tour in ``prize_tours.py``. Measured on 24
uniform instances of 100 nodes with prizes by distance and limit 4, mean gap to the best of all runs of up to 200 000
rounds, and CPU time of one thread: 1.8 % after 300 rounds (9 ms), 0.32 % after 1 000 (26 ms), 0.13 % after 3 000
(79 ms), 0.06 % after 10 000 (280 ms). At 0.3 seconds ``pyvrp`` is 4.5 % away, at 3 seconds 2.5 %.
"""

import math
import time

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.instances.checking import check_search
from mdpzoo_combinatorial.local_search import prize_rounds
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import full_matrix
from mdpzoo_combinatorial.local_search.prize_tours import Search

Floats = NDArray[np.float64]
PIECE = 20_000  # rounds times nodes between two checks of the time limit
FIRST_CYCLE = 2_000  # rounds; each cycle after it is twice as long
START_SLACK = 1e-9  # by how much of the limit a start may exceed it, in other orders of summation


def search(
    costs: ArrayLike,
    prizes: ArrayLike,
    limit: float,
    *,
    iterations: int | None = None,
    seed: int,
    budget: Budget | None = None,
    start: ArrayLike | None = None,
) -> list[int]:
    """Returns a closed tour that begins with the depot, node 0, and is never worse than ``start``.

    With iterations, the temperature falls once; without, in cycles that double in length, the last one until the time
    limit.

    Args:
        costs: ``[n, n]`` from the row's node to the column's, at least 0 and obeying the triangle inequality, or
            nearly; the diagonal is not read.
        prizes: ``[n]``, at least 0; that of the depot is not read.
        limit: what the tour may cost, added in its order from the depot; it is never exceeded.
        iterations: rounds; 0 gives a local optimum, None: until the budget is spent.
        seed: in ``[0, 2**63)``; equal arguments without a budget give equal tours.
        budget: ends the search; told the rounds and the prize now and then.
        start: a tour within the limit that begins with 0; if not given, insertion makes one.

    Raises:
        InstanceError: a wrong shape, a number that is not finite or is negative, a wrong start.
        SettingError: ``iterations`` or ``seed`` out of range, or neither iterations nor a budget.
    """
    matrix, gains = _checked(costs, "costs", 2), _checked(prizes, "prizes", 1)
    if matrix.shape != (len(gains), len(gains)) or not len(gains):
        raise InstanceError(f"costs must have the shape [n, n] and prizes [n], got {matrix.shape} and {gains.shape}")
    allowed = float(_checked(limit, "the limit", 0))
    check_search(iterations, seed)
    if iterations is None and budget is None:
        raise SettingError("a search needs iterations or a budget, got neither")
    first = _started(matrix, allowed, start)
    nodes, less, worth = prize_rounds.reduced(matrix, gains, allowed)
    if len(nodes) == 1:
        return first.tolist()
    place = np.full(len(gains), -1)
    place[nodes] = np.arange(len(nodes))
    inside = place[first]
    s = prize_rounds.prepared(less, worth, allowed, inside[inside >= 0], seed, 0)
    _run(s, iterations, 1e-12 * float(less.max()), budget or Budget())
    tour = prize_rounds.from_depot(s, nodes)
    return max((first, tour), key=lambda each: _objective(matrix, gains, allowed, each)).tolist()


def _objective(costs: Floats, prizes: Floats, limit: float, tour: NDArray[np.int64]) -> tuple[bool, float, float]:
    """The order of tours: within the limit first, then more prize, then less length."""
    long = _length(costs, tour)
    return long <= limit, math.fsum(prizes[tour[1:]]), -long


def _length(costs: Floats, tour: NDArray[np.int64]) -> float:
    total = 0.0
    for a, b in zip(tour.tolist(), np.roll(tour, -1).tolist(), strict=True):
        total += float(costs[a, b]) if a != b else 0.0
    return total


def _started(costs: Floats, limit: float, start: ArrayLike | None) -> NDArray[np.int64]:
    if start is None:
        return np.zeros(1, np.int64)
    tour = np.array(start)
    n = len(costs)
    if tour.ndim != 1 or tour.dtype.kind != "i" or not len(tour) or tour[0] or tour.min() < 0 or tour.max() >= n:
        raise InstanceError(f"start must be a list of nodes of 0..{n - 1} that begins with 0")
    if len(np.unique(tour)) < len(tour):
        raise InstanceError("start must visit no node twice")
    long = _length(costs, tour)
    if long > limit * (1 + START_SLACK):
        raise InstanceError(f"start must be within the limit {limit:g}, its length is {long:g}")
    return tour.astype(np.int64)


def _run(s: Search, iterations: int | None, epsilon: float, budget: Budget) -> None:
    """Makes one cycle of ``iterations`` rounds, or cycles until the budget is spent."""
    prize_rounds.anneal(s, -1, 0, 1, epsilon)
    done = 0
    if iterations is not None:
        _cycle(s, iterations, done, epsilon, budget)
        return
    rounds, pace = FIRST_CYCLE, 0.0  # pace: seconds a round
    while not budget.spent:
        if 3 * rounds * pace > budget.left:
            rounds = max(1, int(budget.left / pace))
        began = time.monotonic()
        done = _cycle(s, rounds, done, epsilon, budget)
        pace = (time.monotonic() - began) / rounds
        rounds *= 2


def _cycle(s: Search, rounds: int, done: int, epsilon: float, budget: Budget) -> int:
    """Makes one cycle; returns ``done`` plus its rounds."""
    piece = max(1, PIECE // len(s.nodes))
    for first in range(0, rounds, piece):
        if budget.spent:
            break
        last = min(first + piece, rounds)
        prize_rounds.anneal(s, first, last, rounds, epsilon)
        done += last - first
        budget.tell(done, float(s.progress.best_prize))
    return done


def solve_batch(
    places: ArrayLike, prizes: ArrayLike, limits: ArrayLike, *, iterations: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Returns the nodes visited, ``[K, n - 1]`` int64 with -1 behind the last, and the prizes ``[K]``.

    The depot, node 0, is not in the sequences.

    Args:
        places: ``[K, n, 2]``, n > 0; distances are Euclidean.
        prizes: ``[K, n]``, at least 0; that of the depot is not read.
        limits: ``[K]``, as ``search`` takes it.
        iterations: rounds for each instance, at least 0.
        seed: in ``[0, 2**63)``; instance k draws from the stream (seed, k), whatever K is.

    Raises:
        InstanceError: wrong shapes, or a number that is not finite or out of its range.
        SettingError: ``iterations`` or ``seed`` out of range.
    """
    array = np.ascontiguousarray(places, np.float64)
    gains, allowed = _checked(prizes, "prizes", 2), _checked(limits, "limits", 1)
    if array.shape != (*gains.shape, 2) or len(allowed) != len(gains) or not gains.shape[1]:
        shapes = f"{array.shape}, {gains.shape} and {allowed.shape}"
        raise InstanceError(f"places, prizes and limits must be [K, n, 2], [K, n] and [K] with n > 0, got {shapes}")
    if array.size and not np.abs(array).max() < 1e150:
        raise InstanceError("places must be finite and below 1e150; check the array for NaN")
    check_search(iterations, seed)
    sequences, gained = np.full((len(gains), gains.shape[1] - 1), -1), np.zeros(len(gains))
    for k, (points, all_prizes, limit) in enumerate(zip(array, gains, allowed.tolist(), strict=True)):
        nodes, costs, prizes_there = prize_rounds.reduced(full_matrix(points), all_prizes, limit)
        if len(nodes) == 1:
            continue
        s = prize_rounds.prepared(costs, prizes_there, limit, np.zeros(1, np.int64), seed, k)
        epsilon = 1e-12 * float(costs.max())
        prize_rounds.anneal(s, -1, 0, 1, epsilon)
        prize_rounds.anneal(s, 0, iterations, iterations, epsilon)
        tour = prize_rounds.from_depot(s, nodes)[1:]
        sequences[k, : len(tour)] = tour
        gained[k] = sum(all_prizes[tour].tolist())
    return sequences, gained


def _checked(values: ArrayLike, name: str, dimensions: int) -> Floats:
    array = np.ascontiguousarray(values, np.float64).reshape(np.shape(values))
    if array.ndim != dimensions:
        raise InstanceError(f"{name} must have {dimensions} dimensions, got the shape {array.shape}")
    if array.size and not (array.min() >= 0 and array.max() < 1e150):
        raise InstanceError(f"{name} must be at least 0 and below 1e150; check for NaN")
    return array
