"""Instances of capacitated vehicle routing, similar to the generator of CVRPLIB's set X.

Source: Uchoa, Pecin, Pessoa, Poggi, Vidal and Subramanian 2017, "New benchmark instances for the Capacitated Vehicle
Routing Problem", European Journal of Operational Research 257, section 3: distinct points of the grid [0, 1000]^2;
three positions of the depot, three distributions of customers, seven classes of demands; the capacity is determined by
the number of customers per route. What differs from the paper: the classes of depot, customers and demands are drawn
uniformly for each instance, and customers per route are uniform in [3, 25] instead of triangular with mode 6, so that
long routes are as frequent as short ones; distances are not rounded.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.instances.distances import Floats
from mdpzoo_combinatorial.instances.routing_instances import CVRPInstance

DEPOTS = ("central", "eccentric", "random")
CUSTOMERS = ("random", "clustered", "random-clustered")
DEMANDS = {  # smallest and largest
    "unitary": (1, 1),
    "small, large variance": (1, 10),
    "small, small variance": (5, 10),
    "large, large variance": (1, 100),
    "large, small variance": (50, 100),
    "by quadrant": (1, 100),
    "many small, few large": (1, 100),
}
SIDE = 1_000  # of the grid
SEEDS = (3, 8)  # smallest and largest number of customers that attract others
REACH = 40.0  # distance at which the attraction is 1 / e
ROUTE_LENGTHS = (3.0, 25.0)  # customers


def delivery_instance(rng: np.random.Generator, customers: int, name: str) -> CVRPInstance:
    """Draws one instance; its classes are in the comment.

    Args:
        rng: the only source of randomness.
        customers: at least 1.
        name: of the instance.
    """
    depot, where = DEPOTS[rng.integers(3)], CUSTOMERS[rng.integers(3)]
    kind = tuple(DEMANDS)[rng.integers(len(DEMANDS))]
    length = rng.uniform(*ROUTE_LENGTHS)
    points = positions(rng, depot, where, customers)
    drawn = demands(rng, kind, points[1:])
    capacity = max(int(np.ceil(length * drawn.sum() / customers)), int(drawn.max()))
    comment = f"depot {depot}, customers {where}, demands {kind}, {length:.1f} customers a route"
    return CVRPInstance(name, np.append(0, drawn), capacity, points.astype(np.float64), comment=comment)


def positions(rng: np.random.Generator, depot: str, where: str, customers: int) -> NDArray[np.int64]:
    """Draws distinct points ``[customers + 1, 2]`` int64 in 0..1000, the depot first.

    Args:
        rng: the only source of randomness.
        depot: one of ``DEPOTS``.
        where: one of ``CUSTOMERS``.
        customers: at least 1.
    """
    centre = {"central": (SIDE // 2, SIDE // 2), "eccentric": (0, 0)}.get(depot)
    first = rng.integers(0, SIDE + 1, 2) if centre is None else np.array(centre)
    free = {"random": customers, "clustered": 0, "random-clustered": customers // 2}[where]
    seeds = 0 if where == "random" else min(customers - free, int(rng.integers(SEEDS[0], SEEDS[1] + 1)))
    taken = {(int(first[0]), int(first[1])): None}  # keeps the order
    _add(rng, taken, 1 + seeds, None)
    attracting = np.array(list(taken)[1:], np.float64).reshape(-1, 2)
    _add(rng, taken, 1 + customers - free, attracting)
    _add(rng, taken, 1 + customers, None)
    return np.array(list(taken), np.int64)


def demands(rng: np.random.Generator, kind: str, points: NDArray[np.int64]) -> NDArray[np.int64]:
    """Draws demands ``[n]`` int64 of customers.

    Args:
        rng: the only source of randomness.
        kind: a key of ``DEMANDS``.
        points: ``[n, 2]``; for "by quadrant", demands are 51 to 100 in the lower left and the upper right quadrant of
            the grid, and 1 to 50 in the others.
    """
    count = len(points)
    low, high = DEMANDS[kind]
    if kind == "by quadrant":
        right, upper = points.T >= SIDE // 2
        return np.where(right == upper, rng.integers(51, 101, count), rng.integers(1, 51, count))
    if kind == "many small, few large":
        small = rng.random(count) < rng.uniform(0.7, 0.95)
        return np.where(small, rng.integers(1, 11, count), rng.integers(50, 101, count))
    return rng.integers(low, high + 1, count)


def _add(rng: np.random.Generator, taken: dict[tuple[int, int], None], total: int, attracting: Floats | None) -> None:
    """Draws points until there are ``total``; accepts each with probability sum of ``exp(-distance / REACH)``."""
    while len(taken) < total:
        drawn = rng.integers(0, SIDE + 1, (32 * total, 2))
        if attracting is not None:
            far = np.linalg.norm(drawn[:, None] - attracting[None], axis=2)
            drawn = drawn[rng.random(len(drawn)) < np.exp(-far / REACH).sum(1)]
        for x, y in drawn.tolist():
            if len(taken) < total:
                taken.setdefault((x, y))
