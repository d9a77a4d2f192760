"""Division of the edges in which two tours A and B differ into cycles that alternate between them.

Source: Nagata and Kobayashi 2013. Every node has as many edges that only A contains as edges that only B contains, so
that an alternating walk ends only where it began; whenever it meets itself with the right parity, a cycle is cut off.
"""

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.edge_assembly.populations import Population
from mdpzoo_combinatorial.local_search.kernels.xorshift import below


@borrowing
def divide(s: Population) -> None:
    """Writes the AB-cycles of the tours in ``links`` and ``others``; each begins with an edge of A."""
    n = s.links.shape[0]
    _collect(s)
    s.counts.cycles = 0
    s.first[0] = 0
    start, turned = below(s.random, n), 0
    while turned < n:
        if s.degree[0, start] > 0:
            _walk(s, start)
        else:
            start = start + 1 if start + 1 < n else 0
            turned += 1


@borrowing
def _collect(s: Population) -> None:
    """Collects the edges that only one of both tours contains."""
    for node in range(s.links.shape[0]):
        s.degree[0, node] = s.degree[1, node] = 0
        for slot in range(2):
            a, b = s.links[node, slot], s.others[node, slot]
            if a != s.others[node, 0] and a != s.others[node, 1]:
                s.rest[0, node, s.degree[0, node]] = a
                s.degree[0, node] += 1
            if b != s.links[node, 0] and b != s.links[node, 1]:
                s.rest[1, node, s.degree[1, node]] = b
                s.degree[1, node] += 1


@borrowing
def _walk(s: Population, start: int) -> None:
    """Walks from a node over edges of A and B in turn, until the node has none; stores the cycles."""
    size = 1
    s.path[0], s.place[0, start] = start, 0
    while size > 1 or s.degree[0, start] > 0:
        tour = (size - 1) % 2  # of the next edge
        node = s.path[size - 1]
        other = s.rest[tour, node, below(s.random, s.degree[tour, node])]
        _take(s, tour, node, other)
        _take(s, tour, other, node)
        parity = size % 2
        before = s.place[parity, other]
        if before < 0:
            s.path[size], s.place[parity, other] = other, size
            size += 1
        else:
            _store(s, before, size)
            size = before + 1
    s.place[0, start] = -1


@borrowing
def _take(s: Population, tour: int, node: int, other: int) -> None:
    """Removes an edge from those of a node that are in no cycle yet."""
    s.degree[tour, node] -= 1
    if s.rest[tour, node, 0] == other:
        s.rest[tour, node, 0] = s.rest[tour, node, 1]


@borrowing
def _store(s: Population, first: int, size: int) -> None:
    """Stores the cycle ``path[first:size]`` and forgets the places of its nodes, except the first."""
    begin, length = s.first[s.counts.cycles], size - first
    shift = first % 2  # a walk from an odd position begins with an edge of B
    for k in range(length):
        node = s.path[first + k]
        s.nodes[begin + (k + shift) % length] = node
        if k > 0:
            s.place[(first + k) % 2, node] = -1
    s.counts.cycles += 1
    s.first[s.counts.cycles] = begin + length
