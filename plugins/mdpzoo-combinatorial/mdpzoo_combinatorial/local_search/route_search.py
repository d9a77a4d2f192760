"""Anytime search for routes of limited capacity, which is also the expert of imitation learning.

It starts from the routes of the savings heuristic (Clarke and Wright 1964) and applies ruin and recreate with simulated
annealing (``string_removals.py``, with its source). The temperature falls with the iterations or with the elapsed time.
Measured on 16 uniform instances of 100 customers, mean gap to 10 seconds of PyVRP and CPU time of one thread on a busy
machine: 5.3 % after 0 iterations (1 ms), 1.2 % after 10 000 (50 ms), 0.6 % after 30 000 (0.14 s), 0.4 % after 100 000
(0.5 s), 0.05 % after 300 000 (1.4 s).
"""

import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.instances.checking import check_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, full_matrix, nearest
from mdpzoo_combinatorial.local_search.route_state import Search, create_search, savings_routes
from mdpzoo_combinatorial.local_search.string_removals import COLD, HOT, STEP, anneal

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
NEAR = 100  # neighbours of a customer, from whose routes strings are removed together with its own
CHECK_INTERVAL = 0.01  # seconds between two checks of the time limit
FIRST = 0.1  # fraction of the time for the first annealing
DESCENT = 30  # iterations of a descent per customer
LIMIT = 10.0  # seconds, if neither iterations nor a budget limit the search


def search(
    costs: ArrayLike,
    demands: ArrayLike,
    capacity: int,
    *,
    iterations: int | None = None,
    seed: int,
    budget: Budget | None = None,
    start: Sequence[Sequence[int]] | None = None,
) -> tuple[list[list[int]], float]:
    """Returns routes of customers, without the depot, and what they cost; never more than ``start``.

    Args:
        costs: ``[n, n]``, from the row's node to the column's, at least 0, symmetric or not; node 0 is the
            depot, the diagonal is not read.
        demands: ``[n]`` integers, the depot's 0.
        capacity: of each vehicle, at least the largest demand.
        iterations: number of iterations, at least 0, over which the temperature falls; None: it falls over the budget.
        seed: any integer in ``[0, 2**63)``; equal arguments with ``iterations`` and without a time limit give equal
            routes.
        budget: time limit; ``LIMIT`` seconds if neither it nor ``iterations`` limits the search.
        start: initial routes; None: those of the savings heuristic.
    Raises:
        InstanceError: if a shape is another, a number is out of range, or ``start`` is not a solution.
        SettingError: if ``iterations`` or ``seed`` is out of range.
    An iteration takes O(r m), for r removed customers and m positions on routes with sufficient capacity.
    """
    matrix, wanted = _validate(costs, demands, capacity)
    check_search(iterations, seed)
    if len(matrix) == 1:
        return [], 0.0
    back = matrix if np.array_equal(matrix, matrix.T) else np.ascontiguousarray(matrix.T)
    near = nearest(EMPTY, matrix + back, min(NEAR, len(matrix) - 1))
    if start is None:
        flat, sizes = savings_routes(matrix, back, wanted, capacity, near)
    else:
        flat, sizes = _flat(start, wanted, capacity)
    before = _cost(matrix, _lists(flat, sizes))
    s = create_search(matrix, back, wanted, capacity, near, flat, sizes, seed, 0)
    anneal(s, 0, 0, 1, 1.0, 1.0)  # compiled here if it is not cached, before the clock starts
    if iterations is None:
        _by_time(s, budget or Budget())
    else:
        _by_iterations(s, iterations, budget or Budget())
    routes = _best(s)
    cost = _cost(matrix, routes)
    return (routes, cost) if cost <= before else (_lists(flat, sizes), before)


def _by_iterations(s: Search, iterations: int, budget: Budget) -> None:
    """Anneals over ``iterations`` iterations, or until the budget is spent."""
    hot, cold = temperatures(s)
    for first in range(0, iterations, STEP):
        if budget.spent:
            break
        last = min(first + STEP, iterations)
        anneal(s, first, last, iterations, hot, cold)
        budget.tell(last, float(s.progress.best))


def _by_time(s: Search, budget: Budget) -> None:
    """Anneals twice within the budget, with a check about every ``CHECK_INTERVAL`` seconds.

    The first annealing is short, so that routes are good even if the search is stopped early.
    """
    hot, cold = temperatures(s)
    whole = budget.left if budget.left < float("inf") else LIMIT
    began = before = time.monotonic()
    piece, done = STEP, 0
    while before - began < whole and not budget.spent:
        gone = (before - began) / whole
        fallen = gone / FIRST if gone < FIRST else (gone - FIRST) / (1.0 - FIRST)
        temperature = hot * (cold / hot) ** fallen
        anneal(s, 0, piece, piece, temperature, temperature)
        done += piece
        now = time.monotonic()
        longer = min(2.0, min(CHECK_INTERVAL, whole / 50) / max(now - before, 1e-6))
        piece, before = max(1, int(piece * longer)), now
        budget.tell(done, float(s.progress.best))


def descent(
    costs: Floats, demands: Integers, capacity: int, near: NDArray[np.int32], routes: list[list[int]], seed: int
) -> list[list[int]]:
    """Returns the result of ``DESCENT`` iterations per customer at the lowest temperature.

    Args:
        costs: as in ``search``.
        demands: as in ``search``, int64.
        capacity: as in ``search``.
        near: ``[n, k]``, the nearest nodes of each node.
        routes: feasible routes of customers.
        seed: any integer in ``[0, 2**63)``.
    """
    flat = np.concatenate([np.asarray(route, np.int64) for route in routes])
    sizes = np.array([len(route) for route in routes], np.int64)
    back = costs if np.array_equal(costs, costs.T) else np.ascontiguousarray(costs.T)
    s = create_search(costs, back, demands, capacity, near, flat, sizes, seed, 0)
    _, cold = temperatures(s)
    iterations = DESCENT * len(flat)
    anneal(s, 0, iterations, iterations, cold, cold)
    return _best(s)


def solve_batch(
    coordinates: ArrayLike, demands: ArrayLike, capacities: ArrayLike, *, iterations: int, seed: int
) -> tuple[Integers, Floats]:
    """Returns solutions as actions, ``[K, n - 1]``, and their Euclidean costs ``[K]``.

    An action is ``2 * customer``, plus 1 if the vehicle returns to the depot before; never for the first customer.

    Args:
        coordinates: ``[K, n, 2]``, the depot first.
        demands: ``[K, n]`` integers, the depot's 0.
        capacities: ``[K]`` integers, at least the largest demand.
        iterations: for each instance, at least 0.
        seed: any integer in ``[0, 2**63)``; instance k uses the random stream (seed, k), for any K.
    Raises:
        InstanceError: if a shape is another, or a number is out of range.
        SettingError: if ``iterations`` or ``seed`` is out of range.
    """
    points = np.array(coordinates, np.float64, order="C")
    if points.ndim != 3 or points.shape[2] != 2 or points.shape[1] < 2:
        raise InstanceError(f"coordinates must have the shape [K, n, 2] with n > 1, got {points.shape}")
    if points.size and not np.abs(points).max() < 1e150:
        raise InstanceError("coordinates must be finite and below 1e150; check the array for NaN")
    wanted, room = _whole(demands, "demands"), _whole(capacities, "capacities")
    if wanted.shape != points.shape[:2] or room.shape != points.shape[:1]:
        raise InstanceError(
            f"for coordinates {points.shape} demands must be {points.shape[:2]} and capacities {points.shape[:1]}, "
            f"got {wanted.shape} and {room.shape}"
        )
    for each, capacity in zip(wanted, room.tolist(), strict=True):
        _check_demands(each, capacity)
    check_search(iterations, seed)
    sequences, totals = np.empty((len(points), points.shape[1] - 1), np.int64), np.empty(len(points))
    for b, (each, demand, capacity) in enumerate(zip(points, wanted, room.tolist(), strict=True)):
        costs = full_matrix(each)
        near = nearest(each, EMPTY, min(NEAR, len(each) - 1))
        s = create_search(
            costs, costs, demand, capacity, near, *savings_routes(costs, costs, demand, capacity, near), seed, b
        )
        anneal(s, 0, iterations, iterations, *temperatures(s))
        routes = _best(s)
        sequences[b] = [2 * stop + (k == 0) for route in routes for k, stop in enumerate(route)]
        sequences[b, 0] -= 1  # the first vehicle starts at the depot
        totals[b] = _cost(costs, routes)
    return sequences, totals


def temperatures(s: Search) -> tuple[float, float]:
    """Returns the first and the last temperature, in units of cost."""
    mean = max(float(s.progress.best) / (len(s.customers) - 1 + int(s.progress.rows)), 1e-300)
    return HOT * mean, COLD * mean


def _best(s: Search) -> list[list[int]]:
    """Returns the customers of the best routes."""
    return [row[1 : size + 1].tolist() for row, size in zip(s.best_order, s.routes["best_size"], strict=True) if size]


def _validate(costs: ArrayLike, demands: ArrayLike, capacity: int) -> tuple[Floats, Integers]:
    """Returns validated copies of both arrays, since kernels would be compiled again for read-only arrays."""
    matrix, wanted = np.array(costs, np.float64, order="C"), _whole(demands, "demands")
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise InstanceError(f"costs must have the shape [n, n], got {matrix.shape}")
    if not (matrix.min() >= 0 and matrix.max() < 1e150):
        raise InstanceError("costs must lie in [0, 1e150); check the array for NaN")
    if wanted.shape != matrix.shape[:1]:
        raise InstanceError(f"demands must have the shape ({len(matrix)},), got {wanted.shape}")
    _check_demands(wanted, capacity)
    np.fill_diagonal(matrix, 0.0)
    return matrix, wanted


def _whole(numbers: ArrayLike, name: str) -> Integers:
    given = np.asarray(numbers)
    whole = np.array(given, np.int64, order="C")
    if not np.array_equal(whole, given):
        raise InstanceError(f"{name} must be integers")
    return whole


def _check_demands(demands: Integers, capacity: int) -> None:
    if demands[0] != 0 or demands.min() < 0 or demands.max() > capacity:
        raise InstanceError(
            f"demands must lie in 0..{capacity}, the capacity, and the depot's must be 0, got "
            f"{demands.min()}..{demands.max()} and {demands[0]}"
        )


def _flat(start: Sequence[Sequence[int]], demands: Integers, capacity: int) -> tuple[Integers, Integers]:
    """Returns the customers of all routes and the sizes of routes that are not empty."""
    routes = [np.asarray(route, np.int64) for route in start if len(route)]
    flat = np.concatenate([np.zeros(0, np.int64), *routes])
    if not np.array_equal(np.sort(flat), np.arange(1, len(demands))):
        raise InstanceError(f"start must be routes that visit each customer in 1..{len(demands) - 1} once")
    if any(demands[route].sum() > capacity for route in routes):
        raise InstanceError(f"a route of start exceeds the capacity {capacity}")
    return flat, np.array([len(route) for route in routes], np.int64)


def _lists(flat: Integers, sizes: Integers) -> list[list[int]]:
    return [each.tolist() for each in np.split(flat, np.cumsum(sizes)[:-1])]


def _cost(costs: Floats, routes: list[list[int]]) -> float:
    stops = np.array([0] + [stop for route in routes for stop in (*route, 0)])
    return float(costs[stops[:-1], stops[1:]].sum())
