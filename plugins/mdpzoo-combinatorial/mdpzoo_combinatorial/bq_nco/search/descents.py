"""Compiled local search that optionally follows each decoding and each re-construction of a subproblem.

Symmetric tours: Lin-Kernighan chains to a local optimum. Asymmetric tours: a short iterated 3-opt. Routes and
orienteering tours: a short ruin and recreate. Costs are the instance's own. What differs from BQ-NCO, which only
decodes: solutions are results of both the network and local search. Sources: the modules of ``local_search``.
"""

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.baselines.descent import MATRIX_NODES, from_node_0
from mdpzoo_combinatorial.bq_nco.search.route_subproblems import as_actions, routes_of_actions
from mdpzoo_combinatorial.bq_nco.search.task import Task
from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder
from mdpzoo_combinatorial.local_search import asymmetric_search, prize_search, route_search, symmetric_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest

Integers = NDArray[np.int64]
KICKS = 10  # per node of an asymmetric tour
ROUNDS = 3  # of ruin and recreate, per node of an orienteering instance
FIXED = 4.0  # penalty for removing a fixed edge, in units of the largest cost: more than any move can save
GRACE = 0.2  # seconds for a descent that begins after the time limit
ENTRIES = 32_000_000  # maximum number of costs that are stored for all instances (256 MB)


class Costs:
    """The costs of one instance, and its neighbour lists.

    Attributes:
        matrix: ``[n, n]`` float64, from the row's node to the column's.
        symmetric: whether both directions cost the same.
    """

    def __init__(self, matrix: NDArray[np.float64]) -> None:
        """Stores the costs."""
        self.matrix = matrix
        self.symmetric = bool(np.array_equal(matrix, matrix.T))

    @cached_property
    def candidates(self) -> NDArray[np.int32]:
        """The candidate neighbours of each node for Lin-Kernighan chains, ``[n, k]``."""
        return self._nearest(symmetric_search.NEAREST)

    @cached_property
    def near(self) -> NDArray[np.int32]:
        """The nodes from whose routes strings are removed together with that of each node, ``[n, k]``."""
        return self._nearest(route_search.NEAR)

    def among(self, nodes: Integers) -> "Costs":
        """Returns the costs between nodes ``[m]``, in this order."""
        return Costs(np.ascontiguousarray(self.matrix[np.ix_(nodes, nodes)]))

    def between(self, nodes: Integers) -> "Costs":
        """Returns the costs between nodes ``[m]``, with the edge from the second to the first node fixed."""
        part = self.among(nodes).matrix
        part += FIXED * part.max()
        part[1, 0] = 0.0
        if self.symmetric:
            part[0, 1] = 0.0
        return Costs(part)

    def _nearest(self, count: int) -> NDArray[np.int32]:
        both = self.matrix if self.symmetric else self.matrix + self.matrix.T
        return nearest(EMPTY, both, min(count, len(both) - 1))


class Descent(ABC):
    """Local search on solutions of a task's instances, which never get worse except by rounding."""

    least = 4  # tokens in the smallest instance that can be improved

    def __init__(self, task: Task) -> None:
        """Stores the instances."""
        self.task = task
        size = task.batch.size
        self.applies = self.least <= size <= MATRIX_NODES
        self._holds = len(task.batch) * size**2 <= ENTRIES
        self._held: dict[int, Costs] = {}
        self._begun: set[int] = set()  # instances with an improved solution

    def __call__(self, actions: Tensor, row: Tensor | None = None) -> Tensor:
        """Returns improved solutions ``[B, M']`` of ``[B, M]``; M' is the maximum number of actions of a solution.

        The first solution of an instance is improved even after the time limit: it takes milliseconds, and improves
        most if a greedy rule had to be used instead of the network.

        Args:
            actions: complete solutions, as construction returns them.
            row: ``[B]``, the instance of each solution; None: 0, 1, 2, ...
        """
        if not self.applies:
            return actions
        width = self.task.problem.record.choices(self.task.batch.size)
        found = np.pad(actions.cpu().numpy(), ((0, 0), (0, width - actions.shape[1])), constant_values=-1)
        for b, index in enumerate(range(len(found)) if row is None else row.tolist()):
            if self.task.budget.spent and (b > 0 or index in self._begun):
                break
            better = self.improve(index, found[b][found[b] >= 0])
            found[b] = -1
            found[b, : len(better)] = better
            self._begun.add(index)
        return torch.from_numpy(found).to(actions.device)

    @abstractmethod
    def improve(self, index: int, actions: Integers) -> Integers:
        """Returns the actions of an improved solution of instance ``index``; ``actions`` have no padding."""

    def subproblems(self, left: Remainder, found: Tensor) -> Tensor:
        """Returns improved solutions ``[V, S, M]`` of subproblems, each improved separately.

        Args:
            left: S subproblems.
            found: ``[V, S, M]``, V solutions of each, padded with -1.
        """
        if not self.applies:
            return found
        answers = found.cpu().numpy().copy()
        node, rows = left.node.cpu().numpy(), left.row.tolist()
        for s, index in enumerate(rows):
            if self.task.budget.spent:
                break
            used = answers[0, s] >= 0  # all solutions of a tour's or a route's subproblem have the same length
            if used.sum() + 2 >= self.least:
                nodes = node[s, : 2 + int(used.sum())]
                answers[:, s, used] = self.improve_subproblem(index, nodes, answers[:, s, used])
        return torch.from_numpy(answers).to(found.device)

    def improve_subproblem(self, index: int, nodes: Integers, answers: Integers) -> Integers:
        """Returns improved solutions ``[V, m]`` of one subproblem; by default, they are not changed.

        Args:
            index: the instance of the subproblem.
            nodes: ``[2 + m]``, its ends and its tokens.
            answers: ``[V, m]``, its solutions.
        """
        return answers

    def budget(self) -> Budget:
        """Returns the time limit of one descent."""
        left = self.task.budget.left
        return Budget(max(left, GRACE) if left < float("inf") else None)

    def costs(self, index: int) -> Costs:
        """Returns the costs of an instance."""
        if index in self._held:
            return self._held[index]
        nodes = torch.arange(self.task.batch.size, device=self.task.batch.numbers.device)
        row = torch.full((1, 1), index, device=nodes.device)
        matrix = self.task.distance(row, nodes.unsqueeze(1), nodes.unsqueeze(0)).cpu().numpy()
        costs = Costs(np.array(matrix, np.float64, order="C"))
        if self._holds:
            self._held[index] = costs
        return costs


class TourDescent(Descent):
    """Tours: actions are the nodes after node 0."""

    def improve(self, index: int, actions: Integers) -> Integers:
        """As ``Descent``."""
        return from_node_0(self._tour(self.costs(index), np.append(0, actions)))[1:]

    def improve_subproblem(self, index: int, nodes: Integers, answers: Integers) -> Integers:
        """As ``Descent``: paths from the first to the second node."""
        part, place = self.costs(index).between(nodes), np.empty(self.task.batch.size, np.int64)
        place[nodes] = np.arange(len(nodes))
        better = np.empty_like(answers)
        for v, answer in enumerate(answers):
            tour = from_node_0(self._tour(part, np.concatenate(([0], place[answer], [1]))))
            better[v] = nodes[tour[1:-1] if tour[-1] == 1 else tour[:1:-1]]
        return better

    def _tour(self, costs: Costs, tour: Integers) -> Integers:
        """Returns the improved tour ``[n]``."""
        if not costs.symmetric:
            kicks, seed = KICKS * len(tour), int(self.task.draws.integers(2**62))
            return asymmetric_search.search(
                costs.matrix, iterations=kicks, seed=seed, budget=self.budget(), start=tour
            )[0]
        start = tour.astype(np.int32)
        found = symmetric_search.descent(EMPTY, costs.matrix, costs.candidates, start, self.budget())
        return found.astype(np.int64)


class RouteDescent(Descent):
    """Routes: an action is ``2 * customer + via_depot``."""

    least = 3

    def improve(self, index: int, actions: Integers) -> Integers:
        """As ``Descent``."""
        found = self._routes(self.costs(index), index, np.arange(self.task.batch.size), actions)
        found[0] -= 1  # the first vehicle starts at the depot
        return found

    def improve_subproblem(self, index: int, nodes: Integers, answers: Integers) -> Integers:
        """As ``Descent``: complete routes through the nodes, from the depot.

        A subproblem that begins at a customer is not changed; the complete solution is improved after it.
        """
        if nodes[0]:
            return answers
        nodes = np.append(0, np.sort(nodes[2:]))
        part = self.costs(index).among(nodes)
        better = np.empty_like(answers)
        for v, answer in enumerate(answers):
            better[v] = self._routes(part, index, nodes, 2 * np.searchsorted(nodes, answer // 2) + answer % 2)
        return 2 * nodes[better // 2] + better % 2

    def _routes(self, costs: Costs, index: int, nodes: Integers, actions: Integers) -> Integers:
        """Returns the actions of improved routes, each via the depot; customers are indices into ``nodes``."""
        batch = self.task.batch
        demands = batch.numbers[index, :, 0].cpu().numpy()[nodes].astype(np.int64)
        seed = int(self.task.draws.integers(2**62))
        routes = [route.tolist() for route in routes_of_actions(actions)]
        routes = route_search.descent(costs.matrix, demands, int(batch.resource[index]), costs.near, routes, seed)
        return np.concatenate([as_actions(np.array(route)) for route in routes])


class PrizeDescent(Descent):
    """Orienteering tours: actions are visited nodes; subproblems are improved as parts of their tours."""

    least = 2

    def improve(self, index: int, actions: Integers) -> Integers:
        """As ``Descent``."""
        batch = self.task.batch
        limit = float(batch.resource[index]) + (0.0 if batch.tolerance is None else float(batch.tolerance[index]))
        prizes = batch.numbers[index, :, 0].cpu().numpy()
        rounds, seed = ROUNDS * batch.size, int(self.task.draws.integers(2**62))
        costs, start = self.costs(index).matrix, np.append(0, actions)
        return np.array(prize_search.search(costs, prizes, limit, iterations=rounds, seed=seed, start=start)[1:])
