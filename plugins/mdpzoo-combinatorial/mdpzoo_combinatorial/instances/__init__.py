"""The instances of all five problems, and random instances."""

from numpy.typing import ArrayLike

from mdpzoo_combinatorial.instances.checking import validate_tour
from mdpzoo_combinatorial.instances.distances import DISTANCES, UNROUNDED
from mdpzoo_combinatorial.instances.generators import generate
from mdpzoo_combinatorial.instances.knapsack_instance import KnapsackInstance
from mdpzoo_combinatorial.instances.routing import RoutingInstance
from mdpzoo_combinatorial.instances.routing_instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance

Instance = TSPInstance | ATSPInstance | CVRPInstance | OPInstance | KnapsackInstance

__all__ = [
    "DISTANCES",
    "UNROUNDED",
    "ATSPInstance",
    "CVRPInstance",
    "Instance",
    "KnapsackInstance",
    "OPInstance",
    "RoutingInstance",
    "TSPInstance",
    "from_coordinates",
    "generate",
    "validate_tour",
]


def from_coordinates(coordinates: ArrayLike, name: str = "coordinates") -> TSPInstance:
    """Returns the instance of unrounded Euclidean distances between points ``[n, 2]``.

    Raises:
        InstanceError: if the shape is another or a number is not finite.
    """
    return TSPInstance(name=name, coordinates=coordinates)  # type: ignore[arg-type]
