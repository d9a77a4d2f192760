"""Nodes in the plane for routing problems: random ones, or those of an instance, and what is shown of them.

The first two features of a token are its coordinates in the unit square, coordinate by coordinate ``[B, 2, n]``, so
that every operation runs along contiguous rows.
"""

import math
from typing import Any

import numpy as np
from gymnasium import spaces

from mdpzoo_combinatorial.environments.edges import PLACES, Edges
from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.arrays import double, single
from mdpzoo_combinatorial.instances.checking import whole

PLANE = Edges(PLACES, longest=math.sqrt(2.0))  # Euclidean in the unit square


def random_coordinates(xp: Any, kind: str, draws: Any, count: int) -> Any:
    """Random nodes, ``[B, 2, count]`` float32, from the first ``place_draws`` numbers of ``[B, draws]``."""
    used = distributions.place_draws(kind, count)
    return single(distributions.random_coordinates(xp, kind, draws[:, :used], count))


def from_home(xp: Any, points: Any) -> Any:
    """Distances from the first of ``[B, 2, n]`` nodes, ``[B, n]`` float32."""
    across, up = points[:, 0] - points[:, 0, :1], points[:, 1] - points[:, 1, :1]
    return single(xp.sqrt(double(across * across + up * up)))


def laid_out(instance: Any, *rows: Any) -> np.ndarray:
    """Tokens ``[2 + rows, n]`` of an instance: its layout in the unit square, and rows ``[n]`` below.

    They are float32 where this holds every integer of the rows exactly, else float64.
    """
    added = np.array(rows, np.float64).reshape(len(rows), instance.num_nodes)
    exact = not whole(added) or (added.astype(np.float32) == added).all()
    return np.vstack([instance.unit_layout().T, added]).astype(np.float32 if exact else np.float64)


def costs_home(instance: Any) -> np.ndarray:
    """Costs ``[n]`` from every node of an instance to node 0."""
    return np.asarray(instance.distance(np.arange(instance.num_nodes), 0))


def plane_spaces(tokens: int) -> dict[str, spaces.Space[Any]]:
    """The space of what ``coordinates`` shows."""
    return {"coordinates": spaces.Box(0.0, 1.0, (tokens, 2), np.float32)}


def coordinates(tokens: Any) -> Any:
    """The first two features as rows of points, ``[B, L, 2]``."""
    return single(tokens[:, :2]).swapaxes(1, 2)
