"""Random local optima, from which populations of tours begin, for symmetric and for asymmetric costs.

An asymmetric instance is searched as a symmetric one with two nodes for each: the tour arrives at node i and departs
from node n + i. The edge between both is so cheap that every tour keeps it (Jonker and Volgenant 1983, Operations
Research Letters 2).
"""

from typing import Protocol

import numpy as np

from mdpzoo_combinatorial.local_search import asymmetric_search, symmetric_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.kernels.neighbours import (
    EMPTY,
    Floats,
    Integers,
    greedy,
    in_quadrants,
    tour_length,
)
from mdpzoo_combinatorial.local_search.lin_kernighan.alpha_nearness import candidates, penalties_of

QUADRANT = 2  # candidates of a node in each quadrant around it, if nodes have places
ALPHA_NEAREST, TREES = 8, 50  # otherwise: candidates of a node by alpha-nearness, and spanning trees for them


class LocalOptima(Protocol):
    """A source of local optima.

    Attributes:
        matrix: symmetric costs between the m nodes of its tours, ``[m, m]``.
        epsilon: smallest gain.
    """

    matrix: Floats
    epsilon: float

    def first(self, budget: Budget) -> Integers:
        """Returns a local optimum from a short tour, ``[m]`` int32."""

    def draw(self, rng: np.random.Generator, budget: Budget) -> Integers:
        """Returns a local optimum from a random tour, ``[m]`` int32."""

    def iterate(self, seed: int, budget: Budget) -> Integers:
        """Returns the best tour of an iterated local search, ``[m]`` int32."""

    def order(self, tour: Integers) -> Integers:
        """Returns the order of the instance's n nodes in a tour, ``[n]`` int32."""

    def length(self, tour: Integers) -> float:
        """Returns the length of a tour by the instance's own costs."""


class SymmetricOptima:
    """Local optima of Lin-Kernighan chains; m = n."""

    def __init__(self, matrix: Floats, places: Floats = EMPTY) -> None:
        """Computes candidates.

        Args:
            matrix: ``[n, n]``, symmetric, n at least 12.
            places: ``[n, 2]``, by which candidates in all directions are chosen; ``EMPTY``: nodes have no places.
        """
        self.matrix, self.epsilon = matrix, 1e-12 * float(np.ptp(matrix))
        if places.size:
            self._near = in_quadrants(places, matrix, QUADRANT)
        else:
            self._near = candidates(matrix, penalties_of(matrix, TREES), ALPHA_NEAREST)

    def first(self, budget: Budget) -> Integers:
        """Descends from the nearest-neighbour tour."""
        return self._descend(greedy(EMPTY, self.matrix, self._near, 0), budget)

    def draw(self, rng: np.random.Generator, budget: Budget) -> Integers:
        """Descends from a random tour."""
        return self._descend(rng.permutation(len(self.matrix)).astype(np.int32), budget)

    def iterate(self, seed: int, budget: Budget) -> Integers:
        """Searches by iterated Lin-Kernighan."""
        return symmetric_search.search(EMPTY, self.matrix, iterations=None, seed=seed, budget=budget)[0]

    def order(self, tour: Integers) -> Integers:
        """Returns the tour."""
        return tour

    def length(self, tour: Integers) -> float:
        """Returns the length of the tour."""
        return float(tour_length(EMPTY, self.matrix, tour))

    def _descend(self, tour: Integers, budget: Budget) -> Integers:
        return symmetric_search.descent(EMPTY, self.matrix, self._near, tour, budget)


class AsymmetricOptima:
    """Local optima of 3-opt without reversal; m = 2 n."""

    def __init__(self, costs: Floats) -> None:
        """Builds the symmetric instance.

        Args:
            costs: ``[n, n]`` from the row's node to the column's, at least 0; n at least 12.
        """
        n = len(costs)
        self._costs = costs.copy()
        np.fill_diagonal(self._costs, 0.0)
        self.epsilon = 1e-12 * float(self._costs.max())
        together = 2.0 * n * max(float(self._costs.max()), 1e-300)  # more than any exchange can gain
        self.matrix = np.full((2 * n, 2 * n), 2 * together)
        self.matrix[n:, :n], self.matrix[:n, n:] = self._costs, self._costs.T
        nodes = np.arange(n)
        self.matrix[nodes, n + nodes] = self.matrix[n + nodes, nodes] = -together

    def first(self, budget: Budget) -> Integers:
        """Descends from the nearest-neighbour tour."""
        return self._search(None, 0, 0, budget)

    def draw(self, rng: np.random.Generator, budget: Budget) -> Integers:
        """Descends from a random tour."""
        return self._search(rng.permutation(len(self._costs)).astype(np.int32), 0, 0, budget)

    def iterate(self, seed: int, budget: Budget) -> Integers:
        """Searches by iterated 3-opt."""
        return self._search(None, None, seed, budget)

    def order(self, tour: Integers) -> Integers:
        """Returns the order of the n nodes in a tour of the symmetric instance."""
        n = len(self._costs)
        forwards = tour if tour[(np.flatnonzero(tour == 0)[0] + 1) % (2 * n)] == n else tour[::-1]
        return np.ascontiguousarray(forwards[forwards < n])

    def length(self, tour: Integers) -> float:
        """Returns the length by the asymmetric costs."""
        return float(tour_length(EMPTY, self._costs, self.order(tour)))

    def _search(self, start: Integers | None, iterations: int | None, seed: int, budget: Budget) -> Integers:
        order, _ = asymmetric_search.search(self._costs, iterations=iterations, seed=seed, budget=budget, start=start)
        return np.stack([order, order + len(order)], 1).reshape(-1).astype(np.int32)
