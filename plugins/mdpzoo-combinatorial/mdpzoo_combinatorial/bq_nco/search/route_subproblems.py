"""Subproblems of CVRP solutions: groups of neighbouring routes, whose customers are assigned to routes again.

Sources: Li et al. 2021 (arXiv 2107.06444), and the adjacent strings of SISR. What differs from LEHD, whose subproblems
of CVRP are consecutive parts of the solution: routes that are close to each other form a subproblem, and a round
divides all routes into subproblems. In half of the rounds, one route of each keeps its beginning.
"""

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.subproblems import GAIN, Subproblems
from mdpzoo_combinatorial.bq_nco.search.task import Task
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder

Route = NDArray[np.int64]
ROUNDS_BY_ANGLE = 0.3  # fraction of rounds in which routes are grouped by their direction from the depot
ROUNDS_CUT_OPEN = 0.5  # fraction of rounds in which a route of each group keeps its beginning
LONG = 10  # customers a route on average; of longer routes, subproblems have more customers in proportion
MOST = 100  # customers of a subproblem because of ``LONG``


class Group(NamedTuple):
    """Neighbouring routes of one instance, as a subproblem.

    Attributes:
        row: the instance.
        routes: the routes.
        kept: the beginning of the first route (or of its reverse), which stays; empty: no route is cut open.
        free: the rest of that route, and the other routes.
    """

    row: int
    routes: list[Route]
    kept: Route
    free: list[Route]

    def actions(self) -> NDArray[np.int64]:
        """Returns the actions of the free routes from the last kept customer, or the depot, on."""
        first, *others = self.free
        begin = 2 * first if len(self.kept) else as_actions(first)
        return np.concatenate((begin, *map(as_actions, others)))

    def answered(self, actions: NDArray[np.int64]) -> list[Route]:
        """Returns the group's routes with these actions, padded with -1, instead of its own."""
        first, *others = routes_of_actions(actions)
        if not len(self.kept):
            return [first, *others]
        return [self.kept, first, *others] if actions[0] % 2 else [np.append(self.kept, first), *others]


class RouteSubproblems(Subproblems):
    """Solutions as lists of routes; ``size`` is the number of customers, but subproblems have at least one route."""

    smallest = 2

    def __init__(self, task: Task) -> None:
        """Stores the instances."""
        super().__init__(task)
        assert task.batch.coordinates is not None
        self.coordinates = task.batch.coordinates.cpu().double().numpy()
        self.demands = task.batch.numbers[:, :, 0].cpu().numpy()

    def begin(self, actions: Tensor) -> None:
        """Sets the routes of each instance."""
        self.routes = [routes_of_actions(each) for each in actions.cpu().numpy()]

    def actions(self) -> Tensor:
        """Returns the actions of all routes."""
        rows = [np.concatenate([as_actions(route) for route in routes]) for routes in self.routes]
        for row in rows:
            row[0] -= row[0] % 2  # the first vehicle starts at the depot
        return torch.from_numpy(np.stack(rows)).to(self.device)

    def cut(self, size: int) -> Remainder | None:
        """Returns groups of all routes: a random route and those next to it, up to ``size`` customers."""
        self.groups: list[Group] = []
        for _ in range(self.cuts()):
            by_angle, cut_open = self.task.draws.random(2) < (ROUNDS_BY_ANGLE, ROUNDS_CUT_OPEN)
            for row, routes in enumerate(self.routes):
                mean = sum(map(len, routes)) / len(routes)
                room = max(size, min(MOST, int(size * mean / LONG)))
                groups = (self._by_angle if by_angle else self._by_distance)(row, routes, room)
                self.groups += [self._group(row, [routes[k] for k in each], cut_open) for each in groups]
        longest = max(sum(map(len, each.free)) for each in self.groups)
        node = np.zeros((len(self.groups), longest + 2), np.int64)
        count = np.zeros(len(self.groups), np.int64)
        used = np.zeros(len(self.groups), self.demands.dtype)
        for place, each in enumerate(self.groups):
            customers = np.concatenate(each.free)
            count[place] = len(customers)
            node[place, 2 : 2 + len(customers)] = customers
            node[place, :1] = each.kept[-1:] if len(each.kept) else 0
            used[place] = self.demands[each.row, each.kept].sum()
        nodes, counts, loads = (torch.from_numpy(each).to(self.device) for each in (node, count, used))
        self.row = torch.tensor([each.row for each in self.groups], device=self.device)
        self.origin = nodes[:, 0]
        even = bool((count == longest).all())
        return Remainder(self.row, nodes, None if even else counts, self.task.batch.resource[self.row] - loads)

    def mend(self, found: Tensor) -> None:
        """Replaces groups of routes by shorter ones."""
        copies, states, _ = found.shape
        length = self._lengths(found.flatten(0, 1), copies).view(copies, states)
        best, which = length.min(0)
        old = [each.actions() for each in self.groups]
        width = max(map(len, old))
        padded = np.stack([np.pad(each, (0, width - len(each)), constant_values=-1) for each in old])
        before = self._lengths(torch.from_numpy(padded).to(self.device), 1)
        shorter = (best < before - GAIN * before).cpu().numpy()
        chosen = found[which, torch.arange(states, device=self.device)].cpu().numpy()
        live = [{id(route): route for route in routes} for routes in self.routes]
        for group, better, actions in zip(self.groups, shorter, chosen, strict=True):
            current = live[group.row]
            if better and all(id(route) in current for route in group.routes):
                for route in group.routes:
                    del current[id(route)]
                current.update((id(route), route) for route in group.answered(actions))
        self.routes = [list(each.values()) for each in live]

    def _group(self, row: int, routes: list[Route], cut_open: bool) -> Group:
        """Returns a subproblem of these routes; a cut is at a random customer, the route in a random direction."""
        first, draws = routes[0], self.task.draws
        if not cut_open or len(first) < 2:
            return Group(row, routes, first[:0], routes)
        directed = first if draws.random() < 0.5 else first[::-1]
        kept, rest = np.split(directed, [int(draws.integers(1, len(first)))])
        return Group(row, routes, kept, [rest, *routes[1:]])

    def _lengths(self, actions: Tensor, copies: int) -> Tensor:
        """Returns the total lengths of actions ``[copies S, M]``, which may be padded, of the S subproblems."""
        customer, variant = actions.clamp(min=0) // 2, (actions % 2) * (actions >= 0)
        origin = self.origin.repeat(copies)
        nodes, variant = torch.nn.functional.pad(customer, (1, 1)), torch.nn.functional.pad(variant, (0, 1))
        nodes[:, 0] = origin
        variant[:, 0] *= origin > 0
        return self.task.lengths(self.row.repeat(copies), nodes, variant)

    def _by_angle(self, index: int, routes: list[Route], size: int) -> list[list[int]]:
        """Groups routes in the order of their direction, beginning with a random one."""
        middle = self._middles(index, routes) - self.coordinates[index, 0]
        order = np.argsort(np.arctan2(middle[:, 1], middle[:, 0]), kind="stable")
        order = np.roll(order, int(self.task.draws.integers(len(routes))))
        groups: list[list[int]] = []
        room = 0
        for k in order.tolist():
            if not groups or len(routes[k]) > room:
                groups.append([])
                room = size
            groups[-1].append(k)
            room -= len(routes[k])
        return groups

    def _by_distance(self, index: int, routes: list[Route], size: int) -> list[list[int]]:
        """Groups a random route and those nearest to one of its customers, repeatedly."""
        free = self.task.draws.permutation(len(routes)).tolist()
        middle, groups = self._middles(index, routes), []
        while free:
            first = free[0]
            seed = self.coordinates[index, self.task.draws.choice(routes[first])]
            seed = 0.5 * (seed + middle[first])
            far = np.linalg.norm(middle[free] - seed, axis=1)
            far[0] = -1.0
            group: list[int] = []
            room = size
            for k in (free[place] for place in np.argsort(far, kind="stable")):
                if group and len(routes[k]) > room:
                    break
                group.append(k)
                room -= len(routes[k])
            groups.append(group)
            free = [k for k in free if k not in group]
        return groups

    def _middles(self, index: int, routes: list[Route]) -> NDArray[Any]:
        """Returns the mean positions of the routes' customers, ``[R, 2]``."""
        sizes = np.array([len(route) for route in routes])
        flat = self.coordinates[index, np.concatenate(routes)]
        begins = np.append(0, sizes.cumsum()[:-1])
        return np.add.reduceat(flat, begins, axis=0) / sizes[:, None]


def routes_of_actions(actions: NDArray[np.int64]) -> list[Route]:
    """Returns the routes of actions ``[M]``, ``2 * customer + via_depot``, padded with -1."""
    actions = actions[actions >= 0]
    begins = np.flatnonzero(actions % 2)
    return np.split(actions // 2, begins[begins > 0])


def as_actions(route: Route) -> NDArray[np.int64]:
    """Returns the actions of a route that begins via the depot."""
    actions = 2 * route
    actions[0] += 1
    return actions
