"""Best completions of states, by which the choices of a network are judged.

Each is found by a compiled search of this package, in an instance that is equivalent to the state:

* TSP, ATSP: see ``shortest_paths``.
* CVRP: the vehicle's place is a customer with the demand that the vehicle has delivered; the way to it from the depot
  costs nothing, and there is no other. Ruin and recreate. Routes are in descending order of load, as in imitation: a
  network that begins with any of them leaves scattered customers behind.
* OP: the way from the depot begins at the origin. Ruin and recreate.

The search of a later state begins with the rest of the completion of the state before.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.bq_nco.training.shortest_paths import asymmetric_path, costs_between, symmetric_path
from mdpzoo_combinatorial.local_search import prize_search, route_search
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Path = Callable[[Batch, int, Integers, int], tuple[Integers, float]]

ROUTE_ROUNDS, PRIZE_ROUNDS = 400, 50  # of ruin and recreate without a plan, a token
LATER = 1  # rounds for prizes with a plan, a token
FORBIDDEN = 4.0  # cost of an edge that no route has, in longest edges
TINY = 1e-12
SLACK = 1e-9  # by how much of the limit a tour may exceed it, in other orders of summation


class Completion(NamedTuple):
    """A completion of a state.

    Attributes:
        cost: of all its choices and of the way to the destination; prizes are negative costs.
        choices: how many.
        first: actions ``K * position + variant`` with which this completion may begin.
        plan: the tokens in order (CVRP: in routes, of which the current one is the first, and may be empty).
    """

    cost: float
    choices: int
    first: tuple[int, ...]
    plan: Any


class Completer(ABC):
    """Finds the best completions of a problem's states; each is a ``Remainder`` of one row without padding."""

    @abstractmethod
    def complete(self, batch: Batch, left: Remainder, seed: int, plan: Any = None) -> Completion:
        """Returns the best completion that was found, never worse than ``plan`` if that is a completion."""

    @abstractmethod
    def price(self, batch: Batch, left: Remainder, action: int) -> float:
        """Returns the cost of one choice."""

    @abstractmethod
    def after(self, left: Remainder, plan: Any, action: int) -> Any:
        """Returns the rest of a plan after a choice, from which the search of the next state begins."""

    def before(self, left: Remainder, plan: Any, action: int) -> Any:
        """Returns the plan that consists of a choice and a plan of the next state."""
        return [int(left.node[0, action]), *plan]


class Tours(Completer):
    """Completions of tours, by a function that returns shortest paths."""

    def __init__(self, path: Path) -> None:
        """Stores the function."""
        self.path = path

    def complete(self, batch: Batch, left: Remainder, seed: int, plan: Any = None) -> Completion:
        """See ``Completer``; a plan is returned as it is."""
        row, node = int(left.row[0]), left.node[0].numpy()
        if plan is None:
            order, cost = self.path(batch, row, node, seed)
        else:
            places = {int(each): place for place, each in enumerate(node[2:], 2)}
            order = np.array([0, *(places[each] for each in plan), 1])
            cost = float(costs_between(batch, row, node)[order[:-1], order[1:]].sum())
        closed = bool(node[0] == node[1]) and batch.costs is None  # such a tour has two directions
        first = (int(order[1]), int(order[-2])) if closed else (int(order[1]),)
        return Completion(cost, len(node) - 2, first, node[order[1:-1]].tolist())

    def price(self, batch: Batch, left: Remainder, action: int) -> float:
        """See ``Completer``."""
        return float(costs_between(batch, int(left.row[0]), left.node[0, [0, action]].numpy())[0, 1])

    def after(self, left: Remainder, plan: list[int], action: int) -> list[int] | None:
        """See ``Completer``; None if the plan begins otherwise."""
        token = int(left.node[0, action])
        if token == plan[0]:
            return plan[1:]
        return plan[-2::-1] if token == plan[-1] and bool(left.node[0, 0] == left.node[0, 1]) else None


class Routes(Completer):
    """Completions of routes."""

    def complete(self, batch: Batch, left: Remainder, seed: int, plan: Any = None) -> Completion:
        """See ``Completer``."""
        row, node = int(left.row[0]), left.node[0].numpy()
        capacity, load = int(batch.resource[row]), int(left.resource[0])
        away = node[0] != 0  # then the vehicle's place is customer 1
        nodes = np.array([0, *node[:1][: int(away)], *node[2:]])
        costs = costs_between(batch, row, nodes)
        demands = batch.numbers[row, nodes, 0].numpy().astype(np.int64)
        if away:
            costs[0, 1], costs[2:, 1], demands[1] = 0.0, FORBIDDEN * costs.max(), capacity - load
        if plan is None:
            rounds = ROUTE_ROUNDS * len(nodes)
            found, cost = route_search.search(costs, demands, capacity, iterations=rounds, seed=seed)
        else:
            places = {int(each): place for place, each in enumerate(nodes) if place > away}
            routes = [[places[stop] for stop in each] for each in plan]
            if away:
                routes[0].insert(0, 1)
            near = nearest(EMPTY, costs + costs.T, len(nodes) - 1)
            found = route_search.descent(costs, demands, capacity, near, _within(routes, demands, capacity), seed)
            cost = sum(costs[[0, *each], [*each, 0]].sum() for each in found)
        current = next((each for each in found if away and each[0] == 1), [])
        others = sorted((each for each in found if each is not current), key=lambda each: -int(demands[each].sum()))
        position = np.arange(len(nodes)) + 1 - int(away)  # in the state, of every customer
        if current[1:]:
            first = [2 * position[current[1]]]
        else:
            ends = dict.fromkeys((others[0][0], others[0][-1]) if others else ())
            first = [2 * position[end] + int(away) for end in ends]
        routes = [nodes[each].tolist() for each in (current[1:], *others)]
        return Completion(float(cost), len(node) - 2, tuple(int(each) for each in first), routes)

    def price(self, batch: Batch, left: Remainder, action: int) -> float:
        """See ``Completer``."""
        position, depot = divmod(action, 2)
        way = left.node[0, [0, 1, position] if depot else [0, position]].numpy()
        costs = costs_between(batch, int(left.row[0]), way)
        return float(costs[np.arange(len(way) - 1), np.arange(1, len(way))].sum())

    def after(self, left: Remainder, plan: list[list[int]], action: int) -> list[list[int]]:
        """See ``Completer``; a route that begins in its middle becomes two."""
        position, depot = divmod(action, 2)
        token = int(left.node[0, position])
        if not depot and left.node[0, 0] != 0:
            return [[each for each in route if each != token] for route in plan]
        route = next(each for each in plan if token in each)
        place = route.index(token)
        before, behind = route[:place], route[place + 1 :]
        current, rest = (behind, before) if behind else (before[::-1], [])
        return [current, rest, *(each for each in plan if each is not route)]

    def before(self, left: Remainder, plan: list[list[int]], action: int) -> list[list[int]]:
        """See ``Completer``."""
        position, depot = divmod(action, 2)
        route = [int(left.node[0, position]), *plan[0]]
        return [[], route, *plan[1:]] if depot or left.node[0, 0] == 0 else [route, *plan[1:]]


class PrizeTours(Completer):
    """Completions of tours that collect prizes."""

    def complete(self, batch: Batch, left: Remainder, seed: int, plan: Any = None) -> Completion:
        """See ``Completer``."""
        assert batch.unit is not None
        row, node = int(left.row[0]), left.node[0].numpy()
        lengths = costs_between(batch, row, node) * (1.0 if batch.costs is not None else float(batch.unit[row]))
        costs = lengths[1:, 1:].copy()
        costs[0] = lengths[0, 1:]
        prizes = batch.numbers[row, node[1:], 0].numpy().astype(np.float64)
        limit = float(left.resource[0]) * (1.0 + SLACK)
        start = None
        if plan is not None:
            places = {int(each): place for place, each in enumerate(node[1:]) if place}
            start = _shortened([places[each] for each in plan if each in places], costs, prizes, limit)
        rounds = (PRIZE_ROUNDS if plan is None else LATER) * len(node)
        tour = prize_search.search(costs, prizes, limit, iterations=rounds, seed=seed, start=start)[1:]
        ends = dict.fromkeys([*tour[:1], *tour[-1:]] if node[0] == node[1] else tour[:1])
        first = tuple(each + 1 for each in ends)
        return Completion(-float(prizes[tour].sum()), len(tour), first, node[1:][tour].tolist())

    def price(self, batch: Batch, left: Remainder, action: int) -> float:
        """See ``Completer``."""
        return -float(batch.numbers[left.row[0], left.node[0, action], 0])

    def after(self, left: Remainder, plan: list[int], action: int) -> list[int]:
        """See ``Completer``."""
        token = int(left.node[0, action])
        turned = bool(left.node[0, 0] == left.node[0, 1]) and plan[-1:] == [token]
        return [each for each in (plan[::-1] if turned else plan) if each != token]


def _within(routes: Sequence[list[int]], demands: Integers, capacity: int) -> list[list[int]]:
    """Returns routes of which none exceeds the capacity; one that does is cut where it is full."""
    cut = []
    for route in routes:
        load = 0
        for k, each in enumerate(route):
            load += int(demands[each])
            if k == 0 or load > capacity:
                cut.append([each])
                load = int(demands[each])
            else:
                cut[-1].append(each)
    return cut


def _shortened(stops: list[int], costs: Floats, prizes: Floats, limit: float) -> list[int]:
    """Returns a tour from node 0 on; stops with the least prize for the length that they save are left out."""
    way = np.array([0, *stops])
    while len(way) > 1:
        before, behind = np.roll(way, 1), np.roll(way, -1)
        if costs[way, behind].sum() <= limit:
            break
        saved = costs[before, way] + costs[way, behind] - costs[before, behind]
        way = np.delete(way, 1 + np.argmin(prizes[way[1:]] / np.maximum(saved[1:], TINY)))
    return [int(each) for each in way]


TOURS, DIRECTED_TOURS, ROUTES, PRIZE_TOURS = Tours(symmetric_path), Tours(asymmetric_path), Routes(), PrizeTours()
