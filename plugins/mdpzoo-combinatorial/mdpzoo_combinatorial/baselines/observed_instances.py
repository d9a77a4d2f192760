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

Row = Mapping[str, NDArray[Any]]  # one environment's observation
Floats = NDArray[np.float64]
KEYS = (("value", "Knapsack"), ("prize", "OP"), ("demand", "CVRP"), ("costs", "ATSP"), ("coordinates", "TSP"))
NEEDED = {
    "TSP": ("coordinates",),
    "ATSP": ("costs",),
    "CVRP": ("coordinates", "demand"),
    "OP": ("coordinates", "prize", "budget_left"),
    "Knapsack": ("value", "weight", "capacity_left"),
}
WAYS = {"CVRP": 2}
SCALES = 30_000  # the largest number that fractions are tried to be of
FINE = 1_000_000  # what they are of, about, where none of these fits


def problem_of(keys: Any) -> str:
    """Which problem has such entries of an observation.

    Raises:
        SettingError: none has.
    """
    problem = next((problem for key, problem in KEYS if key in keys), None)
    if problem is None or "action_mask" not in keys or any(key not in keys for key in NEEDED[problem]):
        named = ", ".join(map(str, keys))
        raise SettingError(f"a plan needs an observation of one of the combinatorial environments, got {named}")
    return problem


def names_left(row: Row, problem: str) -> int:
    """How many nodes or items have not been chosen yet."""
    first = int(problem != "Knapsack")
    if "valid" in row:
        return int(np.count_nonzero(row["valid"])) - 2 * first
    if "visited" in row:
        return len(row["visited"]) - max(first, int(np.count_nonzero(row["visited"])))
    return int(np.count_nonzero(row["action_mask"]))


def size_of(row: Row, problem: str) -> int:
    """How many nodes, the depot included, or items the instance has."""
    tokens = len(row["action_mask"]) // WAYS.get(problem, 1)
    return tokens - ("valid" in row and problem != "Knapsack")


def instance_of(row: Row, problem: str) -> Instance:
    """The instance that the first observation of an episode shows."""
    n = size_of(row, problem)
    parts = {name: np.asarray(row[name], np.float64) for name in NEEDED[problem]}
    if problem == "ATSP":
        matrix = parts["costs"][:n, :n] * (1 - np.eye(n))
        return ATSPInstance("observed", matrix)
    if problem == "Knapsack":
        return _knapsack(parts)
    places = parts["coordinates"][:n]
    if problem == "TSP":
        return TSPInstance("observed", places)
    if problem == "OP":
        return OPInstance("observed", parts["prize"][:n], float(parts["budget_left"][0]), places)
    fractions = parts["demand"][:n]
    capacity = _scale(fractions)
    demands = np.rint(fractions * capacity) if capacity else np.ceil(fractions * FINE - 0.1)
    return CVRPInstance("observed", demands, capacity or FINE, places)


def _knapsack(parts: dict[str, Floats]) -> KnapsackInstance:
    values, weights, capacity = parts["value"], parts["weight"], parts["capacity_left"][:1]
    by = _scale(np.concatenate((weights, capacity)))
    if by:
        weights, capacity = np.rint(weights * by), np.rint(capacity * by)
    else:
        capacity = capacity * (1 - 1e-5)  # what the environment holds may be a little less than it shows
    by = _scale(values)
    if by:
        values = np.rint(values * by)
    return KnapsackInstance("observed", values, weights, float(capacity[0]))


def _scale(fractions: Floats) -> int:
    """The smallest integer that makes all of these whole but for the rounding of single precision, or 0."""
    wholes = np.arange(1, SCALES + 1, dtype=np.float64)
    for fraction in fractions:
        scaled = fraction * wholes
        wholes = wholes[np.abs(scaled - np.rint(scaled)) <= 2e-7 * scaled + 1e-9]
        if not len(wholes):
            return 0
    return int(wholes[0])


def matches(instance: Any, row: Row, problem: str) -> bool:
    """Whether an observation shows this very instance, as far as single precision can tell."""
    if instance is None or instance.problem != problem:
        return False
    n = instance.num_items if problem == "Knapsack" else instance.num_nodes
    if n != size_of(row, problem):
        return False
    if problem == "Knapsack":
        return _proportional(row["value"], instance.values) and _proportional(row["weight"], instance.weights)
    if problem == "ATSP":
        return _proportional(row["costs"][:n, :n].ravel(), instance.matrix.ravel())
    alike = np.allclose(row["coordinates"][:n], instance.unit_layout(), atol=1e-5)
    if problem == "CVRP":
        alike &= bool(np.allclose(row["demand"][:n] * float(instance.capacity), instance.demands, rtol=1e-4))
    if problem == "OP":
        alike &= _proportional(row["prize"][:n], instance.prizes)
    return bool(alike)


def _proportional(seen: NDArray[Any], held: Floats) -> bool:
    return bool(np.allclose(seen / (seen.max() or 1.0), held / (held.max() or 1.0), atol=1e-5))
