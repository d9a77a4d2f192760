"""Asymmetric costs of several distributions, for training.

The distributions are our own, except for the metric kind (Kwon et al. 2021, MatNet). Every parameter is drawn for each
instance:

================  =================================================================================================
metric            shortest paths between nodes with uniform costs
heavy-tailed      log-normal, the standard deviation of the logarithm uniform in [0.5, 2.5]; half of the instances are
                  replaced by their shortest paths
nearly-symmetric  distances of ``coordinates``, each direction scaled by 1 + e u, u uniform in [-1, 1], e log-uniform in
                  [0.001, 0.3]; a third of the instances have e = 0
many-zeros        uniform costs, but 0 for a fraction of the pairs between 1/10 and 6/10: random pairs, or all pairs
                  within a group, as in changeovers between families of jobs
few-valued        2 to 10 different costs, log-uniform in [1, 1000]; half of the instances symmetric
================  =================================================================================================

The largest cost is 1, the diagonal is 0.
"""

import numpy as np

from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.distances import DISTANCES, Floats
from mdpzoo_combinatorial.mixtures.coordinates import KINDS as COORDINATES
from mdpzoo_combinatorial.mixtures.coordinates import draw_coordinates, log_uniform

KINDS = ("metric", "heavy-tailed", "nearly-symmetric", "many-zeros", "few-valued")
SIGMAS = (0.5, 2.5)
ASYMMETRIES = (0.001, 0.3)
ZEROS = (0.1, 0.6)
VALUES = (2, 10)


def draw_costs(kind: str, rng: np.random.Generator, count: int) -> Floats:
    """Draws costs ``[count, count]`` float64 in [0, 1], from the row's node to the column's.

    Args:
        kind: one of ``KINDS``.
        rng: the only source of randomness.
        count: nodes, at least 2. Shortest paths take O(count^3).
    """
    drawn = DISTRIBUTIONS[kind](rng, count)
    np.fill_diagonal(drawn, 0.0)
    return np.asarray(drawn / (drawn.max() or 1.0))


def _metric(rng: np.random.Generator, count: int) -> Floats:
    return np.array(distributions.costs(np, rng.random((1, count * count)), count)[0])


def _heavy_tailed(rng: np.random.Generator, count: int) -> Floats:
    drawn = np.exp(rng.uniform(*SIGMAS) * rng.standard_normal((count, count)))
    if rng.random() < 0.5:
        np.fill_diagonal(drawn, 0.0)
        for k in range(count):  # Floyd 1962
            np.minimum(drawn, drawn[:, k : k + 1] + drawn[k : k + 1], out=drawn)
    return np.asarray(drawn)


def _nearly_symmetric(rng: np.random.Generator, count: int) -> Floats:
    nodes = draw_coordinates(COORDINATES[rng.integers(len(COORDINATES))], rng, count)
    far = DISTANCES["EUCLIDEAN"](nodes[:, None], nodes[None])
    share = log_uniform(rng, *ASYMMETRIES) if rng.random() < 2 / 3 else 0.0
    return np.asarray(far * (1.0 + share * rng.uniform(-1.0, 1.0, far.shape)))


def _many_zeros(rng: np.random.Generator, count: int) -> Floats:
    drawn, share = rng.random((count, count)), rng.uniform(*ZEROS)
    if rng.random() < 0.5:
        drawn[rng.random(drawn.shape) < share] = 0.0
        return drawn
    groups = max(2, round(1 / share))
    group = rng.integers(groups, size=count)
    between = rng.random((groups, groups))[group][:, group]  # one cost for each pair of groups
    between[group[:, None] == group[None]] = 0.0
    return np.asarray(between)


def _few_valued(rng: np.random.Generator, count: int) -> Floats:
    values = np.exp(rng.uniform(0.0, np.log(1_000.0), rng.integers(VALUES[0], VALUES[1] + 1)))
    drawn = rng.choice(values, (count, count))
    if rng.random() < 0.5:
        drawn = np.triu(drawn, 1)
        drawn += drawn.T
    return np.asarray(drawn)


DISTRIBUTIONS = {
    "metric": _metric,
    "heavy-tailed": _heavy_tailed,
    "nearly-symmetric": _nearly_symmetric,
    "many-zeros": _many_zeros,
    "few-valued": _few_valued,
}
