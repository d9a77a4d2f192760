"""State of a search for a tour of limited length that collects prizes: insertions and removals, compiled.

Source: Chao, Golden and Wasil 1996, "A fast and effective heuristic for the orienteering problem", European Journal of
Operational Research 88 (insertion of the largest prize for its detour).

What differs: nodes are inserted next to a near neighbour if one is on the tour; prizes may be multiplied by noise.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import Floats, wrap
from mdpzoo_combinatorial.local_search.kernels.xorshift import below

Integers = NDArray[np.int64]
Records = NDArray[np.void]
RANDOM = 1 << 30  # different uniform numbers
NODE = np.dtype([
    ("prize", "f8"),
    ("weight", "f8"),  # the prize with noise
    ("detour", "f8"),  # least cost of its insertion, if it is not on the tour
    ("behind", "i8"),  # the node behind which that is
    ("waiting", "i8"),  # whether its edges have changed since moves from it were tried
])  # fmt: skip
PROGRESS = np.dtype([
    ("limit", "f8"),
    ("symmetric", "i8"),  # whether the costs are
    ("count", "i8"),  # nodes of `tour`
    ("kept_count", "i8"),  # of `kept`
    ("kept_prize", "f8"),
    ("kept_length", "f8"),
    ("best_count", "i8"),  # of `best`
    ("best_prize", "f8"),
    ("best_length", "f8"),
])  # fmt: skip


class Search(NamedTuple):
    """State of a search over the m nodes of the reduced instance; the depot is node 0."""

    costs: Floats  # [m, m], from the row's node to the column's, 0 on the diagonal
    back: Floats  # [m, m], its transpose, or the same array if it is symmetric
    near: Integers  # [m, k], nearest first
    nodes: Records  # [m] of NODE
    position: Integers  # [m], in `tour`; -1 if the node is not on it
    edge: Floats  # [m], cost of the edge from a node to its successor
    tour: Integers  # [m], a ring of `progress.count` nodes
    spare: Integers  # [m], scratch space
    kept: Integers  # [m], the accepted tour
    best: Integers  # [m], the best tour
    progress: Any  # a record of PROGRESS
    random: NDArray[np.uint64]  # [1]


@borrowing
def uniform(random: NDArray[np.uint64]) -> float:
    """A uniform number in (0, 1)."""
    return (below(random, RANDOM) + 0.5) / RANDOM


@borrowing
def length(s: Search) -> float:
    """The length of the closed tour."""
    count = s.progress.count
    total = s.costs[s.tour[count - 1], s.tour[0]]
    for k in range(count - 1):
        total += s.costs[s.tour[k], s.tour[k + 1]]
    return total


@borrowing
def measure(s: Search) -> None:
    """Computes the field ``edge`` of all nodes on the tour; of all changes only ``insert`` keeps it up to date."""
    tour, size = s.tour, s.progress.count
    for k in range(size):
        s.edge[tour[k]] = s.costs[tour[k], tour[wrap(k + 1, size)]]


@borrowing
def place_for(s: Search, node: int) -> tuple[float, int]:
    """Finds the cheapest insertion of a node next to a near node, or anywhere if no near node is on the tour.

    Returns:
        What it costs, and the node behind which it is.
    """
    tour, position, edge, count = s.tour, s.position, s.edge, s.progress.count
    costs, back = s.costs, s.back
    least, behind = np.inf, -1
    for i in range(s.near.shape[1]):
        j = s.near[node, i]
        place = position[j]
        if place < 0:
            continue
        before, after = tour[wrap(place - 1, count)], tour[wrap(place + 1, count)]
        more = back[node, j] + costs[node, after] - edge[j]
        if more < least:
            least, behind = more, j
        more = back[node, before] + costs[node, j] - edge[before]
        if more < least:
            least, behind = more, before
    if behind < 0:
        for place in range(count):
            j = tour[place]
            more = back[node, j] + costs[node, tour[wrap(place + 1, count)]] - edge[j]
            if more < least:
                least, behind = more, j
    return least, behind


@borrowing
def insert(s: Search, node: int, behind: int) -> None:
    """Inserts a node into the tour behind another one."""
    tour, position, nodes, count = s.tour, s.position, s.nodes, s.progress.count
    place = position[behind] + 1
    for k in range(count, place, -1):
        tour[k] = tour[k - 1]
        position[tour[k]] = k
    tour[place] = node
    s.progress.count = count + 1
    after = tour[wrap(place + 1, count + 1)]
    position[node] = place
    s.edge[behind], s.edge[node] = s.costs[behind, node], s.costs[node, after]
    nodes[node].waiting = 1
    nodes[behind].waiting = 1
    nodes[after].waiting = 1


@borrowing
def remove(s: Search, node: int) -> None:
    """Removes a node from the tour."""
    tour, position, nodes, count = s.tour, s.position, s.nodes, s.progress.count - 1
    place = position[node]
    position[node] = -1
    for k in range(place, count):
        tour[k] = tour[k + 1]
        position[tour[k]] = k
    s.progress.count = count
    nodes[tour[wrap(place, count)]].waiting = 1
    nodes[tour[wrap(place - 1, count)]].waiting = 1


@borrowing
def fill(s: Search, blur: float) -> None:
    """Inserts nodes while one fits, always the one with the largest prize for its detour.

    Args:
        s: the search.
        blur: the largest share of a prize that noise takes away.
    """
    nodes, out, outside = s.nodes, s.spare, 0
    measure(s)
    for node in range(1, nodes.shape[0]):
        if s.position[node] < 0:
            out[outside] = node
            outside += 1
            candidate = nodes[node]
            candidate.detour, candidate.behind = place_for(s, node)
            candidate.weight = candidate.prize * (1.0 - blur * uniform(s.random))
    room = s.progress.limit - length(s)
    while True:
        most, index = 0.0, -1
        for k in range(outside):
            candidate = nodes[out[k]]
            if candidate.detour <= room:
                worth = candidate.weight / max(candidate.detour, 1e-12)
                if worth > most:
                    most, index = worth, k
        if index < 0:
            return
        node = out[index]
        outside -= 1
        out[index] = out[outside]
        insert(s, node, nodes[node].behind)
        room -= nodes[node].detour
        _update_detours(s, node, outside)


@borrowing
def _update_detours(s: Search, node: int, outside: int) -> None:
    """Finds the cheapest insertions of the first ``outside`` nodes of ``spare`` again after that of ``node``."""
    nodes, edge, costs, back = s.nodes, s.edge, s.costs, s.back
    a = nodes[node].behind
    b = s.tour[wrap(s.position[node] + 1, s.progress.count)]
    for k in range(outside):
        other = s.spare[k]
        candidate = nodes[other]
        gone = candidate.behind == a
        one = costs[a, other] + back[node, other] - edge[a]
        two = costs[node, other] + back[b, other] - edge[node]
        least = min(one, two)
        if least <= candidate.detour:
            candidate.detour = least
            candidate.behind = a if one <= two else node
        elif gone:
            candidate.detour, candidate.behind = place_for(s, other)
