"""Edge assembly crossover in populations of tours, the default solver of ``mdpzoo solve`` for TSP and ATSP.

Source: Nagata and Kobayashi 2013 (INFORMS Journal on Computing 25); the modules of ``edge_assembly`` say what differs.
When no tour of a population takes over edges any more, a new population of twice the size begins, until four of them
have ended at the shortest tour, or until the time limit.
On 16 files of TSPLIB of 417 to 1,577 nodes, the mean gap to the optimum was 0.006 % after 5 CPU-seconds of one thread,
the worst of 32 runs 0.07 % after 10 (``benchmarks/large_tours.py``).
"""

import numpy as np

from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.edge_assembly.generations import generation
from mdpzoo_combinatorial.local_search.edge_assembly.local_optima import LocalOptima
from mdpzoo_combinatorial.local_search.edge_assembly.populations import create_population
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, Integers, nearest

CONNECTIONS = 10  # nearest nodes to which subtours are connected
FIRST, LARGEST = 50, 1_000  # tours of the first population, and of the largest
SHORTEST = 100  # tours of a population for which there must be time; otherwise iterated local search is better
LEAST = 20  # tours of a later population that is worth the rest of the time
OFFSPRING = 30  # exchanges from which a tour takes the best
MATES = 10  # tours between two checks of the time limit
ROUND = 4.0  # time of a first population over that of its descents, as estimated from one of them
AGREEING = 4  # populations with the same best length that end the search
SAME = 1e-9  # relative difference of lengths that are the same
GROWTH = 1.2  # time of a population for each tour over that of the previous one


def search(optima: LocalOptima, *, seed: int, budget: Budget) -> tuple[Integers, float]:
    """Returns the best tour of the instance, ``[n]`` int32, and its length.

    Args:
        optima: the instance.
        seed: any integer in ``[0, 2**63)``.
        budget: the time limit; its clock starts after preparation. If it is too short for populations, iterated local
            search takes it.
    """
    rounds = _Rounds(optima, seed, budget)
    if budget.seconds is not None and budget.seconds < SHORTEST * rounds.cost:
        rounds.iterate()  # before the clock starts
    else:
        rounds.run()
    return optima.order(rounds.best), optima.length(rounds.best)


def one_population(optima: LocalOptima, size: int, *, seed: int) -> Integers:
    """Returns the best tour of one population, ``[m]`` int32, without a time limit.

    Args:
        optima: the instance.
        size: tours of the population, at least 2.
        seed: any integer in ``[0, 2**63)``.
    """
    rounds = _Rounds(optima, seed, Budget())
    rounds.improve(size)
    return rounds.best


class _Rounds:
    """Populations of growing size, and the best tour so far.

    Attributes:
        best: the tour.
        count: populations that were searched.
        cost: estimated seconds for each tour of the next population.
    """

    def __init__(self, optima: LocalOptima, seed: int, budget: Budget) -> None:
        """Finds two tours, to estimate the cost; the clock of the budget does not run yet."""
        self.optima, self.seed, self.budget = optima, seed, budget
        self.rng = np.random.default_rng(seed)
        self.connections = nearest(EMPTY, optima.matrix, CONNECTIONS)
        self.count = self.steps = 0
        self.best, self.length = np.empty(0, np.int32), np.inf
        self._offer(optima.first(Budget()))
        clock = Budget()
        clock.begin()
        self._offer(optima.draw(self.rng, clock))
        self.cost = ROUND * clock.used

    def run(self) -> None:
        """Searches populations until enough of them agree, or until the time limit."""
        size, agreeing = FIRST, 0
        if self.budget.left < LEAST * self.cost:
            self.iterate()
        while agreeing < AGREEING and not self.budget.spent:
            size = int(min(size, LARGEST, self.budget.left / max(self.cost, 1e-9)))
            if size < LEAST:
                return
            before, shortest = self.budget.used, self.length
            found = self.improve(size)
            same = SAME * abs(self.length)
            agreeing = (agreeing if shortest <= self.length + same else 0) + (found <= self.length + same)
            self.cost, size = GROWTH * (self.budget.used - before) / size, 2 * size

    def iterate(self) -> None:
        """Searches by iterated local search."""
        self._offer(self.optima.iterate(self.seed, self.budget))

    def improve(self, size: int) -> float:
        """Searches a population until no tour becomes shorter, within the time limit; returns its shortest length."""
        tours = np.empty((size, len(self.optima.matrix)), np.int32)
        for k in range(size):
            tours[k] = self.optima.draw(self.rng, self.budget)
            self._offer(tours[k])
            if self.budget.spent:
                return np.inf
        self.count += 1
        population = create_population(self.optima.matrix, self.connections, tours, self.seed, self.count)
        gain, shortest = np.inf, np.inf
        while gain > 0 and not self.budget.spent:
            order = self.rng.permutation(size)
            order = np.append(order, order[0])
            gain = 0.0
            for k in range(0, size, MATES):
                gain += generation(population, order[k : k + MATES + 1], OFFSPRING, self.optima.epsilon)
                if self.budget.spent:
                    break
            shortest = self._offer(population.tours[population.lengths.argmin()])
        return shortest

    def _offer(self, tour: Integers) -> float:
        """Keeps a tour if it is the best so far, tells the budget, and returns its length."""
        length = self.optima.length(tour)
        if length < self.length:
            self.best, self.length = tour.copy(), length
        self.steps += 1
        self.budget.tell(self.steps, self.length)
        return length
