"""Mixtures of random instances for training, more diverse than the distributions in ``generators``."""

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.instances.generators import AnyInstance
from mdpzoo_combinatorial.mixtures.by_problem import Mixture
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

__all__ = ["KINDS", "MIXTURES", "draw"]

MIXTURES: dict[str, Mixture] = {name: resolve(record.generation.mixture) for name, record in PROBLEMS.items()}
KINDS: dict[str, tuple[str, ...]] = {name: mixture.kinds for name, mixture in MIXTURES.items()}


def draw(problem: str, kind: str, count: int, size: int, seed: int) -> list[AnyInstance]:
    """Returns ``count`` random instances of one kind and size.

    =========  =====================================================================================================
    TSP        ``size`` nodes; the kinds are those of ``coordinates``
    ATSP       ``size`` nodes; the kinds are those of ``costs``
    CVRP       ``size`` customers; ``uniform`` is the distribution of the literature (demands 1..9), ``benchmark`` that
               of CVRPLIB's set X (``deliveries``)
    OP         ``size`` customers, coordinates of all kinds; the kinds are those of prizes, the limit is uniform in
               [0.15, 0.85] lengths of a 3-opt tour
    Knapsack   ``size`` items; the kinds are Pisinger's classes, the capacity is uniform in [0.1, 0.9] of all weights,
               for half of the uncorrelated instances 250 an item
    =========  =====================================================================================================

    Args:
        problem: a key of ``KINDS``.
        kind: one of ``KINDS[problem]``.
        count: instances, at least 0.
        size: at least 2.
        seed: at least 0; one generator draws all instances, so that a larger count begins with the same instances.

    Raises:
        SettingError: if an argument is out of range or a name is unknown.
    """
    if problem not in KINDS:
        raise SettingError(f"unknown problem {problem!r}.{did_you_mean(problem, KINDS) or f' Known: {list(KINDS)}.'}")
    if kind not in KINDS[problem]:
        hint = did_you_mean(kind, KINDS[problem]) or f" Known: {', '.join(KINDS[problem])}."
        raise SettingError(f"unknown kind {kind!r} of {problem}.{hint}")
    if count < 0 or size < 2 or seed < 0:
        raise SettingError(f"count, size and seed must be at least 0, 2 and 0, got {count}, {size} and {seed}")
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    return [MIXTURES[problem].draw(kind, rng, size, f"{kind}-{size}-seed-{seed}-{k}") for k in range(count)]
