"""Candidate edges of short tours: those that increase the cost of a minimum 1-tree least.

Sources: Held and Karp 1971 (1-trees, node penalties by subgradients), Volgenant and Jonker 1982 (the sizes of the
steps), Helsgaun 2000 (alpha-nearness).
A 1-tree is a minimum spanning tree with one more edge at a leaf. Penalties that push its degrees towards 2 make it
almost a tour; the alpha of an edge is the extra cost of a tree that contains it. Lists by alpha are shorter than
lists by distance and contain edges between clusters.

What differs: alphas are those of the spanning tree, without the 1-tree's extra edge.
"""

import numpy as np

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.neighbours import Floats, Integers, sort_by_distance

MOMENTUM = 0.6  # weight of the present degrees in a step; the rest is that of the last


@borrowing
def _spanning_tree(matrix: Floats, penalties: Floats, cheapest: Floats, parent: Integers, order: Integers) -> float:
    """Writes a minimum spanning tree (Prim's) from node 0, parents before children; returns its cost."""
    n = matrix.shape[0]
    total, node = 0.0, 0
    for j in range(n):
        cheapest[j] = np.inf
    parent[0], order[0] = -1, 0
    for k in range(1, n):
        cheapest[node] = -np.inf  # in the tree
        least, following = np.inf, 0
        for j in range(n):
            if cheapest[j] == -np.inf:
                continue
            cost = matrix[node, j] + penalties[node] + penalties[j]
            if cost < cheapest[j]:
                cheapest[j] = cost
                parent[j] = node
            if cheapest[j] < least:
                least, following = cheapest[j], j
        total += least
        order[k] = node = following
    return total


@borrowing
def _extra_edge(matrix: Floats, penalties: Floats, parent: Integers, degree: Integers) -> tuple[int, int, float]:
    """The leaf whose shortest edge outside the tree is the longest, that edge's other end, and its cost."""
    n = matrix.shape[0]
    leaf, end, longest = 0, 0, -np.inf
    for node in range(n):
        if degree[node] != 1:
            continue
        shortest, other = np.inf, 0
        for j in range(n):
            cost = matrix[node, j] + penalties[node] + penalties[j]
            if cost < shortest and j != node and parent[node] != j and parent[j] != node:
                shortest, other = cost, j
        if shortest > longest:
            leaf, end, longest = node, other, shortest
    return leaf, end, longest


def penalties_of(matrix: Floats, trees: int) -> Floats:
    """Penalties of the nodes, ``[n]``, under which the minimum 1-tree is long.

    Args:
        matrix: ``[n, n]``, symmetric, n at least 4.
        trees: how many spanning trees are computed, at least 3; each takes O(n^2).
    """
    best, penalties, cheapest = (np.zeros(len(matrix)) for _ in range(3))
    _ascend(matrix, trees, best, penalties, cheapest, *(np.zeros(len(matrix), np.int32) for _ in range(4)))
    return best


@borrowing
def _ascend(
    matrix: Floats,
    trees: int,
    best: Floats,
    penalties: Floats,
    cheapest: Floats,
    parent: Integers,
    order: Integers,
    degree: Integers,
    last: Integers,
) -> None:
    """Writes the best penalties; all other arrays are scratch space, zeros at first."""
    n, total = matrix.shape[0], float(trees)
    bound, first = -np.inf, 0.0
    for tree in range(trees):
        length = _spanning_tree(matrix, penalties, cheapest, parent, order)
        for node in range(n):
            last[node], degree[node] = degree[node], 0
            length -= 2 * penalties[node]
        for node in range(1, n):
            degree[node] += 1
            degree[parent[node]] += 1
        leaf, end, extra = _extra_edge(matrix, penalties, parent, degree)
        degree[leaf] += 1
        degree[end] += 1
        length += extra
        if tree == 0:
            first = 0.5 * length / n
        if length > bound:
            bound = length
            for node in range(n):
                best[node] = penalties[node]
        step = tree * (2 * total - 5) / (2 * (total - 1)) - tree + 1
        step = first * (step + 0.5 * tree * (tree - 1) / ((total - 1) * (total - 2)))
        for node in range(n):
            before = degree[node] if tree == 0 else last[node]
            penalties[node] += step * (MOMENTUM * (degree[node] - 2) + (1 - MOMENTUM) * (before - 2))


@borrowing
def _largest_edges(
    node: int, between: Floats, parent: Integers, order: Integers, largest: Floats, seen: Integers
) -> None:
    """Writes the largest edge of the tree on the way from the node to every other one."""
    largest[node], seen[node] = -np.inf, node
    below = node
    while parent[below] >= 0:
        above = parent[below]
        largest[above], seen[above] = max(largest[below], between[below]), node
        below = above
    for place in range(order.shape[0]):
        other = order[place]
        if seen[other] != node:
            largest[other] = max(largest[parent[other]], between[other])


@borrowing
def _insert(alphas: Floats, costs: Floats, ids: Integers, alpha: float, cost: float, node: int) -> None:
    """Puts a node into the list of those with the least alpha, of equal ones those with the least cost."""
    slot = ids.shape[0]
    while slot > 0 and (alphas[slot - 1] > alpha or (alphas[slot - 1] == alpha and costs[slot - 1] > cost)):
        slot -= 1
        if slot + 1 < ids.shape[0]:
            alphas[slot + 1], costs[slot + 1], ids[slot + 1] = alphas[slot], costs[slot], ids[slot]
    if slot < ids.shape[0]:
        alphas[slot], costs[slot], ids[slot] = alpha, cost, node


def candidates(matrix: Floats, penalties: Floats, k: int) -> Integers:
    """The k edges of each node with the least alpha, as neighbours ``[n, k]`` in the order of their distance.

    Args:
        matrix: ``[n, n]``, symmetric, n at least 4.
        penalties: ``[n]``, from ``penalties_of``.
        k: in ``[1, n)``.
    """
    n = len(matrix)
    ids, lists = np.zeros((n, k), np.int32), (np.empty(k), np.empty(k))
    between, largest = np.zeros(n), np.zeros(n)
    parent, order, seen = (np.full(n, -1, np.int32) for _ in range(3))
    _choose(matrix, penalties, ids, *lists, between, largest, parent, order, seen)
    return ids


@borrowing
def _choose(
    matrix: Floats,
    penalties: Floats,
    ids: Integers,
    alphas: Floats,
    costs: Floats,
    between: Floats,
    largest: Floats,
    parent: Integers,
    order: Integers,
    seen: Integers,
) -> None:
    """Writes ``ids``; all other arrays are scratch space, ``seen`` of -1 at first."""
    n = matrix.shape[0]
    _spanning_tree(matrix, penalties, largest, parent, order)
    for node in range(1, n):
        between[node] = matrix[node, parent[node]] + penalties[node] + penalties[parent[node]]
    for node in range(n):
        _largest_edges(node, between, parent, order, largest, seen)
        for slot in range(ids.shape[1]):
            alphas[slot] = costs[slot] = np.inf
        for other in range(n):
            if other != node:
                cost = matrix[node, other] + penalties[node] + penalties[other]
                _insert(alphas, costs, ids[node], max(0.0, cost - largest[other]), cost, other)
        sort_by_distance(ids[node], matrix[node])
