"""The mixture of each problem: which kinds of instances there are, and how one instance of a kind is drawn."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.distances import DISTANCES
from mdpzoo_combinatorial.instances.knapsack_instance import KnapsackInstance
from mdpzoo_combinatorial.instances.routing_instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.mixtures.coordinates import KINDS as COORDINATES
from mdpzoo_combinatorial.mixtures.coordinates import draw_coordinates
from mdpzoo_combinatorial.mixtures.costs import KINDS as COSTS
from mdpzoo_combinatorial.mixtures.costs import draw_costs
from mdpzoo_combinatorial.mixtures.deliveries import delivery_instance

LIMITS = (0.15, 0.85)  # of orienteering, in lengths of a 3-opt tour through all nodes
CAPACITIES = (0.1, 0.9)  # of knapsacks, in weights of all items


class Mixture(NamedTuple):
    """A problem's mixture.

    Attributes:
        kinds: of instances.
        draw: ``(kind, rng, size, name) -> instance``.
    """

    kinds: tuple[str, ...]
    draw: Callable[[str, np.random.Generator, int, str], Any]


def _tour(kind: str, rng: np.random.Generator, size: int, name: str) -> TSPInstance:
    return TSPInstance(name, draw_coordinates(kind, rng, size))


def _asymmetric_tour(kind: str, rng: np.random.Generator, size: int, name: str) -> ATSPInstance:
    return ATSPInstance(name, draw_costs(kind, rng, size))


def _routes(kind: str, rng: np.random.Generator, size: int, name: str) -> CVRPInstance:
    if kind == "benchmark":
        return delivery_instance(rng, size, name)
    demands = np.append(0.0, distributions.demands(np, rng.random(size)))
    capacity = distributions.by_size(distributions.CAPACITIES, size)
    return CVRPInstance(name, demands, capacity, rng.random((size + 1, 2)))


def _prize_tour(kind: str, rng: np.random.Generator, size: int, name: str) -> OPInstance:
    from mdpzoo_combinatorial.local_search import iterated_local_search

    nodes = draw_coordinates(COORDINATES[rng.integers(len(COORDINATES))], rng, size + 1)
    far = DISTANCES["EUCLIDEAN"](nodes[:1], nodes[1:])[None]
    prizes = np.append(0.0, distributions.prizes(np, kind, rng.random((1, size)), far)[0])
    _, length = iterated_local_search(nodes, iterations=0, seed=0)
    limit = max(rng.uniform(*LIMITS) * length, 2.1 * float(far.min()))  # at least one customer can be visited
    return OPInstance(name, prizes, limit, nodes)


def _selection(kind: str, rng: np.random.Generator, size: int, name: str) -> KnapsackInstance:
    values, weights, default = distributions.items(np, kind, rng.random((1, 2 * size)), size)
    share, as_published = rng.uniform(*CAPACITIES), rng.random() < 0.5
    if kind == "uncorrelated" and as_published:
        return KnapsackInstance(name, values[0], weights[0], default[0, 0])
    capacity = max(weights.min(), np.floor(share * weights.sum()))
    return KnapsackInstance(name, values[0], weights[0], capacity)


TOURS = Mixture(COORDINATES, _tour)
ASYMMETRIC_TOURS = Mixture(COSTS, _asymmetric_tour)
ROUTES = Mixture(("uniform", "benchmark"), _routes)
PRIZE_TOURS = Mixture(distributions.PRIZES, _prize_tour)
SELECTIONS = Mixture(distributions.CLASSES, _selection)
