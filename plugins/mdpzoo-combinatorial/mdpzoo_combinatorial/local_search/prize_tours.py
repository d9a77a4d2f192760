"""Compiled changes of a tour of limited length that collects prizes: put nodes on, take them off, shorten it.

Sources: Croes 1958 (2-opt), Or 1976 (Or-opt), Bentley 1992 (neighbour lists, don't-look bits), Chao, Golden and Wasil
1996, "A fast and effective heuristic for the orienteering problem", European Journal of Operational Research 88
(insertion of the largest prize for its detour).

What differs: 2-opt and Or-opt moves need a near neighbour on the tour, so do insertions while there is one; worths may
be blurred. Where costs are not symmetric, nothing is reversed.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import Floats, wrap
from mdpzoo_combinatorial.local_search.kernels.xorshift import below

Integers = NDArray[np.int64]
LONGEST_MOVE = 3  # nodes that an Or-opt move carries along


class Search(NamedTuple):
    """The arrays of one search over the m nodes that matter; the depot is node 0."""

    costs: Floats  # [m, m], from the row's node to the column's, 0 on the diagonal
    back: Floats  # [m, m], its transpose, for memory's sake
    prizes: Floats  # [m]
    near: Integers  # [m, k], nearest first
    limit: Floats  # [1]
    symmetric: NDArray[np.bool_]  # [1]
    tour: Integers  # [m], a ring of which the first `size` are used
    size: Integers  # [1]
    position: Integers  # [m], in `tour`; -1 where a node is not on it
    waiting: NDArray[np.bool_]  # [m], nodes whose edges have changed
    spare: Integers  # [m], room for a copy
    edge: Floats  # [m], cost of the edge behind each node of the tour
    detour: Floats  # [m], of the nodes that are not on the tour
    behind: Integers  # [m], the node behind which that is
    weight: Floats  # [m], prizes as they seem in this round
    kept: Integers  # [m + 1], the tour accepted last, and its count
    best: Integers  # [m + 1]
    worth: Floats  # [4], prize and length of `kept`, then of `best`
    random: NDArray[np.uint64]  # [1]


@borrowing
def uniform(random: NDArray[np.uint64]) -> float:
    """A uniform number in (0, 1)."""
    return (below(random, 1 << 30) + 0.5) / (1 << 30)


@borrowing
def length(s: Search) -> float:
    """The length of the closed tour."""
    count = s.size[0]
    total = s.costs[s.tour[count - 1], s.tour[0]]
    for k in range(count - 1):
        total += s.costs[s.tour[k], s.tour[k + 1]]
    return total


@borrowing
def measure(s: Search) -> None:
    """Computes ``edge`` anew; ``insert`` keeps it true, nothing else does."""
    for k in range(s.size[0]):
        s.edge[s.tour[k]] = s.costs[s.tour[k], s.tour[wrap(k + 1, s.size[0])]]


@borrowing
def place_for(s: Search, node: int) -> tuple[float, int]:
    """What it costs to insert a node, and behind which one: beside a near node where one is on the tour."""
    tour, count = s.tour, s.size[0]
    least, behind = np.inf, -1
    for i in range(s.near.shape[1]):
        j = s.near[node, i]
        place = s.position[j]
        if place < 0:
            continue
        before, after = tour[wrap(place - 1, count)], tour[wrap(place + 1, count)]
        more = s.back[node, j] + s.costs[node, after] - s.edge[j]
        if more < least:
            least, behind = more, j
        more = s.back[node, before] + s.costs[node, j] - s.edge[before]
        if more < least:
            least, behind = more, before
    if behind < 0:
        for place in range(count):
            j = tour[place]
            more = s.back[node, j] + s.costs[node, tour[wrap(place + 1, count)]] - s.edge[j]
            if more < least:
                least, behind = more, j
    return least, behind


@borrowing
def insert(s: Search, node: int, behind: int) -> None:
    """Puts a node on the tour behind another one."""
    tour, position, count = s.tour, s.position, s.size[0]
    place = position[behind] + 1
    for k in range(count, place, -1):
        tour[k] = tour[k - 1]
        position[tour[k]] = k
    tour[place], position[node] = node, place
    s.size[0] = count + 1
    after = tour[wrap(place + 1, count + 1)]
    s.edge[behind], s.edge[node] = s.costs[behind, node], s.costs[node, after]
    s.waiting[node] = s.waiting[behind] = s.waiting[after] = True


@borrowing
def remove(s: Search, node: int) -> None:
    """Takes a node off the tour."""
    tour, position, count = s.tour, s.position, s.size[0] - 1
    place = position[node]
    position[node] = -1
    for k in range(place, count):
        tour[k] = tour[k + 1]
        position[tour[k]] = k
    s.size[0] = count
    s.waiting[tour[wrap(place, count)]] = s.waiting[tour[wrap(place - 1, count)]] = True


@borrowing
def fill(s: Search, blur: float) -> None:
    """Inserts what seems to be the largest prize for its detour, as long as one fits."""
    m, out, outside = s.prizes.shape[0], s.spare, 0
    measure(s)
    for node in range(1, m):
        if s.position[node] < 0:
            out[outside] = node
            outside += 1
            s.detour[node], s.behind[node] = place_for(s, node)
            s.weight[node] = s.prizes[node] * (1.0 - blur * uniform(s.random))
    room = s.limit[0] - length(s)
    while True:
        most, index = 0.0, -1
        for k in range(outside):
            node = out[k]
            if s.detour[node] <= room:
                worth = s.weight[node] / max(s.detour[node], 1e-12)
                if worth > most:
                    most, index = worth, k
        if index < 0:
            return
        node = out[index]
        outside -= 1
        out[index] = out[outside]
        a = s.behind[node]
        insert(s, node, a)
        b = s.tour[wrap(s.position[node] + 1, s.size[0])]
        room -= s.detour[node]
        for k in range(outside):
            other = out[k]
            gone = s.behind[other] == a
            one = s.costs[a, other] + s.back[node, other] - s.edge[a]
            two = s.costs[node, other] + s.back[b, other] - s.edge[node]
            least = min(one, two)
            if least <= s.detour[other]:
                s.detour[other] = least
                s.behind[other] = a if one <= two else node
            elif gone:
                s.detour[other], s.behind[other] = place_for(s, other)


@borrowing
def _reverse(s: Search, first: int, last: int) -> None:
    """Reverses the places first..last of the ring, or, the same tour, their complement where that is shorter."""
    count = s.size[0]
    inside = wrap(last - first, count) + 1
    if 2 * inside > count:
        first, last, inside = wrap(last + 1, count), wrap(first - 1, count), count - inside
    for _ in range(inside // 2):
        a, b = s.tour[first], s.tour[last]
        s.tour[first], s.tour[last] = b, a
        s.position[b], s.position[a] = first, last
        first, last = wrap(first + 1, count), wrap(last - 1, count)


@borrowing
def _two_opt(s: Search, a: int, epsilon: float) -> bool:
    """Makes a gaining 2-opt move with an edge from a to a near node."""
    count = s.size[0]
    for step in (1, -1):
        b = s.tour[wrap(s.position[a] + step, count)]
        for i in range(s.near.shape[1]):
            c = s.near[a, i]
            gain = s.costs[a, b] - s.costs[a, c]
            if gain <= epsilon:
                break
            if s.position[c] < 0:
                continue
            d = s.tour[wrap(s.position[c] + step, count)]
            if gain + s.costs[c, d] - s.costs[b, d] > epsilon:
                if step == 1:
                    _reverse(s, s.position[b], s.position[c])
                else:
                    _reverse(s, s.position[c], s.position[b])
                s.waiting[a] = s.waiting[b] = s.waiting[c] = s.waiting[d] = True
                return True
    return False


@borrowing
def _carry(s: Search, first: int, carried: int, behind: int, back: bool) -> None:
    """Moves the nodes from place ``first`` on behind another one; ``back``: reversed."""
    count = s.size[0]
    size = 0
    for k in range(carried, count):
        node = s.tour[(first + k) % count]
        s.spare[size] = node
        size += 1
        if node == behind:
            for moved in range(carried):
                s.spare[size] = s.tour[(first + (carried - 1 - moved if back else moved)) % count]
                size += 1
    for k in range(count):
        s.tour[k] = s.spare[k]
        s.position[s.tour[k]] = k


@borrowing
def _or_opt(s: Search, a: int, epsilon: float) -> bool:
    """Moves up to three nodes that begin or end with a beside a node near a, where that shortens the tour."""
    count, costs = s.size[0], s.costs
    for step in (1, -1):
        for carried in range(1, min(LONGEST_MOVE, count - 2) + 1):
            place = s.position[a]
            low = place if step == 1 else wrap(place - carried + 1, count)
            first, last = s.tour[low], s.tour[wrap(low + carried - 1, count)]
            before, after = s.tour[wrap(low - 1, count)], s.tour[wrap(low + carried, count)]
            freed = costs[before, first] + costs[last, after] - costs[before, after]
            for i in range(s.near.shape[1]):
                c = s.near[a, i]
                if freed - costs[a, c] <= epsilon and s.symmetric[0]:
                    break
                if s.position[c] < 0 or wrap(s.position[c] - low, count) < carried:
                    continue
                for side in (0, 1):  # behind c, before c
                    one = c if side == 0 else s.tour[wrap(s.position[c] - 1, count)]
                    if wrap(s.position[one] - low, count) < carried:
                        continue
                    two = s.tour[wrap(s.position[one] + 1, count)]
                    if one == before:
                        continue
                    back = (side == 0) != (step == 1)  # a lies beside c
                    if back and not s.symmetric[0]:
                        continue
                    ends = (last, first) if back else (first, last)
                    if freed + costs[one, two] - costs[one, ends[0]] - costs[ends[1], two] > epsilon:
                        _carry(s, low, carried, one, back)
                        for node in (before, after, first, last, one, two):
                            s.waiting[node] = True
                        return True
    return False


@borrowing
def shorten(s: Search, epsilon: float) -> bool:
    """Makes moves that shorten the tour until none is left; returns whether there was one."""
    found = False
    again = s.size[0] > 3
    while again:
        again = False
        for k in range(s.size[0]):
            a = s.tour[k]
            if not s.waiting[a]:
                continue
            s.waiting[a] = False
            if (s.symmetric[0] and _two_opt(s, a, epsilon)) or _or_opt(s, a, epsilon):
                s.waiting[a] = found = again = True
    return found
