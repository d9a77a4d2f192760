"""Reconstructs an instance from the first observation of an episode, in either form of any problem.

Observations are less precise than files: coordinates are in the unit square and in single precision, and amounts are
fractions. If one scale makes all fractions integers, these integers are used, else the fractions. If the environment's
own instance is known and ``matches`` the observation, it should be used instead.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.instances import (
    ATSPInstance,
    CVRPInstance,
    Instance,
    KnapsackInstance,
    OPInstance,
    TSPInstance,
)
from mdpzoo_combinatorial.problems import PROBLEMS, record_with_entries, resolve

Row = Mapping[str, NDArray[Any]]  # one environment's observation
Floats = NDArray[np.float64]
Entries = dict[str, Floats]
MAX_SCALE = 30_000  # largest scale that is tried
FINE_SCALE = 1_000_000  # used with rounding if no scale makes all fractions integers


def problem_of(keys: Any) -> str:
    """Returns the problem whose observations have these entries.

    Raises:
        SettingError: if there is none.
    """
    found = record_with_entries(keys)
    if found is None or "action_mask" not in keys or any(key not in keys for key in found.observation.entries):
        named = ", ".join(map(str, keys))
        raise SettingError(f"a planning agent needs observations of a combinatorial environment, got entries {named}")
    return found.name


def num_remaining(row: Row, problem: str) -> int:
    """Returns the number of nodes or items not yet chosen."""
    first = PROBLEMS[problem].first
    if "valid" in row:
        return int(np.count_nonzero(row["valid"])) - 2 * first
    if "visited" in row:
        return len(row["visited"]) - max(first, int(np.count_nonzero(row["visited"])))
    return int(np.count_nonzero(row["action_mask"]))


def size_of(row: Row, problem: str) -> int:
    """Returns the number of nodes, including the depot, or items of the instance."""
    record = PROBLEMS[problem]
    tokens = len(row["action_mask"]) // record.action_variants
    return tokens - ("valid" in row and record.ends > 0)


def instance_of(row: Row, problem: str) -> Instance:
    """Returns the instance that the first observation of an episode shows."""
    observation = PROBLEMS[problem].observation
    entries = {name: np.asarray(row[name], np.float64) for name in observation.entries}
    instance: Instance = resolve(observation.read)(entries, size_of(row, problem))
    return instance


def matches(instance: Any, row: Row, problem: str) -> bool:
    """Returns whether an observation shows this instance, up to single precision."""
    if instance is None or instance.problem != problem:
        return False
    record, size = PROBLEMS[problem], size_of(row, problem)
    return record.size(instance) == size and bool(resolve(record.observation.matches)(instance, row, size))


def read_nodes(entries: Entries, size: int) -> TSPInstance:
    """Returns nodes with coordinates."""
    return TSPInstance("observed", entries["coordinates"][:size])


def read_costs(entries: Entries, size: int) -> ATSPInstance:
    """Returns nodes with costs between them; the diagonal is zero."""
    return ATSPInstance("observed", entries["costs"][:size, :size] * (1 - np.eye(size)))


def read_demands(entries: Entries, size: int) -> CVRPInstance:
    """Returns customers with integer demands, for the smallest capacity that makes them integers."""
    fractions = entries["demand"][:size]
    capacity = _scale(fractions)
    demands = np.rint(fractions * capacity) if capacity else np.ceil(fractions * FINE_SCALE - 0.1)
    return CVRPInstance("observed", demands, capacity or FINE_SCALE, entries["coordinates"][:size])


def read_prizes(entries: Entries, size: int) -> OPInstance:
    """Returns customers with prizes, and the limit."""
    limit = float(entries["budget_left"][0])
    return OPInstance("observed", entries["prize"][:size], limit, entries["coordinates"][:size])


def read_items(entries: Entries, size: int) -> KnapsackInstance:
    """Returns items and the capacity, as integers if one scale makes them integers."""
    values, weights, capacity = entries["value"], entries["weight"], entries["capacity_left"][:1]
    scale = _scale(np.concatenate((weights, capacity)))
    if scale:
        weights, capacity = np.rint(weights * scale), np.rint(capacity * scale)
    else:
        capacity = capacity * (1 - 1e-5)  # the exact capacity may be slightly less than the observed one
    scale = _scale(values)
    if scale:
        values = np.rint(values * scale)
    return KnapsackInstance("observed", values, weights, float(capacity[0]))


def same_layout(instance: Any, row: Row, size: int) -> bool:
    """Returns whether the observed coordinates are the instance's in the unit square."""
    return bool(np.allclose(row["coordinates"][:size], instance.unit_layout(), atol=1e-5))


def same_costs(instance: Any, row: Row, size: int) -> bool:
    """Returns whether the observed costs are proportional to the instance's."""
    return _proportional(row["costs"][:size, :size].ravel(), instance.matrix.ravel())


def same_demands(instance: Any, row: Row, size: int) -> bool:
    """Returns whether coordinates and demands are the instance's."""
    demands = row["demand"][:size] * float(instance.capacity)
    return same_layout(instance, row, size) and bool(np.allclose(demands, instance.demands, rtol=1e-4))


def same_prizes(instance: Any, row: Row, size: int) -> bool:
    """Returns whether coordinates and prizes are the instance's."""
    return same_layout(instance, row, size) and _proportional(row["prize"][:size], instance.prizes)


def same_items(instance: Any, row: Row, size: int) -> bool:
    """Returns whether values and weights are proportional to the instance's."""
    return _proportional(row["value"], instance.values) and _proportional(row["weight"], instance.weights)


def _scale(fractions: Floats) -> int:
    """Returns the smallest scale that makes all fractions integers up to single precision; 0 if there is none."""
    scales = np.arange(1, MAX_SCALE + 1, dtype=np.float64)
    for fraction in fractions:
        scaled = fraction * scales
        scales = scales[np.abs(scaled - np.rint(scaled)) <= 2e-7 * scaled + 1e-9]
        if not len(scales):
            return 0
    return int(scales[0])


def _proportional(observed: NDArray[Any], own: Floats) -> bool:
    return bool(np.allclose(observed / (observed.max() or 1.0), own / (own.max() or 1.0), atol=1e-5))
