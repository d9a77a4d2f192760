"""Instances of the four routing problems: symmetric and asymmetric TSP, capacitated vehicle routing, orienteering."""

from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo.showing import shown
from mdpzoo_combinatorial.instances.checking import (
    as_indices,
    check_distinct,
    freeze,
    not_negative,
    number,
    tolerance,
    total,
    validate_tour,
    whole,
)
from mdpzoo_combinatorial.instances.distances import Floats
from mdpzoo_combinatorial.instances.routing import RoutingInstance


class _Tour(RoutingInstance):
    """The common part of TSP and ATSP: a solution is a permutation of all nodes."""

    def validate(self, solution: ArrayLike) -> NDArray[np.int64]:
        """Returns the tour ``[n]`` int64.

        Raises:
            InstanceError: if it is not a permutation of ``range(n)``; the message names the first wrong node.
        """
        return validate_tour(solution, self.num_nodes)

    def objective(self, solution: ArrayLike) -> int | float:
        """Returns the length of the closed tour, an int if all distances are integers.

        Args:
            solution: a permutation of ``range(n)``.
        Raises:
            InstanceError: if it is not a permutation; the message names the first wrong node.
        """
        return self.evaluate(self.validate(solution))

    def evaluate(self, solution: Any) -> int | float:
        """Returns the objective of a solution that ``validate`` has returned, without validating it again."""
        return self.round_trip(np.asarray(solution))


@shown
@dataclass(frozen=True, eq=False, repr=False)
class TSPInstance(_Tour):
    """A symmetric TSP instance of n nodes; arrays are read-only float64 copies.

    Attributes: see ``RoutingInstance``.

    Raises:
        InstanceError: if an array has another shape, a number is not finite, or a matrix is asymmetric or negative.
    """

    problem: ClassVar[str] = "TSP"
    name: str
    coordinates: Floats | None = None
    edge_weight_type: str = "EUCLIDEAN"
    matrix: Floats | None = None
    display: Floats | None = None
    comment: str = ""
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_routing()


@shown
@dataclass(frozen=True, eq=False, repr=False)
class ATSPInstance(_Tour):
    """A TSP instance whose costs may depend on the direction; arrays are read-only.

    Attributes: see ``RoutingInstance``; ``coordinates`` is None, ``edge_weight_type`` is ``EXPLICIT``.

    Raises:
        InstanceError: if a shape is another, a number is not finite, a cost is negative, or the diagonal is not 0.
    """

    problem: ClassVar[str] = "ATSP"
    symmetric: ClassVar[bool] = False
    name: str
    matrix: Floats | None
    display: Floats | None = None
    comment: str = ""
    names: tuple[str, ...] = ()
    coordinates = None
    edge_weight_type = "EXPLICIT"

    def __post_init__(self) -> None:
        self._check_routing()


@shown
@dataclass(frozen=True, eq=False, repr=False)
class CVRPInstance(RoutingInstance):
    """A depot, node 0, and n customers with demands, served by any number of vehicles of the same capacity.

    Attributes: see ``RoutingInstance`` (n + 1 nodes), and
        demands: ``[n + 1]`` int64; that of the depot is 0.
        capacity: of each vehicle, at least the largest demand.
        vehicles: the number of vehicles in the file, for information only; it does not limit the routes.

    Raises:
        InstanceError: as for ``TSPInstance``; if there is no customer, or a demand is not an integer in 0..capacity.
    """

    problem: ClassVar[str] = "CVRP"
    name: str
    demands: NDArray[np.int64]
    capacity: int
    coordinates: Floats | None = None
    edge_weight_type: str = "EUCLIDEAN"
    matrix: Floats | None = None
    display: Floats | None = None
    vehicles: int | None = None
    comment: str = ""
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_routing()
        _check_customers(self)
        demands = freeze(self.demands, (self.num_nodes,), f"{self.name}: demands")
        not_negative(demands, f"{self.name}: demands")
        capacity = number(self.capacity, f"{self.name}: the capacity")
        given = np.append(demands, capacity)
        if not whole(given):
            wrong = given[given != np.floor(given)][0]
            raise InstanceError(f"{self.name}: demands and the capacity must be integers, got {wrong:g}; scale both")
        if demands[0]:
            raise InstanceError(f"{self.name}: the demand of the depot, node 0, must be 0, got {demands[0]:g}")
        if demands.max() > capacity:
            largest = int(demands.argmax())
            text = f"{self.name}: customer {largest} demands {demands[largest]:g}, more than the capacity {capacity:g}"
            raise InstanceError(text)
        integers = demands.astype(np.int64)
        integers.flags.writeable = False
        object.__setattr__(self, "demands", integers)
        object.__setattr__(self, "capacity", int(capacity))

    @property
    def num_customers(self) -> int:
        """The number of customers n."""
        return self.num_nodes - 1

    def validate(self, solution: Any) -> list[list[int]]:
        """Returns the routes, lists of customers without the depot; empty routes are removed.

        Args:
            solution: a list of such lists, or one list with 0 between routes.
        Raises:
            InstanceError: if a customer is out of range, repeated or missing, or a route exceeds the capacity.
        """
        customers, lengths = self._flat(solution)
        check_distinct(customers, 1, self.num_nodes, "customer", "list of all routes")
        ends = np.cumsum(lengths)
        loads = np.diff(np.append(0, np.cumsum(self.demands[customers])[ends - 1])) if len(lengths) else ends
        if (loads > self.capacity).any():
            k = int((loads > self.capacity).argmax())
            text = f"route {k + 1} (counted from 1) loads {loads[k]}, more than the capacity {self.capacity}"
            raise InstanceError(text)
        if len(customers) < self.num_customers:
            missing = int(np.setdiff1d(np.arange(1, self.num_nodes), customers)[0])
            served = f"they serve {len(customers)} of {self.num_customers}"
            raise InstanceError(f"the routes leave out customer {missing}: {served}")
        listed = customers.tolist()
        return [listed[end - length : end] for length, end in zip(lengths, ends.tolist(), strict=True)]

    def objective(self, solution: Any) -> int | float:
        """Returns the total length of the routes, an int if all distances are integers.

        Args:
            solution: as in ``validate``.
        Raises:
            InstanceError: if it is not a solution; the message names the first fault.
        """
        return self.evaluate(self.validate(solution))

    def evaluate(self, solution: Any) -> int | float:
        """Returns the objective of a solution that ``validate`` has returned, without validating it again."""
        stops = np.array([0] + [stop for route in solution for stop in (*route, 0)])
        length = float(self.distance(stops[:-1], stops[1:]).sum())
        return round(length) if self.integral else length

    def _flat(self, solution: Any) -> tuple[NDArray[np.int64], list[int]]:
        """Returns the customers of all routes ``[k]`` and the lengths of routes that are not empty; not validated."""
        try:
            parts = list(solution.tolist() if hasattr(solution, "tolist") else solution)
        except TypeError:
            raise InstanceError(f"a solution must be a list of routes, got {type(solution).__name__}") from None
        nested = {kind for kind in set(map(type, parts)) if hasattr(kind, "__len__") and not issubclass(kind, str)}
        if nested and not all(type(part) in nested for part in parts):
            raise InstanceError("a solution must be a list of routes or one list of customers, got a mixture of both")
        if nested:
            try:
                lengths = [length for part in parts if (length := len(part))]
                return as_indices(list(chain.from_iterable(parts)), "a route"), lengths
            except TypeError:  # arrays without a dimension
                raise InstanceError("a route must be a list of integers, got an array without a dimension") from None
        stops = as_indices(parts, "a solution")
        gaps = np.diff(np.flatnonzero(np.concatenate([[0], stops, [0]]) == 0)) - 1
        return stops[stops != 0], gaps[gaps > 0].tolist()


@shown
@dataclass(frozen=True, eq=False, repr=False)
class OPInstance(RoutingInstance):
    """A depot, node 0, and n customers with prizes; a tour of limited length maximises the prizes of its customers.

    In addition to the attributes of ``RoutingInstance`` (n + 1 nodes):

    Attributes:
        prizes: ``[n + 1]`` float64, not negative; every tour collects that of the depot, as in OPLib.
        limit: maximum length of a tour from the depot and back; if not all distances are integers, a tour may exceed
            it by a fraction of 1e-6.

    Raises:
        InstanceError: as for ``TSPInstance``; if there is no customer, or a prize or the limit is negative.
    """

    problem: ClassVar[str] = "OP"
    maximise: ClassVar[bool] = True
    name: str
    prizes: Floats
    limit: float
    coordinates: Floats | None = None
    edge_weight_type: str = "EUCLIDEAN"
    matrix: Floats | None = None
    display: Floats | None = None
    comment: str = ""
    names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        self._check_routing()
        _check_customers(self)
        object.__setattr__(self, "prizes", freeze(self.prizes, (self.num_nodes,), f"{self.name}: prizes"))
        not_negative(self.prizes, f"{self.name}: prizes")
        object.__setattr__(self, "limit", number(self.limit, f"{self.name}: the limit"))

    @property
    def num_customers(self) -> int:
        """The number of customers n."""
        return self.num_nodes - 1

    @property
    def tolerance(self) -> float:
        """The length by which a tour may exceed the limit: 0 if all distances are integers."""
        return tolerance(self.limit, self.integral)

    def validate(self, solution: ArrayLike) -> NDArray[np.int64]:
        """Returns the nodes in order, ``[k]`` int64, beginning with the depot, which is not repeated at the end.

        Args:
            solution: nodes in order, beginning with 0; a 0 at the end is accepted, ``[0]`` is the empty tour.
        Raises:
            InstanceError: if it does not begin with 0, a node is out of range or repeated, or the limit is exceeded.
        """
        nodes = as_indices(solution, "a tour")
        if not len(nodes) or nodes[0] != 0:
            begins = f"begins with {nodes[0]}" if len(nodes) else "is empty"
            raise InstanceError(f"a tour must begin at the depot, node 0, but it {begins}; write [0, ...]")
        if len(nodes) > 1 and nodes[-1] == 0:
            nodes = nodes[:-1]
        check_distinct(nodes, 0, self.num_nodes, "node", "tour")
        length = self.round_trip(nodes)
        if length > self.limit + self.tolerance:
            raise InstanceError(f"the tour is {length:.10g} long, more than the limit {self.limit:.10g}")
        return nodes

    def length(self, solution: ArrayLike) -> int | float:
        """Returns the length of the tour; arguments and errors are those of ``objective``."""
        return self.round_trip(self.validate(solution))

    def objective(self, solution: ArrayLike) -> int | float:
        """Returns the collected prizes, including that of the depot, an int if all prizes are integers.

        Args:
            solution: as in ``validate``.
        Raises:
            InstanceError: if it is not a solution; the message names the first fault.
        """
        return self.evaluate(self.validate(solution))

    def evaluate(self, solution: Any) -> int | float:
        """Returns the objective of a solution that ``validate`` has returned, without validating it again."""
        return total(self.prizes[solution], whole(self.prizes))


def _check_customers(instance: RoutingInstance) -> None:
    if instance.num_nodes < 2:
        raise InstanceError(f"{instance.name}: a depot and at least one customer are needed, got one node")
