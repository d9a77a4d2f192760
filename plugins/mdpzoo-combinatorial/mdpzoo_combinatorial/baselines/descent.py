"""Local search by 2-opt, Or-opt and related moves, from a heuristic solution to a local optimum.

TSP: the 3-opt steps of ``lin_kernighan``, which include 2-opt and Or-opt, from the nearest-neighbour tour. ATSP:
``segment_moves.py``, from the nearest-neighbour tour. CVRP: ``route_moves.py``, from the savings solution. OP:
``prize_moves.py``, by greedy insertion into several initial tours. If the time limit is reached first, the best
solution so far is returned.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.baselines import prize_moves, route_moves
from mdpzoo_combinatorial.baselines.clarke_wright import savings_routes
from mdpzoo_combinatorial.baselines.constructive import nearest_neighbour
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search import segment_moves, symmetric_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
MATRIX_NODES = 6_000  # largest number of nodes for which all distances are stored (288 MB)
NEAR = 20  # size of a node's neighbourhood
STARTS = 12  # initial tours to one customer and back, for orienteering
CHECK_INTERVAL = 1_000  # nodes processed between two checks of the time limit
PLANAR = ("EUCLIDEAN", "EUC_2D", "CEIL_2D", "FLOOR_2D", "ATT")  # distances in the plane, up to rounding


def two_opt(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Descends to a local optimum.

    Raises:
        SettingError: if there are more than ``MATRIX_NODES`` nodes, unless it is a TSP with coordinates in the plane.
    """
    return SolverResult(resolve(PROBLEMS[instance.problem].descent)(instance, budget))


def distance_matrix_of(instance: Any, agent: str) -> Floats:
    """Returns all distances, ``[n, n]`` float64, contiguous.

    Raises:
        SettingError: if there are more than ``MATRIX_NODES`` nodes.
    """
    if instance.num_nodes > MATRIX_NODES:
        raise SettingError(
            f"{agent} stores the distances of at most {MATRIX_NODES} nodes, but {instance.name} has "
            f"{instance.num_nodes}; use {PROBLEMS[instance.problem].large_rule}"
        )
    return np.ascontiguousarray(instance.distance_matrix())


def costs_of(instance: TSPInstance, agent: str) -> tuple[Floats, Floats]:
    """Returns coordinates ``[n, 2]`` whose distances are the costs, or the costs ``[n, n]``; the other array is empty.

    Raises:
        SettingError: if there are more than ``MATRIX_NODES`` nodes without coordinates in the plane.
    """
    kind = instance.edge_weight_type
    large = instance.num_nodes > MATRIX_NODES
    if instance.coordinates is not None and (kind == "EUCLIDEAN" or (large and kind in PLANAR)):
        return instance.coordinates, EMPTY
    return EMPTY, distance_matrix_of(instance, agent)


def symmetric_tour(instance: TSPInstance, budget: Budget) -> list[int]:
    """Returns a tour for symmetric costs."""
    points, matrix = costs_of(instance, "two-opt")
    tour, _ = symmetric_search.search(points, matrix, iterations=0, seed=0, budget=budget)
    return from_node_0(tour.astype(np.int64)).tolist()


def from_node_0(tour: Integers) -> Integers:
    """Returns the tour ``[n]`` rotated so that it begins with node 0."""
    return np.roll(tour, -int(np.flatnonzero(tour == 0)[0]))


def asymmetric_tour(instance: ATSPInstance, budget: Budget) -> list[int]:
    """Returns a tour for asymmetric costs."""
    costs = distance_matrix_of(instance, "two-opt")
    tour = np.array(nearest_neighbour(instance, 0, budget).solution)
    if len(tour) < 3:
        return tour.tolist()
    towards, back = nearest_by_rows(costs), nearest_by_rows(costs.T)
    active = np.ones(len(tour), bool)
    epsilon = 1e-12 * float(costs.max())
    while not budget.spent and not segment_moves.descend(costs, towards, back, tour, active, epsilon, CHECK_INTERVAL):
        pass
    return from_node_0(tour.astype(np.int64)).tolist()


def nearest_by_rows(costs: Floats, count: int = NEAR) -> NDArray[np.int64]:
    """Returns the nodes of least cost in each row, except itself, in ascending order of cost, ``[n, k]``."""
    count = min(count, len(costs) - 1)
    near = np.empty((len(costs), count), np.int64)
    for row, each in enumerate(costs):
        order = np.argsort(each, kind="stable")
        near[row] = order[order != row][:count]
    return near


def routes(instance: CVRPInstance, budget: Budget) -> list[list[int]]:
    """Returns routes for vehicles of limited capacity."""
    routes = savings_routes(instance)
    if budget.spent or instance.num_customers == 1:
        return routes
    costs = distance_matrix_of(instance, "two-opt")
    near = nearest(EMPTY, costs, min(NEAR, instance.num_nodes - 1))
    flat = np.concatenate([np.array(route, np.int64) for route in routes])
    sizes = np.array([len(route) for route in routes])
    search = route_moves.create_routes(costs, instance.demands, instance.capacity, flat, sizes)
    active = np.ones(instance.num_nodes, bool)
    epsilon = 1e-12 * float(costs.max())
    while not route_moves.descend(search, near, active, epsilon, CHECK_INTERVAL) and not budget.spent:
        pass
    return [row[1 : size + 1].tolist() for row, size in zip(search.order, search.size, strict=True) if size]


def prize_tour(instance: OPInstance, budget: Budget) -> list[int]:
    """Returns the best result of descents from the empty tour and from tours to single customers, spread far apart."""
    costs = distance_matrix_of(instance, "two-opt")
    limit = instance.limit + 0.5 * instance.tolerance
    reach = np.flatnonzero((costs[0] + costs[:, 0] <= limit) & (np.arange(len(costs)) > 0))
    best, highest = [0], (-1.0, 0.0)
    away = costs[0].copy()
    for turn in range(1 + min(STARTS, len(reach))):
        start = [0] if turn == 0 else [0, int(reach[away[reach].argmax()])]
        np.minimum(away, costs[start[-1]], out=away)
        tour = _improve(instance, costs, limit, start, budget)
        value = (float(instance.prizes[tour].sum()), -float(instance.round_trip(np.array(tour))))
        if value > highest:
            best, highest = tour, value
        if budget.spent:
            break
    return best


def _improve(instance: OPInstance, costs: Floats, limit: float, start: list[int], budget: Budget) -> list[int]:
    """Inserts, shortens and exchanges until a local optimum is reached."""
    epsilon = 1e-12 * float(costs.max())
    tour, inside, count = np.zeros(instance.num_nodes, np.int64), np.zeros(instance.num_nodes, bool), len(start)
    tour[:count], inside[start] = start, True
    while True:
        room = limit - prize_moves.length(costs, tour, count)
        count = prize_moves.insert_all(costs, instance.prizes, room, tour, inside, count)
        before = prize_moves.length(costs, tour, count)
        prize_moves.shorten(costs, tour, count, epsilon)
        after = prize_moves.length(costs, tour, count)
        if budget.spent:
            break
        if after < before - epsilon:
            continue  # the saved length may suffice for another prize
        if not prize_moves.exchange(costs, instance.prizes, limit - after, tour, inside, count, epsilon):
            break
    return tour[:count].tolist()
