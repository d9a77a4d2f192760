"""Rules that build a solution once and never change it; all take O(n) memory beside a file's own matrix.

Sources: Rosenkrantz, Stearns and Lewis 1977, "An analysis of several heuristics for the traveling salesman problem",
SIAM Journal on Computing 6, sections 2 (nearest neighbour) and 4 (insertion). Dantzig 1957, "Discrete-variable extremum
problems", Operations Research 5 (value to weight).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance
from mdpzoo_combinatorial.local_search.budget import Budget

Floats = NDArray[np.float64]
Choice = Callable[[Floats, NDArray[np.int64]], int]  # distances from here to candidates, and their names: which one


def nearest_neighbour(instance: Any, seed: int, budget: Budget) -> Found:
    """Goes on to the nearest node that is left; ties go to the first.

    CVRP: the nearest customer that still fits, else home. OP: the nearest from which the depot is still in reach.
    """
    return Found(_walk(instance, lambda far, left: int(far.argmin())))


def random(instance: Any, seed: int, budget: Budget) -> Found:
    """Draws among what is legal; a vehicle goes home when the customer drawn does not fit."""
    draws = np.random.default_rng(seed)
    if isinstance(instance, KnapsackInstance):
        return Found(_filled(instance, draws.permutation(instance.num_items)))
    if not isinstance(instance, CVRPInstance):
        return Found(_walk(instance, lambda far, left: int(draws.integers(len(left)))))
    routes: list[list[int]] = [[]]
    load = 0
    for customer in 1 + draws.permutation(instance.num_customers):
        if load + instance.demands[customer] > instance.capacity:
            routes.append([])
            load = 0
        routes[-1].append(int(customer))
        load += int(instance.demands[customer])
    return Found(routes)


def greedy_ratio(instance: Any, seed: int, budget: Budget) -> Found:
    """Adds the item or node of the highest ratio: value to weight (Knapsack), prize to distance (OP)."""
    if isinstance(instance, KnapsackInstance):
        return Found(_filled(instance, by_ratio(instance.values, instance.weights)))
    prizes = instance.prizes
    return Found(_walk(instance, lambda far, left: int(ratio(prizes[left], far).argmax())))


def ratio(gain: Floats, price: Floats) -> Floats:
    """Gain for the price; infinite where something is free, 0 where nothing is."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(gain > 0, gain / price, 0.0)


def by_ratio(values: Floats, weights: Floats) -> NDArray[np.int64]:
    """Items in falling order of value to weight, ``[n]``; ties go to the first."""
    return np.argsort(-ratio(values, weights), kind="stable")


def _walk(instance: Any, choice: Choice) -> Any:
    """Goes from node to node by a choice among those that are legal, until none is."""
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


def _filled(instance: KnapsackInstance, order: NDArray[np.int64]) -> list[int]:
    """Takes items in this order, each one that still fits."""
    units = instance.in_units
    room, taken = units.capacity + 0.5 * units.tolerance, []
    for item in order.tolist():
        if units.weights[item] <= room:
            room -= units.weights[item]
            taken.append(item)
    return taken


def farthest_insertion(instance: Any, seed: int, budget: Budget) -> Found:
    """Puts the node that is farthest from the tour where it makes the tour least longer, until all are in it.

    Costs O(n^2) time. With asymmetric costs a node's distance is that from the tour to it.
    """
    tour = np.zeros(1, np.int64)
    away = instance.distance(0, np.arange(instance.num_nodes))  # of every node from the tour
    inside = np.zeros(instance.num_nodes, bool)
    inside[0] = True
    for _ in range(1, instance.num_nodes):
        node = int(np.where(inside, -np.inf, away).argmax())
        to, back = instance.distance(tour, node), instance.distance(node, tour)
        following = np.roll(tour, -1)
        longer = to + np.roll(back, -1) - instance.distance(tour, following)
        tour = np.insert(tour, int(longer.argmin()) + 1, node)
        inside[node] = True
        np.minimum(away, instance.distance(node, np.arange(instance.num_nodes)), out=away)
    return Found(tour.tolist())
