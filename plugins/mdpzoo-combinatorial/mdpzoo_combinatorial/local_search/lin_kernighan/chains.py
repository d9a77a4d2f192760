"""Lin-Kernighan moves on an array tour: chains of 3-opt steps, each continued from the best step without improvement.

Sources: Lin and Kernighan 1973 (chains of exchanges with a positive partial gain), Helsgaun 2000 (basic 3-opt steps,
candidates by alpha-nearness), Johnson and McGeoch 1997 (neighbour lists, don't-look bits). Depth 0 is 3-opt.

What differs: chains have limited depth, added edges are not removed again, and only the best continuation is tried.
"""

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import wrap
from mdpzoo_combinatorial.local_search.lin_kernighan.array_tours import (
    KIND,
    RING,
    SWAP,
    TWICE,
    Search,
    exchange,
    flip,
    length_of,
    push,
    undo,
)

FLIPS_OF_A_STEP = 3  # maximum number of reversals of one step


@borrowing
def _is_added(s: Search, depth: int, a: int, b: int) -> bool:
    """Returns whether the chain has added the edge (a, b) to the tour."""
    for k in range(depth):
        for first in (1, 3):  # (t2, t3) and (t4, t5)
            c, d = s.chain[k, first], s.chain[k, first + 1]
            if (a == c and b == d) or (a == d and b == c):
                return True
    return False


@borrowing
def _note(s: Search, depth: int, t1: int, t2: int, t3: int, t4: int, t5: int, t6: int) -> None:
    """Stores the nodes of a step of the chain."""
    step = s.chain[depth]
    step[0], step[1], step[2], step[3], step[4], step[5] = t1, t2, t3, t4, t5, t6


@borrowing
def _close(s: Search, t1: int, t2: int, t3: int, t4: int, gain: float, epsilon: float, sign: int, depth: int) -> float:
    """Finds t5 and t6 of an improving 3-opt step; applies it and returns its gain, or 0 and stores the best open step.

    Positions ``r`` are counted from t2, in the direction in which t1 is the last.
    """
    n = s.tour.shape[0]
    p2 = s.position[t2]
    r3 = wrap((s.position[t3] - p2) * sign, n)
    r4 = wrap((s.position[t4] - p2) * sign, n)
    for k in range(s.neighbours.shape[1]):
        t5 = s.neighbours[t4, k]
        g2 = gain - length_of(s, t4, t5)
        if g2 <= epsilon:
            break
        r5 = wrap((s.position[t5] - p2) * sign, n)
        for side in (-1, 1):
            r6 = r5 + side
            if r4 < r3:  # a second flip; it must not remove the new edge, nor end at t1 or t4
                if (r5 < r4) != (side == 1) or r5 == r3 or r5 == n - 1 or r6 == r4:
                    continue
                kind = TWICE
            elif r5 > r3 or r6 < 0 or r6 > r3:  # t2..t3 is a cycle, which t5 and t6 must open
                continue
            else:
                kind = RING if side == -1 else SWAP
            t6 = s.tour[wrap(p2 + sign * r6, n)]
            g3 = g2 + length_of(s, t5, t6)
            total = g3 - length_of(s, t6, t1)
            if total > epsilon:
                _note(s, depth, t1, t2, t3, t4, t5, t6)
                s.chain[depth, KIND] = kind
                exchange(s, depth)
                return total
            if g3 > s.progress.open_gain and not _is_added(s, depth, t5, t6):
                s.progress.open_gain = g3
                _note(s, depth, t1, t2, t3, t4, t5, t6)
                s.chain[depth, KIND] = kind
    return 0.0


@borrowing
def _improve_from(s: Search, t1: int, t2: int, removed: float, epsilon: float, depth: int) -> float:
    """Applies the first improving 2-opt or 3-opt step that removes the edge (t1, t2); returns its gain, or 0.

    Args:
        s: the search.
        t1: a node.
        t2: a neighbour of t1 in the tour.
        removed: length of the chain's removed edges, including (t1, t2), minus that of its added edges.
        epsilon: smallest gain.
        depth: number of previous steps of the chain.
    """
    n = s.tour.shape[0]
    sign = 1 if s.tour[wrap(s.position[t1] + 1, n)] == t2 else -1
    s.progress.open_gain = epsilon
    for k in range(s.neighbours.shape[1]):
        t3 = s.neighbours[t2, k]
        g1 = removed - length_of(s, t2, t3)
        if g1 <= epsilon:
            break
        if t3 == t1:
            continue
        for side in (-sign, sign):
            t4 = s.tour[wrap(s.position[t3] + side, n)]
            if t4 == t2 or _is_added(s, depth, t3, t4):
                continue
            g2 = g1 + length_of(s, t3, t4)
            gain = g2 - length_of(s, t4, t1)
            if side == -sign and gain > epsilon:
                flip(s, t1, t2, t3, t4)
                _note(s, depth, t1, t2, t3, t4, t1, t2)
                return gain
            gain = _close(s, t1, t2, t3, t4, g2, epsilon, sign, depth)
            if gain > 0.0:
                return gain
    return 0.0


@borrowing
def _improve_at(s: Search, t1: int, epsilon: float) -> float:
    """Applies the first improving chain that begins with an edge of t1; returns its gain, or 0."""
    n = s.tour.shape[0]
    size, deepest = s.progress.logged, s.chain.shape[0] - 1
    for side in (1, -1):
        t2 = s.tour[wrap(s.position[t1] + side, n)]
        removed = length_of(s, t1, t2)
        for depth in range(deepest + 1):
            gain = _improve_from(s, t1, t2, removed, epsilon, depth)
            if gain > 0.0:
                for k in range(6 * (depth + 1)):
                    push(s, s.chain[k // 6, (k + 4) % 6])
                return gain
            if depth == deepest or s.progress.open_gain <= epsilon:
                break
            exchange(s, depth)
            t2, removed = s.chain[depth, 5], s.progress.open_gain
        undo(s, size)
    return 0.0


@borrowing
def improve(s: Search, epsilon: float, nodes: int) -> float:
    """Processes up to ``nodes`` nodes of the queue, while the log has room; returns the total gain."""
    gain, n = 0.0, s.tour.shape[0]
    room = s.log.shape[0] - FLIPS_OF_A_STEP * s.chain.shape[0]
    while nodes > 0 and s.progress.waiting > 0 and s.progress.logged <= room:
        t1 = s.queue[s.progress.head]
        s.progress.head = wrap(s.progress.head + 1, n)
        s.progress.waiting -= 1
        s.queued[t1] = False
        gain += _improve_at(s, t1, epsilon)
        nodes -= 1
    return gain
