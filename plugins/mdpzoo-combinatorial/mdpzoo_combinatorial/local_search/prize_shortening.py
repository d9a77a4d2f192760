"""Compiled 2-opt and Or-opt moves of the prize search, with neighbour lists and don't-look bits.

Sources: Croes 1958 (2-opt), Or 1976 (Or-opt), Bentley 1992 (neighbour lists, don't-look bits).

What differs: each move adds an edge to a near neighbour on the tour. If costs are asymmetric, nothing is reversed.
"""

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import wrap
from mdpzoo_combinatorial.local_search.prize_tours import Search

LONGEST_MOVE = 3  # nodes in the segment that an Or-opt move relocates


@borrowing
def _reverse(s: Search, first: int, last: int) -> None:
    """Reverses the places first..last of the ring or, for the same tour, the rest of the ring if that is shorter."""
    tour, position, count = s.tour, s.position, s.progress.count
    inside = wrap(last - first, count) + 1
    if 2 * inside > count:
        first, last, inside = wrap(last + 1, count), wrap(first - 1, count), count - inside
    for _ in range(inside // 2):
        a, b = tour[first], tour[last]
        tour[first], tour[last] = b, a
        position[b], position[a] = first, last
        first, last = wrap(first + 1, count), wrap(last - 1, count)


@borrowing
def _two_opt(s: Search, a: int, epsilon: float) -> bool:
    """Makes an improving 2-opt move that adds an edge from a to a near node."""
    tour, position, costs, count = s.tour, s.position, s.costs, s.progress.count
    for step in (1, -1):
        b = tour[wrap(position[a] + step, count)]
        for i in range(s.near.shape[1]):
            c = s.near[a, i]
            gain = costs[a, b] - costs[a, c]
            if gain <= epsilon:
                break
            if position[c] < 0:
                continue
            d = tour[wrap(position[c] + step, count)]
            if gain + costs[c, d] - costs[b, d] > epsilon:
                first, last = (b, c) if step == 1 else (c, b)
                _reverse(s, position[first], position[last])
                for node in (a, b, c, d):
                    s.nodes[node].waiting = 1
                return True
    return False


@borrowing
def _carry(s: Search, first: int, carried: int, behind: int, back: bool) -> None:
    """Moves the ``carried`` nodes from place ``first`` on behind another one; ``back``: in reverse order."""
    tour, spare, count = s.tour, s.spare, s.progress.count
    size = 0
    for k in range(carried, count):
        node = tour[(first + k) % count]
        spare[size] = node
        size += 1
        if node == behind:
            for moved in range(carried):
                spare[size] = tour[(first + (carried - 1 - moved if back else moved)) % count]
                size += 1
    for k in range(count):
        tour[k] = spare[k]
        s.position[tour[k]] = k


@borrowing
def _or_opt(s: Search, a: int, epsilon: float) -> bool:
    """Makes an improving move of a segment that begins or ends with a to the side of a near node."""
    tour, position, costs = s.tour, s.position, s.costs
    count, symmetric = s.progress.count, s.progress.symmetric
    for step in (1, -1):
        for carried in range(1, min(LONGEST_MOVE, count - 2) + 1):
            place = position[a]
            low = place if step == 1 else wrap(place - carried + 1, count)
            first, last = tour[low], tour[wrap(low + carried - 1, count)]
            before, after = tour[wrap(low - 1, count)], tour[wrap(low + carried, count)]
            freed = costs[before, first] + costs[last, after] - costs[before, after]
            for i in range(s.near.shape[1]):
                c = s.near[a, i]
                if freed - costs[a, c] <= epsilon and symmetric:
                    break
                if position[c] < 0 or wrap(position[c] - low, count) < carried:
                    continue
                for side in (0, 1):  # behind c, before c
                    one = c if side == 0 else tour[wrap(position[c] - 1, count)]
                    if one == before or wrap(position[one] - low, count) < carried:
                        continue
                    two = tour[wrap(position[one] + 1, count)]
                    back = (side == 0) != (step == 1)  # a must be next to c
                    if back and not symmetric:
                        continue
                    head, tail = (last, first) if back else (first, last)
                    if freed + costs[one, two] - costs[one, head] - costs[tail, two] > epsilon:
                        _carry(s, low, carried, one, back)
                        for node in (before, after, first, last, one, two):
                            s.nodes[node].waiting = 1
                        return True
    return False


@borrowing
def shorten(s: Search, epsilon: float) -> bool:
    """Makes improving moves until there is none; returns whether there was one."""
    nodes, found = s.nodes, False
    again = s.progress.count > 3
    while again:
        again = False
        for k in range(s.progress.count):
            a = s.tour[k]
            if not nodes[a].waiting:
                continue
            nodes[a].waiting = 0
            if (s.progress.symmetric and _two_opt(s, a, epsilon)) or _or_opt(s, a, epsilon):
                nodes[a].waiting = 1
                found = again = True
    return found
