"""The instance that an observation shows at the beginning of an episode, in either form of any of the five problems.

An observation says less than a file: coordinates in the unit square, in single precision, and fractions. What was whole
before it was divided is found again where one scale makes all of it whole; else numbers are taken as they are. An
instance at hand (``matches``) is better than one read off an observation.
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
from mdpzoo_combinatorial.problems import PROBLEMS, recognised, resolve

Row = Mapping[str, NDArray[Any]]  # one environment's observation
Floats = NDArray[np.float64]
Entries = dict[str, Floats]
SCALES = 30_000  # the largest number that fractions are tried to be of
FINE = 1_000_000  # what they are of, about, where none of these fits


def problem_of(keys: Any) -> str:
    """The problem whose observations have these entries.

    Raises:
        SettingError: there is none.
    """
    found = recognised(keys)
    if found is None or "action_mask" not in keys or any(key not in keys for key in found.observation.entries):
        named = ", ".join(map(str, keys))
        raise SettingError(f"a plan needs an observation of one of the combinatorial environments, got {named}")
    return found.name


def names_left(row: Row, problem: str) -> int:
    """How many nodes or items have not been chosen yet."""
    first = PROBLEMS[problem].first
    if "valid" in row:
        return int(np.count_nonzero(row["valid"])) - 2 * first
    if "visited" in row:
        return len(row["visited"]) - max(first, int(np.count_nonzero(row["visited"])))
    return int(np.count_nonzero(row["action_mask"]))


def size_of(row: Row, problem: str) -> int:
    """How many nodes, the depot included, or items the instance has."""
    record = PROBLEMS[problem]
    tokens = len(row["action_mask"]) // record.action_variants
    return tokens - ("valid" in row and record.ends > 0)


def instance_of(row: Row, problem: str) -> Instance:
    """The instance that the first observation of an episode shows."""
    shown = PROBLEMS[problem].observation
    entries = {name: np.asarray(row[name], np.float64) for name in shown.entries}
    instance: Instance = resolve(shown.read)(entries, size_of(row, problem))
    return instance


def matches(instance: Any, row: Row, problem: str) -> bool:
    """Whether an observation shows this very instance, as far as single precision can tell."""
    if instance is None or instance.problem != problem:
        return False
    record, size = PROBLEMS[problem], size_of(row, problem)
    return record.size(instance) == size and bool(resolve(record.observation.matches)(instance, row, size))


def nodes_read(entries: Entries, size: int) -> TSPInstance:
    """Nodes by their coordinates."""
    return TSPInstance("observed", entries["coordinates"][:size])


def costs_read(entries: Entries, size: int) -> ATSPInstance:
    """Nodes by the costs between them, with a diagonal of zeros."""
    return ATSPInstance("observed", entries["costs"][:size, :size] * (1 - np.eye(size)))


def demands_read(entries: Entries, size: int) -> CVRPInstance:
    """Customers whose demands are integers of the smallest capacity that makes them so."""
    fractions = entries["demand"][:size]
    capacity = _scale(fractions)
    demands = np.rint(fractions * capacity) if capacity else np.ceil(fractions * FINE - 0.1)
    return CVRPInstance("observed", demands, capacity or FINE, entries["coordinates"][:size])


def prizes_read(entries: Entries, size: int) -> OPInstance:
    """Customers with prizes, and the limit."""
    limit = float(entries["budget_left"][0])
    return OPInstance("observed", entries["prize"][:size], limit, entries["coordinates"][:size])


def items_read(entries: Entries, size: int) -> KnapsackInstance:
    """Items and the capacity, as integers where one scale makes them so."""
    values, weights, capacity = entries["value"], entries["weight"], entries["capacity_left"][:1]
    by = _scale(np.concatenate((weights, capacity)))
    if by:
        weights, capacity = np.rint(weights * by), np.rint(capacity * by)
    else:
        capacity = capacity * (1 - 1e-5)  # what the environment holds may be a little less than it shows
    by = _scale(values)
    if by:
        values = np.rint(values * by)
    return KnapsackInstance("observed", values, weights, float(capacity[0]))


def same_layout(instance: Any, row: Row, size: int) -> bool:
    """Whether the coordinates shown are the instance's in the unit square."""
    return bool(np.allclose(row["coordinates"][:size], instance.unit_layout(), atol=1e-5))


def same_costs(instance: Any, row: Row, size: int) -> bool:
    """Whether the costs shown are proportional to the instance's."""
    return _proportional(row["costs"][:size, :size].ravel(), instance.matrix.ravel())


def same_demands(instance: Any, row: Row, size: int) -> bool:
    """Whether layout and demands are the instance's."""
    demands = row["demand"][:size] * float(instance.capacity)
    return same_layout(instance, row, size) and bool(np.allclose(demands, instance.demands, rtol=1e-4))


def same_prizes(instance: Any, row: Row, size: int) -> bool:
    """Whether layout and prizes are the instance's."""
    return same_layout(instance, row, size) and _proportional(row["prize"][:size], instance.prizes)


def same_items(instance: Any, row: Row, size: int) -> bool:
    """Whether values and weights are proportional to the instance's."""
    return _proportional(row["value"], instance.values) and _proportional(row["weight"], instance.weights)


def _scale(fractions: Floats) -> int:
    """The smallest integer that makes all of these whole but for the rounding of single precision, or 0."""
    wholes = np.arange(1, SCALES + 1, dtype=np.float64)
    for fraction in fractions:
        scaled = fraction * wholes
        wholes = wholes[np.abs(scaled - np.rint(scaled)) <= 2e-7 * scaled + 1e-9]
        if not len(wholes):
            return 0
    return int(wholes[0])


def _proportional(seen: NDArray[Any], held: Floats) -> bool:
    return bool(np.allclose(seen / (seen.max() or 1.0), held / (held.max() or 1.0), atol=1e-5))
