"""The steps of ``tsp.py`` compiled for the CPU: one pass over each row instead of some thirty tensor operations.

They compute what the dense rules compute in single precision, equal but for the last bit of a cost; a test holds them
together. The instance's own ``matrix`` [n, n] is empty where edges are Euclidean.
"""

import numpy as np
from numpy.typing import NDArray

from mdpzoo_combinatorial.neighbours import compiled

Reals = NDArray[np.float32]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@compiled
def step_direct(
    places: Reals,
    visited: Flags,
    tour: NDArray[np.int16],
    length: Integers,
    current: Integers,
    cost: Reals,
    action: Integers,
    matrix: Reals,
    longest: float,
) -> tuple[Flags, NDArray[np.int16], Integers, Integers, Reals, Reals, Flags, Flags]:
    """``DirectTSP.step``: returns the state without its places, rewards, terminations and illegal actions."""
    rows, n = visited.shape
    visited, tour, length, current = visited.copy(), tour.copy(), length.copy(), current.copy()
    costs, reward = np.empty((rows, n), np.float32), np.empty(rows, np.float32)
    terminated, illegal = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    for row in range(rows):
        target = action[row]
        if target < 0 or target >= n or visited[row, target]:
            illegal[row] = terminated[row] = True
            reward[row] = -np.float32(n + 1 - length[row, 0]) * np.float32(longest)
            costs[row] = cost[row]
            continue
        visited[row, target] = True
        tour[row, length[row, 0]] = target
        length[row, 0] += 1
        current[row, 0] = target
        if matrix.size:
            costs[row] = matrix[target]
        else:
            x, y = places[row, 0, target], places[row, 1, target]
            for node in range(n):
                across, up = places[row, 0, node] - x, places[row, 1, node] - y
                costs[row, node] = np.sqrt(across * across + up * up)
        reward[row] = -cost[row, target]
        if length[row, 0] == n:
            terminated[row] = True
            reward[row] -= costs[row, 0]
    return visited, tour, length, current, costs, reward, terminated, illegal


@compiled
def step_path(
    places: Reals,
    node: Integers,
    left: Integers,
    cost: Reals,
    action: Integers,
    matrix: Reals,
    longest: float,
) -> tuple[Reals, Integers, Integers, Reals, Reals, Flags, Flags]:
    """``PathTSP.step``: returns the state, rewards, terminations and illegal actions."""
    rows, tokens = node.shape
    places, node, left, costs = places.copy(), node.copy(), left.copy(), cost.copy()
    reward = np.empty(rows, np.float32)
    terminated, illegal = np.zeros(rows, np.bool_), np.zeros(rows, np.bool_)
    for row in range(rows):
        target, last = action[row], left[row, 0] + 1  # the destination's position
        if target < 1 or target >= last:
            illegal[row] = terminated[row] = True
            reward[row] = -np.float32(last) * np.float32(longest)
            continue
        x, y, name = places[row, 0, target], places[row, 1, target], node[row, target]
        for position in range(target, last):
            places[row, 0, position] = places[row, 0, position + 1]
            places[row, 1, position] = places[row, 1, position + 1]
            node[row, position] = node[row, position + 1]
        places[row, 0, 0], places[row, 1, 0], node[row, 0] = x, y, name
        places[row, 0, last] = places[row, 1, last] = costs[row, last] = 0.0
        node[row, last] = 0
        for position in range(last):
            if matrix.size:
                costs[row, position] = matrix[name, node[row, position]]
            else:
                across, up = places[row, 0, position] - x, places[row, 1, position] - y
                costs[row, position] = np.sqrt(across * across + up * up)
        left[row, 0] -= 1
        reward[row] = -cost[row, target]
        if left[row, 0] == 0:
            terminated[row] = True
            reward[row] -= costs[row, 1]
    return places, node, left, costs, reward, terminated, illegal
