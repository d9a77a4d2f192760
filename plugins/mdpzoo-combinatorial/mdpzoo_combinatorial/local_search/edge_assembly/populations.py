"""Tours of a population with the frequencies of their edges, and the scratch space of a crossover.

A tour is stored in two forms: as the order of its nodes, and, while it is changed, as the two neighbours of each node
(its links), of which an exchange replaces some. Replacements are logged, so that they can be undone.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, Floats, Integers, tour_length, wrap
from mdpzoo_combinatorial.local_search.kernels.records import record
from mdpzoo_combinatorial.local_search.kernels.xorshift import seeded

COUNTS = np.dtype([
    ("cycles", "i8"),  # AB-cycles of the present pair of tours
    ("logged", "i8"),  # rows of `log`
    ("cuts", "i8"),  # entries of `cuts`
    ("gain", "f8"),  # by which the present exchange shortens the tour
    ("entropy", "f8"),  # by which the present exchange changes the entropy of the population's edges
])  # fmt: skip


class Population(NamedTuple):
    """State of a crossover of P tours over n nodes."""

    matrix: Floats  # [n, n], symmetric
    neighbours: Integers  # [n, k], candidates for the connection of subtours
    tours: Integers  # [P, n]
    lengths: Floats  # [P]
    frequencies: NDArray[np.int16]  # [n, n], symmetric: how many tours contain an edge
    terms: Floats  # [P + 2], the contribution to the entropy of an edge that m tours contain
    position: Integers  # [n], the inverse of the tour that is changed
    links: Integers  # [n, 2], its neighbours
    others: Integers  # [n, 2], the neighbours in the other tour
    rest: Integers  # [2, n, 2], edges of both tours that are in no AB-cycle yet
    degree: Integers  # [2, n], how many of them each node has
    place: Integers  # [2, n], the position of a node in `path`, by the parity of that position, or -1
    path: Integers  # [2 n + 2], the nodes of an alternating walk
    nodes: Integers  # [2 n], the nodes of all AB-cycles, one after the other
    first: Integers  # [n + 1], where each of them begins in `nodes`
    order: Integers  # [n], numbers of AB-cycles in random order
    cuts: Integers  # [n], positions after which the tour is cut, sorted
    label: Integers  # [n], the subtour of the segment that ends at each cut
    sizes: Integers  # [n], nodes of each subtour, n + 1 for one that was connected to another
    log: Integers  # [6 n, 3], replacements: node, slot, and the previous neighbour
    counts: Any  # a record of COUNTS
    random: NDArray[np.uint64]  # [1]


def create_population(matrix: Floats, neighbours: Integers, tours: Integers, seed: int, stream: int) -> Population:
    """Returns the state for a crossover of the tours, ``[P, n]`` int32, n at least 8."""
    size, n = tours.shape
    shares = np.arange(1, size + 2) / size
    terms = np.concatenate([[0.0], -shares * np.log(shares)])
    population = Population(
        matrix=matrix,
        neighbours=neighbours,
        tours=tours,
        lengths=np.array([tour_length(EMPTY, matrix, tour) for tour in tours]),
        frequencies=np.zeros((n, n), np.int16),
        terms=terms,
        position=np.zeros(n, np.int32),
        links=np.zeros((n, 2), np.int32),
        others=np.zeros((n, 2), np.int32),
        rest=np.zeros((2, n, 2), np.int32),
        degree=np.zeros((2, n), np.int32),
        place=np.full((2, n), -1, np.int32),
        path=np.zeros(2 * n + 2, np.int32),
        nodes=np.zeros(2 * n, np.int32),
        first=np.zeros(n + 1, np.int32),
        order=np.zeros(n, np.int32),
        cuts=np.zeros(n, np.int32),
        label=np.zeros(n, np.int32),
        sizes=np.zeros(n, np.int32),
        log=np.zeros((6 * n, 3), np.int32),
        counts=record(COUNTS),
        random=np.full(1, seeded(seed, stream), np.uint64),
    )
    for tour in tours:
        ends = np.roll(tour, -1)
        population.frequencies[tour, ends] += 1
        population.frequencies[ends, tour] += 1
    return population


@borrowing
def link(tour: Integers, links: Integers) -> None:
    """Writes the two neighbours of each node of a tour."""
    n = tour.shape[0]
    for place in range(n):
        node = tour[place]
        links[node, 0] = tour[wrap(place - 1, n)]
        links[node, 1] = tour[wrap(place + 1, n)]


@borrowing
def follow(links: Integers, tour: Integers) -> None:
    """Writes the tour that the links give, beginning with its present first node."""
    before, node = links[tour[0], 0], tour[0]
    for place in range(tour.shape[0]):
        tour[place] = node
        before, node = node, across(links, node, before)


@borrowing
def across(links: Integers, node: int, before: int) -> int:
    """Returns the neighbour of a node that is not ``before``."""
    return links[node, 1] if links[node, 0] == before else links[node, 0]


@borrowing
def replace(s: Population, node: int, before: int, after: int) -> None:
    """Replaces one neighbour of a node by another; of an edge, this changes the half that belongs to the node."""
    slot = 0 if s.links[node, 0] == before else 1
    row = s.log[s.counts.logged]
    row[0], row[1], row[2] = node, slot, before
    s.counts.logged += 1
    s.links[node, slot] = after
    s.counts.gain += 0.5 * (s.matrix[node, before] - s.matrix[node, after])
    _count(s, node, before, -1)
    _count(s, node, after, 1)


@borrowing
def _count(s: Population, node: int, other: int, change: int) -> None:
    """Changes the frequency of half an edge."""
    frequency = s.frequencies[node, other]
    s.counts.entropy += 0.5 * (s.terms[frequency + change] - s.terms[frequency])
    s.frequencies[node, other] = frequency + change


@borrowing
def restore(s: Population) -> None:
    """Undoes all logged replacements."""
    for k in range(s.counts.logged - 1, -1, -1):
        node, slot, before = s.log[k, 0], s.log[k, 1], s.log[k, 2]
        s.frequencies[node, s.links[node, slot]] -= 1
        s.frequencies[node, before] += 1
        s.links[node, slot] = before
    s.counts.logged = 0
