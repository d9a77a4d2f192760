"""Construction heuristics; each takes O(n) memory besides the instance's own matrix.

Sources: Rosenkrantz, Stearns and Lewis 1977, "An analysis of several heuristics for the traveling salesman problem",
SIAM Journal on Computing 6, sections 2 (nearest neighbour) and 4 (insertion). Dantzig 1957, "Discrete-variable extremum
problems", Operations Research 5 (ratio of value to weight).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance
from mdpzoo_combinatorial.local_search.budget import Budget

Floats = NDArray[np.float64]
Choice = Callable[[Floats, NDArray[np.int64]], int]  # (distances to the candidates, their nodes) -> index of one


def nearest_neighbour(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Visits the nearest remaining node next; the first of ties.

    CVRP: the nearest customer whose demand fits, else the depot. OP: the nearest node from which the limit still allows
    to return to the depot.
    """
    return SolverResult(_walk(instance, lambda far, candidates: int(far.argmin())))


def random(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Draws uniformly among legal choices; a vehicle returns to the depot if the drawn customer does not fit."""
    draws = np.random.default_rng(seed)
    if isinstance(instance, KnapsackInstance):
        return SolverResult(_fill(instance, draws.permutation(instance.num_items)))
    if not isinstance(instance, CVRPInstance):
        return SolverResult(_walk(instance, lambda far, candidates: int(draws.integers(len(candidates)))))
    routes: list[list[int]] = [[]]
    load = 0
    for customer in 1 + draws.permutation(instance.num_customers):
        if load + instance.demands[customer] > instance.capacity:
            routes.append([])
            load = 0
        routes[-1].append(int(customer))
        load += int(instance.demands[customer])
    return SolverResult(routes)


def greedy_ratio(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Adds the item or node with the highest ratio of value to weight (Knapsack) or prize to distance (OP)."""
    if isinstance(instance, KnapsackInstance):
        return SolverResult(_fill(instance, by_ratio(instance.values, instance.weights)))
    prizes = instance.prizes
    return SolverResult(_walk(instance, lambda far, candidates: int(ratio(prizes[candidates], far).argmax())))


def ratio(values: Floats, costs: Floats) -> Floats:
    """Returns values over costs: infinite if only the cost is 0, and 0 if the value is 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(values > 0, values / costs, 0.0)


def by_ratio(values: Floats, weights: Floats) -> NDArray[np.int64]:
    """Returns items in descending order of value to weight, ``[n]``; ties in ascending order."""
    return np.argsort(-ratio(values, weights), kind="stable")


def _walk(instance: Any, choice: Choice) -> Any:
    """Visits the legal node that ``choice`` selects, until none is legal."""
    left = np.arange(1, instance.num_nodes)
    if isinstance(instance, CVRPInstance):
        return _routes(instance, left, choice)
    tour, here, travelled = [0], 0, 0.0
    home = instance.distance(left, 0) if isinstance(instance, OPInstance) else None
    while len(left):
        far = instance.distance(here, left)
        if isinstance(instance, OPInstance):
            near = travelled + far + home <= instance.limit + 0.5 * instance.tolerance
            left, home, far = left[near], home[near], far[near]  # type: ignore[index]
            if not len(left):
                break
        chosen = choice(far, left)
        here, travelled = int(left[chosen]), travelled + float(far[chosen])
        left = np.delete(left, chosen)
        home = None if home is None else np.delete(home, chosen)
        tour.append(here)
    return tour


def _routes(instance: CVRPInstance, left: NDArray[np.int64], choice: Choice) -> list[list[int]]:
    routes: list[list[int]] = [[]]
    here, room = 0, instance.capacity
    while len(left):
        fits = np.flatnonzero(instance.demands[left] <= room)
        if not len(fits):
            routes.append([])
            here, room = 0, instance.capacity
            continue
        chosen = fits[choice(instance.distance(here, left[fits]), left[fits])]
        here = int(left[chosen])
        room -= int(instance.demands[here])
        routes[-1].append(here)
        left = np.delete(left, chosen)
    return routes


def _fill(instance: KnapsackInstance, order: NDArray[np.int64]) -> list[int]:
    """Adds each item that fits, in this order."""
    units = instance.in_units
    room, taken = units.capacity + 0.5 * units.tolerance, []
    for item in order.tolist():
        if units.weights[item] <= room:
            room -= units.weights[item]
            taken.append(item)
    return taken


def farthest_insertion(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Inserts the node farthest from the tour at its cheapest position, until the tour is complete.

    Takes O(n^2) time. If costs are asymmetric, a node's distance is that from the tour to the node.
    """
    tour = np.zeros(1, np.int64)
    away = instance.distance(0, np.arange(instance.num_nodes))  # distance from the tour to every node
    inside = np.zeros(instance.num_nodes, bool)
    inside[0] = True
    for _ in range(1, instance.num_nodes):
        node = int(np.where(inside, -np.inf, away).argmax())
        to, back = instance.distance(tour, node), instance.distance(node, tour)
        successor = np.roll(tour, -1)
        detour = to + np.roll(back, -1) - instance.distance(tour, successor)
        tour = np.insert(tour, int(detour.argmin()) + 1, node)
        inside[node] = True
        np.minimum(away, instance.distance(node, np.arange(instance.num_nodes)), out=away)
    return SolverResult(tour.tolist())
