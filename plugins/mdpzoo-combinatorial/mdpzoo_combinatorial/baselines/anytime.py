"""Compiled searches until a time limit for the four routing problems, the default solvers of most instances.

TSP and ATSP: edge assembly crossover in populations of tours (``edge_assembly/population_search.py``). Iterated local
search: TSP, iterated Lin-Kernighan (``symmetric_search.py``); ATSP, perturbations and 3-opt without reversals
(``asymmetric_search.py``); CVRP, ruin and recreate (``route_search.py``); OP, ``prize_search.py``. Sources are in these
modules.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.descent import costs_of, distance_matrix_of, from_node_0
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.baselines.scaling import with_limit
from mdpzoo_combinatorial.baselines.table import SMALL
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search import symmetric_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.edge_assembly import population_search
from mdpzoo_combinatorial.local_search.edge_assembly.local_optima import (
    AsymmetricOptima,
    LocalOptima,
    SymmetricOptima,
)
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

ID, CROSSOVER = "iterated-local-search", "edge-assembly"
SMALL_ITERATIONS = 5_000  # for instances of up to ``SMALL`` nodes
LARGEST = 6_000  # nodes of a tour for which the frequencies of all edges are stored (72 MB, beside 288 MB of distances)


def iterated_local_search(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Searches until the time limit, by default 10 seconds; small instances get a fixed number of iterations.

    Raises:
        SettingError: if there are more than ``MATRIX_NODES`` nodes, unless it is a TSP with coordinates in the plane.
    """
    iterations = SMALL_ITERATIONS if instance.num_nodes <= SMALL else None
    if iterations is None and budget.seconds is None:
        budget = with_limit(budget)
    return SolverResult(resolve(PROBLEMS[instance.problem].iterated)(instance, iterations, seed, budget))


def edge_assembly(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Searches until four populations of tours agree, or until the time limit, by default 10 seconds.

    Instances that are small or large are solved by iterated local search.

    Raises:
        SettingError: as ``iterated_local_search``.
    """
    if instance.num_nodes <= SMALL:
        return iterated_local_search(instance, seed, budget)
    optima: LocalOptima | None = resolve(PROBLEMS[instance.problem].optima)(instance)
    if optima is None:
        return iterated_local_search(instance, seed, budget)._replace(decoding=ID)
    if budget.seconds is None:
        budget = with_limit(budget)
    order, _ = population_search.search(optima, seed=seed, budget=budget)
    return SolverResult(from_node_0(order.astype(np.int64)).tolist())


def symmetric_optima(instance: TSPInstance) -> LocalOptima | None:
    """Returns the tours for symmetric costs, or None if there are more than ``LARGEST`` nodes."""
    if instance.num_nodes > LARGEST:
        return None
    places = EMPTY if instance.coordinates is None else np.ascontiguousarray(instance.coordinates, np.float64)
    return SymmetricOptima(distance_matrix_of(instance, CROSSOVER), places)


def asymmetric_optima(instance: ATSPInstance) -> LocalOptima | None:
    """Returns the tours for asymmetric costs, or None if two nodes for each are more than ``LARGEST``."""
    if 2 * instance.num_nodes > LARGEST:
        return None
    return AsymmetricOptima(distance_matrix_of(instance, CROSSOVER))


def symmetric_tour(instance: TSPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """Returns a tour for symmetric costs."""
    points, matrix = costs_of(instance, ID)
    tour, _ = symmetric_search.search(points, matrix, iterations=iterations, seed=seed, budget=budget)
    return from_node_0(tour.astype(np.int64)).tolist()


def asymmetric_tour(instance: ATSPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """Returns a tour for asymmetric costs."""
    from mdpzoo_combinatorial.local_search import asymmetric_search

    tour, _ = asymmetric_search.search(
        distance_matrix_of(instance, ID), iterations=iterations, seed=seed, budget=budget
    )
    return tour.tolist()


def routes(instance: CVRPInstance, iterations: int | None, seed: int, budget: Budget) -> list[list[int]]:
    """Returns routes for vehicles of limited capacity."""
    from mdpzoo_combinatorial.local_search import route_search

    costs, demands, capacity = distance_matrix_of(instance, ID), instance.demands, instance.capacity
    return route_search.search(costs, demands, capacity, iterations=iterations, seed=seed, budget=budget)[0]


def prize_tour(instance: OPInstance, iterations: int | None, seed: int, budget: Budget) -> list[int]:
    """Returns a tour of limited length that collects prizes."""
    from mdpzoo_combinatorial.local_search import prize_search

    limit = instance.limit + 0.5 * instance.tolerance  # half of the tolerance for rounding
    costs, prizes = distance_matrix_of(instance, ID), instance.prizes
    return list(prize_search.search(costs, prizes, limit, iterations=iterations, seed=seed, budget=budget))
