"""Subproblems of CVRP solutions: groups of neighbouring routes, whose customers are assigned to routes again.

Sources: Li et al. 2021 (arXiv 2107.06444), and the adjacent strings of SISR. What differs from LEHD, whose subproblems
of CVRP are consecutive parts of the solution: routes that are close to each other form a subproblem, and a round
divides all routes into subproblems.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.subproblems import GAIN, Subproblems
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder

Route = NDArray[np.int64]
ROUNDS_BY_ANGLE = 0.3  # fraction of rounds in which routes are grouped by their direction from the depot


class RouteSubproblems(Subproblems):
    """Solutions as lists of routes; ``size`` is the number of customers, but subproblems have at least one route."""

    smallest = 2

    def begin(self, actions: Tensor) -> None:
        """Sets the routes of each instance."""
        assert self.task.batch.coordinates is not None
        self.coordinates = self.task.batch.coordinates.cpu().double().numpy()
        self.routes = [routes_of_actions(each) for each in actions.cpu().numpy()]

    def actions(self) -> Tensor:
        """Returns the actions of all routes."""
        rows = [np.concatenate([as_actions(route) for route in routes]) for routes in self.routes]
        for row in rows:
            row[0] -= row[0] % 2  # the first vehicle starts at the depot
        return torch.from_numpy(np.stack(rows)).to(self.device)

    def cut(self, size: int) -> Remainder | None:
        """Returns groups of all routes: a random route and those next to it, up to ``size`` customers."""
        self.owner: list[tuple[int, list[Route]]] = []
        for _ in range(self.cuts()):
            by_angle = self.task.draws.random() < ROUNDS_BY_ANGLE
            for index, routes in enumerate(self.routes):
                groups = (self._by_angle if by_angle else self._by_distance)(index, routes, size)
                self.owner += [(index, [routes[k] for k in group]) for group in groups]
        customers = [np.concatenate(group) for _, group in self.owner]
        longest = max(map(len, customers))
        node = np.zeros((len(customers), longest + 2), np.int64)
        for place, each in enumerate(customers):
            node[place, 2 : 2 + len(each)] = each
        row = torch.tensor([index for index, _ in self.owner], device=self.device)
        count = torch.tensor([len(each) for each in customers], device=self.device)
        even = bool((count == longest).all())
        nodes = torch.from_numpy(node).to(self.device)
        return Remainder(row, nodes, None if even else count, self.task.batch.resource[row])

    def mend(self, found: Tensor) -> None:
        """Replaces groups of routes by shorter ones."""
        copies, states, _ = found.shape
        rows = torch.tensor([index for index, _ in self.owner], device=self.device)
        length = self._lengths(found.flatten(0, 1), rows.repeat(copies)).view(copies, states)
        best, which = length.min(0)
        old = [np.concatenate([as_actions(route) for route in group]) for _, group in self.owner]
        width = max(map(len, old))
        padded = np.stack([np.pad(each, (0, width - len(each)), constant_values=-1) for each in old])
        before = self._lengths(torch.from_numpy(padded).to(self.device), rows)
        shorter = (best < before - GAIN * before).cpu().numpy()
        chosen = found[which, torch.arange(states, device=self.device)].cpu().numpy()
        live = [{id(route): route for route in routes} for routes in self.routes]
        for (index, group), better, actions in zip(self.owner, shorter, chosen, strict=True):
            current = live[index]
            if better and all(id(route) in current for route in group):
                for route in group:
                    del current[id(route)]
                current.update((id(route), route) for route in routes_of_actions(actions))
        self.routes = [list(each.values()) for each in live]

    def _lengths(self, actions: Tensor, row: Tensor) -> Tensor:
        """Returns the total lengths ``[S]`` of the routes of actions ``[S, M]``, which may be padded."""
        customer, variant = actions.clamp(min=0) // 2, (actions % 2) * (actions >= 0)
        variant = torch.nn.functional.pad(variant, (0, 1))
        variant[:, 0] = 0
        return self.task.lengths(row, torch.nn.functional.pad(customer, (1, 1)), variant)

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
