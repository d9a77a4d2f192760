"""Mixtures of random instances to train on, wider than the distributions of the literature in ``generators``."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.distances import DISTANCES
from mdpzoo_combinatorial.instances.generators import AnyInstance
from mdpzoo_combinatorial.instances.knapsack_instance import KnapsackInstance
from mdpzoo_combinatorial.instances.routing_instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.mixtures.coordinates import KINDS as PLACES
from mdpzoo_combinatorial.mixtures.coordinates import coordinates
from mdpzoo_combinatorial.mixtures.costs import KINDS as COSTS
from mdpzoo_combinatorial.mixtures.costs import costs
from mdpzoo_combinatorial.mixtures.deliveries import delivery_instance

__all__ = ["KINDS", "draw"]

KINDS: dict[str, tuple[str, ...]] = {
    "TSP": PLACES,
    "ATSP": COSTS,
    "CVRP": ("uniform", "benchmark"),
    "OP": distributions.PRIZES,
    "Knapsack": distributions.CLASSES,
}
LIMITS = (0.15, 0.85)  # of orienteering, in lengths of a 3-opt tour through all nodes
CAPACITIES = (0.1, 0.9)  # of knapsacks, in weights of all items


def draw(problem: str, kind: str, count: int, size: int, seed: int) -> list[AnyInstance]:
    """Returns so many random instances of one kind and size.

    =========  =====================================================================================================
    TSP        ``size`` nodes; the kinds are those of ``coordinates``
    ATSP       ``size`` nodes; the kinds are those of ``costs``
    CVRP       ``size`` customers; ``uniform`` is the distribution of the literature (demands 1..9), ``benchmark`` that
               of CVRPLIB's set X (``deliveries``)
    OP         ``size`` customers, coordinates of all kinds; the kinds are those of prizes, the limit is uniform in
               [0.15, 0.85] lengths of a 3-opt tour
    Knapsack   ``size`` items; the kinds are Pisinger's classes, the capacity is uniform in [0.1, 0.9] of all weights,
               for half of the uncorrelated instances 250 an item
    =========  =====================================================================================================

    Args:
        problem: a key of ``KINDS``.
        kind: one of ``KINDS[problem]``.
        count: instances, at least 0.
        size: at least 2.
        seed: at least 0; one generator draws all instances, so a larger count begins with the same ones.

    Raises:
        SettingError: an argument out of its range, or an unknown name.
    """
    if problem not in KINDS:
        raise SettingError(f"unknown problem {problem!r}.{did_you_mean(problem, KINDS) or f' Known: {list(KINDS)}.'}")
    if kind not in KINDS[problem]:
        hint = did_you_mean(kind, KINDS[problem]) or f" Known: {', '.join(KINDS[problem])}."
        raise SettingError(f"unknown kind {kind!r} of {problem}.{hint}")
    if count < 0 or size < 2 or seed < 0:
        raise SettingError(f"count, size and seed must be at least 0, 2 and 0, got {count}, {size} and {seed}")
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    return [DRAWN[problem](kind, rng, size, f"{kind}-{size}-seed-{seed}-{k}") for k in range(count)]


def _tsp(kind: str, rng: np.random.Generator, size: int, name: str) -> TSPInstance:
    return TSPInstance(name, coordinates(kind, rng, size))


def _atsp(kind: str, rng: np.random.Generator, size: int, name: str) -> ATSPInstance:
    return ATSPInstance(name, costs(kind, rng, size))


def _cvrp(kind: str, rng: np.random.Generator, size: int, name: str) -> CVRPInstance:
    if kind == "benchmark":
        return delivery_instance(rng, size, name)
    demands = np.append(0.0, distributions.demands(np, rng.random(size)))
    capacity = distributions.by_size(distributions.CAPACITIES, size)
    return CVRPInstance(name, demands, capacity, rng.random((size + 1, 2)))


def _op(kind: str, rng: np.random.Generator, size: int, name: str) -> OPInstance:
    from mdpzoo_combinatorial.local_search import iterated_local_search

    places = coordinates(PLACES[rng.integers(len(PLACES))], rng, size + 1)
    far = DISTANCES["EUCLIDEAN"](places[:1], places[1:])[None]
    gains = np.append(0.0, distributions.prizes(np, kind, rng.random((1, size)), far)[0])
    _, whole = iterated_local_search(places, iterations=0, seed=0)
    limit = max(rng.uniform(*LIMITS) * whole, 2.1 * float(far.min()))  # at least one customer can be visited
    return OPInstance(name, gains, limit, places)


def _knapsack(kind: str, rng: np.random.Generator, size: int, name: str) -> KnapsackInstance:
    values, weights, held = distributions.items(np, kind, rng.random((1, 2 * size)), size)
    share, as_published = rng.uniform(*CAPACITIES), rng.random() < 0.5
    if kind == "uncorrelated" and as_published:
        return KnapsackInstance(name, values[0], weights[0], held[0, 0])
    capacity = max(weights.min(), np.floor(share * weights.sum()))
    return KnapsackInstance(name, values[0], weights[0], capacity)


DRAWN: dict[str, Callable[..., Any]] = {"TSP": _tsp, "ATSP": _atsp, "CVRP": _cvrp, "OP": _op, "Knapsack": _knapsack}
