"""Coordinates in the unit square for training: uniform, clustered, on grids, and mixtures of these.

The distributions are our own, modelled on benchmark collections: drilling plans (grids with equal or very unequal
spacing), maps (clusters of very different density) and districts (one kind inside another). Every parameter is drawn
for each instance:

=========  ========================================================================================================
uniform    independent and uniform
clustered  2 to 12 normal clusters; standard deviations log-uniform in [0.003, 0.1], shares of nodes exponential
grid       distinct points of a lattice, between 1/4 and all of them; the ratio of spacings in both directions is
           log-uniform in [1, 12]; half of the instances are jittered by up to 0.1 spacings
mixed      two of the kinds above with between 1/5 and 4/5 of the nodes each; the second one in a square whose side is
           uniform in [0.1, 1]
=========  ========================================================================================================

Instances are translated and scaled so that the longer side of their bounding box is 1.
"""

import numpy as np

from mdpzoo_combinatorial.instances.distances import Floats

KINDS = ("uniform", "clustered", "grid", "mixed")
CLUSTERS = (2, 12)
DEVIATIONS = (0.003, 0.1)  # sides of the square
LEAST_FILLED = 0.25  # smallest fraction of a lattice
SPACINGS = (1.0, 12.0)
SHAPES = (1 / 3, 3.0)  # height of a lattice over its width
JITTER = 0.1  # spacings


def draw_coordinates(kind: str, rng: np.random.Generator, count: int) -> Floats:
    """Draws nodes ``[count, 2]`` float64 in the unit square.

    Args:
        kind: one of ``KINDS``.
        rng: the only source of randomness.
        count: at least 1.
    """
    if kind == "uniform":
        return _scale(rng.random((count, 2)))
    if kind == "clustered":
        return _scale(_clusters(rng, count))
    if kind == "grid":
        return _scale(_grid(rng, count))
    first, second = rng.choice(KINDS[:3], 2, replace=False)
    many = min(count, max(1, round(count * rng.uniform(0.2, 0.8))))
    side = rng.uniform(0.1, 1.0)
    parts = [draw_coordinates(first, rng, many)]
    if many < count:
        parts.append(side * draw_coordinates(second, rng, count - many) + rng.random(2) * (1.0 - side))
    return _scale(rng.permutation(np.concatenate(parts)))


def log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    """Draws a number in ``[low, high]`` whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _clusters(rng: np.random.Generator, count: int) -> Floats:
    clusters = int(rng.integers(CLUSTERS[0], CLUSTERS[1] + 1))
    centres = rng.random((clusters, 2))
    deviations = np.array([log_uniform(rng, *DEVIATIONS) for _ in range(clusters)])
    shares = rng.exponential(size=clusters)
    cluster = rng.choice(clusters, count, p=shares / shares.sum())
    return np.asarray(centres[cluster] + deviations[cluster, None] * rng.standard_normal((count, 2)))


def _grid(rng: np.random.Generator, count: int) -> Floats:
    points = int(np.ceil(count / rng.uniform(LEAST_FILLED, 1.0)))
    spacing = log_uniform(rng, *SPACINGS)  # between rows; 1 along a row
    rows = max(1, round((points * log_uniform(rng, *SHAPES) / spacing) ** 0.5))
    columns = -(-points // rows)
    chosen = rng.choice(rows * columns, count, replace=False)
    lattice = np.stack((chosen % columns, chosen // columns), 1).astype(np.float64)
    jitter = JITTER * rng.random() if rng.random() < 0.5 else 0.0
    lattice += jitter * rng.uniform(-1.0, 1.0, lattice.shape)
    nodes = lattice * [1.0, spacing]
    return np.ascontiguousarray(nodes[:, ::-1]) if rng.random() < 0.5 else nodes


def _scale(nodes: Floats) -> Floats:
    """Translates and scales nodes ``[n, 2]`` so that the longer side of their bounding box is 1."""
    low = nodes.min(0)
    return np.asarray((nodes - low) / ((nodes - low).max() or 1.0))
