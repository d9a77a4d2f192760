"""Subproblems of CVRP solutions: runs of whole routes that lie side by side, to be served anew by full vehicles.

Source: sub-problems of Li et al. 2021 (arXiv 2107.06444) and of SISR's adjacent strings. What differs from LEHD, whose
pieces of CVRP are runs of the solution's own order: routes that are near to each other are served together, and a round
shares out all routes.
"""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.subproblems import GAIN, Subproblems
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder

Route = NDArray[np.int64]
ROUNDS_BY_ANGLE = 0.3  # share of the rounds that share out routes by their direction from the depot


class RouteSubproblems(Subproblems):
    """Solutions as lists of routes; ``size`` counts customers, one route is taken in any case."""

    smallest = 2

    def begin(self, actions: Tensor) -> None:
        """Routes of each instance."""
        assert self.task.batch.coordinates is not None
        self.coordinates = self.task.batch.coordinates.cpu().double().numpy()
        self.routes = [routes_of_actions(each) for each in actions.cpu().numpy()]

    def actions(self) -> Tensor:
        """Customers route by route."""
        rows = [np.concatenate([as_actions(route) for route in routes]) for routes in self.routes]
        for row in rows:
            row[0] -= row[0] % 2  # the first vehicle stands in the depot
        return torch.from_numpy(np.stack(rows)).to(self.device)

    def cut(self, size: int) -> Remainder | None:
        """All routes, shared out: a random one and those next to it, as long as all have no more customers."""
        self.owner: list[tuple[int, list[Route]]] = []
        for _ in range(self.cuts()):
            by_angle = self.task.draws.random() < ROUNDS_BY_ANGLE
            for index, routes in enumerate(self.routes):
                shared = (self._by_angle if by_angle else self._by_distance)(index, routes, size)
                self.owner += [(index, [routes[k] for k in piece]) for piece in shared]
        customers = [np.concatenate(piece) for _, piece in self.owner]
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
        """Takes routes that are shorter together."""
        views, states, _ = found.shape
        rows = torch.tensor([index for index, _ in self.owner], device=self.device)
        length = self._lengths(found.flatten(0, 1), rows.repeat(views)).view(views, states)
        best, which = length.min(0)
        old = [np.concatenate([as_actions(route) for route in piece]) for _, piece in self.owner]
        most = max(map(len, old))
        held = np.stack([np.pad(each, (0, most - len(each)), constant_values=-1) for each in old])
        before = self._lengths(torch.from_numpy(held).to(self.device), rows)
        shorter = (best < before - GAIN * before).cpu().numpy()
        chosen = found[which, torch.arange(states, device=self.device)].cpu().numpy()
        live = [{id(route): route for route in routes} for routes in self.routes]
        for (index, piece), better, actions in zip(self.owner, shorter, chosen, strict=True):
            held_still = live[index]
            if better and all(id(route) in held_still for route in piece):
                for route in piece:
                    del held_still[id(route)]
                held_still.update((id(route), route) for route in routes_of_actions(actions))
        self.routes = [list(each.values()) for each in live]

    def _lengths(self, actions: Tensor, row: Tensor) -> Tensor:
        """``[S]``, routes from the depot and back; actions ``[S, M]`` may be padded."""
        customer, way = actions.clamp(min=0) // 2, (actions % 2) * (actions >= 0)
        way = torch.nn.functional.pad(way, (0, 1))
        way[:, 0] = 0
        return self.task.lengths(row, torch.nn.functional.pad(customer, (1, 1)), way)

    def _by_angle(self, index: int, routes: list[Route], size: int) -> list[list[int]]:
        """Runs of routes in the order of their direction, from a random one on."""
        middle = self._middles(index, routes) - self.coordinates[index, 0]
        order = np.argsort(np.arctan2(middle[:, 1], middle[:, 0]), kind="stable")
        order = np.roll(order, int(self.task.draws.integers(len(routes))))
        pieces: list[list[int]] = []
        room = 0
        for k in order.tolist():
            if not pieces or len(routes[k]) > room:
                pieces.append([])
                room = size
            pieces[-1].append(k)
            room -= len(routes[k])
        return pieces

    def _by_distance(self, index: int, routes: list[Route], size: int) -> list[list[int]]:
        """A random route and those nearest to one of its customers, again and again."""
        free = self.task.draws.permutation(len(routes)).tolist()
        middle, pieces = self._middles(index, routes), []
        while free:
            first = free[0]
            seed = self.coordinates[index, self.task.draws.choice(routes[first])]
            seed = 0.5 * (seed + middle[first])
            far = np.linalg.norm(middle[free] - seed, axis=1)
            far[0] = -1.0
            piece: list[int] = []
            room = size
            for k in (free[place] for place in np.argsort(far, kind="stable")):
                if piece and len(routes[k]) > room:
                    break
                piece.append(k)
                room -= len(routes[k])
            pieces.append(piece)
            free = [k for k in free if k not in piece]
        return pieces

    def _middles(self, index: int, routes: list[Route]) -> NDArray[Any]:
        """``[R, 2]``, the means of the routes' customers."""
        sizes = np.array([len(route) for route in routes])
        flat = self.coordinates[index, np.concatenate(routes)]
        begins = np.append(0, sizes.cumsum()[:-1])
        return np.add.reduceat(flat, begins, axis=0) / sizes[:, None]


def routes_of_actions(actions: NDArray[np.int64]) -> list[Route]:
    """The routes of actions ``[M]``, ``2 * customer + by the depot``, then -1."""
    actions = actions[actions >= 0]
    begins = np.flatnonzero(actions % 2)
    return np.split(actions // 2, begins[begins > 0])


def as_actions(route: Route) -> NDArray[np.int64]:
    """A route that begins by the depot."""
    actions = 2 * route
    actions[0] += 1
    return actions
