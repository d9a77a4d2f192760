"""Seeded random instances, from the distributions of the literature in ``distributions``."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.checking import LARGEST
from mdpzoo_combinatorial.instances.distances import DISTANCES, Floats
from mdpzoo_combinatorial.instances.knapsack_instance import KnapsackInstance
from mdpzoo_combinatorial.instances.routing_instances import ATSPInstance, CVRPInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.problems import ProblemRecord, record_named, resolve

AnyInstance = TSPInstance | ATSPInstance | CVRPInstance | OPInstance | KnapsackInstance


def generate(problem: str, count: int, size: int, seed: int, **options: Any) -> list[AnyInstance]:
    """Returns ``count`` random instances.

    =========  ==========================================================================================
    TSP        ``size`` nodes on the unit square; ``distribution`` is ``uniform`` or ``clustered``
    ATSP       ``size`` nodes; the closure of uniform costs, which obeys the triangle inequality
    CVRP       ``size`` customers with demands 1..9, and a depot; ``distribution``; ``capacity`` by size
    OP         ``size`` customers, and a depot; ``distribution``; ``prizes`` is ``distance``, ``uniform``
               or ``constant``; ``limit`` depends on the size
    Knapsack   ``size`` items; ``distribution`` is one of Pisinger's classes, by default
               ``uncorrelated``; ``largest`` is their R; ``capacity`` depends on the class
    =========  ==========================================================================================

    Args:
        problem: one of ``PROBLEMS``, in any case.
        count: instances, at least 0.
        size: at least 1.
        seed: at least 0; one generator draws all instances, so that a larger count begins with the same instances.
        options: as above; sources are in ``distributions``.
    Raises:
        SettingError: if an argument or an option is out of range or unknown.
    """
    record = record_named(problem)
    if count < 0 or size < 1 or seed < 0:
        raise SettingError(f"count, size and seed must be at least 0, 1 and 0, got {count}, {size} and {seed}")
    settings = _settings(record, options)
    rng = np.random.default_rng(np.random.SeedSequence(seed))
    label = "-".join(value for value in settings.values() if isinstance(value, str)) or "metric"
    names = (f"{label}-{size}-seed-{seed}-{k}" for k in range(count))
    return list(resolve(record.generation.draw)(names, size, rng, **settings))


def _settings(record: ProblemRecord, options: dict[str, Any]) -> dict[str, Any]:
    """Returns the options of a problem, validated, with defaults filled in."""
    generation, problem = record.generation, record.name
    allowed = dict(generation.options)
    for option, value in options.items():
        if option not in allowed:
            hint = did_you_mean(option, allowed) or f" Known: {', '.join(allowed) or 'none'}."
            raise SettingError(f"unknown option {option!r} of {problem}.{hint}")
        if option in generation.choices:
            known = resolve(generation.choices[option])
            if value not in known:
                hint = did_you_mean(str(value), known) or f" Known: {', '.join(known)}."
                raise SettingError(f"unknown {option} {value!r}.{hint}")
            continue
        least = generation.least[option]
        if value is not None and not (isinstance(value, int | float) and least <= value < LARGEST):
            raise SettingError(f"{option} of {problem} must be a number of at least {least}, got {value!r}")
        if value is not None and option not in generation.fractional and value != int(value):
            raise SettingError(f"{option} of {problem} must be an integer, got {value!r}")
    return allowed | options


def _points(distribution: str, rng: np.random.Generator, size: int) -> Floats:
    """Returns nodes ``[size, 2]``."""
    if distribution == "uniform":
        return rng.random((size, 2))
    u = rng.random((1, distributions.coordinate_draws(distribution, size)))
    return np.asarray(distributions.random_coordinates(np, distribution, u, size)[0].T)


def tours(names: Iterator[str], size: int, rng: np.random.Generator, distribution: str) -> Iterator[TSPInstance]:
    """Yields uniform or clustered nodes of the unit square."""
    for name in names:
        yield TSPInstance(name, _points(distribution, rng, size))


def asymmetric_tours(names: Iterator[str], size: int, rng: np.random.Generator) -> Iterator[ATSPInstance]:
    """Yields costs closed under shortest paths."""
    for name in names:
        yield ATSPInstance(name, distributions.costs(np, rng.random((1, size * size)), size)[0])


def routes(
    names: Iterator[str], size: int, rng: np.random.Generator, distribution: str, capacity: int | None
) -> Iterator[CVRPInstance]:
    """Yields customers with demands 1..9 and a depot."""
    capacity = distributions.by_size(distributions.CAPACITIES, size) if capacity is None else capacity
    for name in names:
        points = _points(distribution, rng, size + 1)
        demands = np.append(0.0, distributions.demands(np, rng.random(size)))
        yield CVRPInstance(name, demands, capacity, points)


def prize_tours(
    names: Iterator[str], size: int, rng: np.random.Generator, distribution: str, prizes: str, limit: float | None
) -> Iterator[OPInstance]:
    """Yields customers with prizes and a depot."""
    limit = distributions.by_size(distributions.LIMITS, size) if limit is None else limit
    for name in names:
        points, u = _points(distribution, rng, size + 1), rng.random((1, size))
        far = DISTANCES["EUCLIDEAN"](points[:1], points[1:])[None]
        yield OPInstance(name, np.append(0.0, distributions.prizes(np, prizes, u, far)[0]), limit, points)


def selections(
    names: Iterator[str], size: int, rng: np.random.Generator, distribution: str, largest: int, capacity: int | None
) -> Iterator[KnapsackInstance]:
    """Yields items of one of Pisinger's classes."""
    for name in names:
        values, weights, default = distributions.items(np, distribution, rng.random((1, 2 * size)), size, int(largest))
        yield KnapsackInstance(name, values[0], weights[0], default[0, 0] if capacity is None else capacity)
