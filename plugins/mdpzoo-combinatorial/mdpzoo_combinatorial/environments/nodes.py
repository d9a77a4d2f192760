"""Nodes in the plane for routing problems: random nodes, nodes of an instance, and their entries in observations.

The first two features of a token are its coordinates in the unit square. They are stored as ``[B, 2, n]``, so that
every operation runs along contiguous rows.
"""

import math
from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo_combinatorial.environments.edges import COORDINATES, Edges
from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.arrays import double, single
from mdpzoo_combinatorial.instances.checking import whole

PLANE = Edges(COORDINATES, longest=math.sqrt(2.0))  # Euclidean in the unit square


def random_coordinates(xp: Any, kind: str, draws: Any, count: int) -> Any:
    """Returns random nodes, ``[B, 2, count]`` float32, from the first ``coordinate_draws`` numbers of each row."""
    used = distributions.coordinate_draws(kind, count)
    return single(distributions.random_coordinates(xp, kind, draws[:, :used], count))


def distances_home(xp: Any, points: Any) -> Any:
    """Returns distances from the first of ``[B, 2, n]`` nodes, ``[B, n]`` float32."""
    across, up = points[:, 0] - points[:, 0, :1], points[:, 1] - points[:, 1, :1]
    return single(xp.sqrt(double(across * across + up * up)))


def layout_tokens(instance: Any, *rows: Any) -> np.ndarray:
    """Returns the tokens ``[2 + rows, n]`` of an instance: its layout in the unit square, then the rows ``[n]``.

    They are float32, or float64 if float32 cannot represent integers of the rows exactly.
    """
    added = np.array(rows, np.float64).reshape(len(rows), instance.num_nodes)
    exact = not whole(added) or (added.astype(np.float32) == added).all()
    return np.vstack([instance.unit_layout().T, added]).astype(np.float32 if exact else np.float64)


def costs_home(instance: Any) -> np.ndarray:
    """Returns the costs ``[n]`` from every node of an instance to node 0."""
    return np.asarray(instance.distance(np.arange(instance.num_nodes), 0))


def coordinate_spaces(tokens: int) -> dict[str, spaces.Space[Any]]:
    """Returns the space of ``coordinates``."""
    return {"coordinates": spaces.Box(0.0, 1.0, (tokens, 2), np.float32)}


def coordinates(tokens: Any) -> Any:
    """Returns the first two features as points, ``[B, L, 2]``."""
    return single(tokens[:, :2]).swapaxes(1, 2)
