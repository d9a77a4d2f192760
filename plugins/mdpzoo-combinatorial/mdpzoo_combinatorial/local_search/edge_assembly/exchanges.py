"""Application of an AB-cycle to a tour: its edges of A are replaced by those of B, and subtours are connected.

Source: Nagata and Kobayashi 2013. The smallest subtour is connected to another by the best 2-exchange between an edge
of each, among pairs of near nodes, until one tour remains. Apart from the nodes of the smallest subtour, only the
segments between the removed edges of A are visited, so that an exchange takes far less time than a pass over the tour.
"""

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.edge_assembly.populations import Population, across, replace
from mdpzoo_combinatorial.local_search.kernels.neighbours import Integers, wrap


@borrowing
def assemble(s: Population, tour: Integers, cycle: int) -> bool:
    """Exchanges a cycle's edges; returns False if subtours remain, because one has no near node outside."""
    s.counts.gain = s.counts.entropy = 0.0
    s.counts.logged = s.counts.cuts = 0
    _exchange(s, cycle)
    _sort(s.cuts, s.counts.cuts)
    subtours = _trace(s, tour)
    while subtours > 1:
        if not _connect(s, tour, _smallest(s)):
            return False
        subtours -= 1
    return True


@borrowing
def _exchange(s: Population, cycle: int) -> None:
    """Replaces a cycle's edges of A by those of B; writes the positions after which edges of A were removed."""
    n = s.links.shape[0]
    begin, end = s.first[cycle], s.first[cycle + 1]
    before = s.nodes[end - 1]
    for k in range(begin, end, 2):
        a, b = s.nodes[k], s.nodes[k + 1]
        after = s.nodes[k + 2] if k + 2 < end else s.nodes[begin]
        replace(s, a, b, before)
        replace(s, b, a, after)
        before = b
        p, q = s.position[a], s.position[b]
        s.cuts[s.counts.cuts] = p if wrap(p + 1, n) == q else q
        s.counts.cuts += 1


@borrowing
def _sort(values: Integers, count: int) -> None:
    """Sorts the first ``count`` values (Shell's method: numba's sort cannot borrow arrays)."""
    gap = 1
    while 3 * gap + 1 < count:
        gap = 3 * gap + 1
    while gap > 0:
        for k in range(gap, count):
            value, slot = values[k], k
            while slot >= gap and values[slot - gap] > value:
                values[slot] = values[slot - gap]
                slot -= gap
            values[slot] = value
        gap //= 3


@borrowing
def _segment(s: Population, node: int) -> int:
    """Returns the segment that contains a node; the first one continues after the last cut."""
    place, low, high = s.position[node], 0, s.counts.cuts
    while low < high:
        middle = (low + high) // 2
        if s.cuts[middle] < place:
            low = middle + 1
        else:
            high = middle
    return low if low < s.counts.cuts else 0


@borrowing
def _start(s: Population, segment: int) -> int:
    """Returns the position of a segment's first node."""
    before = segment - 1 if segment > 0 else s.counts.cuts - 1
    return wrap(s.cuts[before] + 1, s.links.shape[0])


@borrowing
def _trace(s: Population, tour: Integers) -> int:
    """Labels every segment with its subtour; returns the number of subtours."""
    n, cuts = s.links.shape[0], s.counts.cuts
    for segment in range(cuts):
        s.label[segment] = -1
    subtours = 0
    for start in range(cuts):
        if s.label[start] >= 0:
            continue
        s.sizes[subtours] = 0
        segment, enters = start, tour[_start(s, start)]
        came = -1
        while s.label[segment] < 0:
            s.label[segment] = subtours
            first = tour[_start(s, segment)]
            last = tour[s.cuts[segment]]
            s.sizes[subtours] += wrap(s.position[last] - s.position[first], n) + 1
            if first == last:
                leaves = first
                inside = came if came >= 0 else s.links[first, 0]
            elif enters == first:
                leaves = last
                inside = tour[wrap(s.position[last] - 1, n)]
            else:
                leaves = first
                inside = tour[wrap(s.position[first] + 1, n)]
            came, enters = leaves, across(s.links, leaves, inside)
            segment = _segment(s, enters)
        subtours += 1
    return subtours


@borrowing
def _smallest(s: Population) -> int:
    """Returns the subtour with the fewest nodes."""
    best, least = 0, s.links.shape[0] + 1
    for segment in range(s.counts.cuts):
        subtour = s.label[segment]
        if s.sizes[subtour] < least:
            best, least = subtour, s.sizes[subtour]
    return best


@borrowing
def _connect(s: Population, tour: Integers, subtour: int) -> bool:
    """Connects a subtour to another by the 2-exchange that lengthens the tour least; False if there is none."""
    n, cuts = s.links.shape[0], s.counts.cuts
    best, v1, v2, w1, w2, joined = -np.inf, 0, 0, 0, 0, -1
    for segment in range(cuts):
        if s.label[segment] != subtour:
            continue
        place, end = _start(s, segment), s.cuts[segment]
        while True:
            node = tour[place]
            for k in range(s.neighbours.shape[1]):
                near = s.neighbours[node, k]
                other = s.label[_segment(s, near)]
                if other == subtour:
                    continue
                for slot in range(4):
                    i, j = s.links[node, slot // 2], s.links[near, slot % 2]
                    gain = s.matrix[node, i] + s.matrix[near, j] - s.matrix[node, near] - s.matrix[i, j]
                    if gain > best:
                        best, v1, v2, w1, w2, joined = gain, node, i, near, j, other
            if place == end:
                break
            place = wrap(place + 1, n)
    if joined < 0:
        return False
    replace(s, v1, v2, w1)
    replace(s, v2, v1, w2)
    replace(s, w1, w2, v1)
    replace(s, w2, w1, v2)
    for segment in range(cuts):
        if s.label[segment] == subtour:
            s.label[segment] = joined
    s.sizes[joined] += s.sizes[subtour]
    s.sizes[subtour] = n + 1
    return True
