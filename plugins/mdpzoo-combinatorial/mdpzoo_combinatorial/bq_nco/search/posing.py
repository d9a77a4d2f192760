"""Converts instances, objects or one array, to a batch for a network."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of, by_costs
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch
from mdpzoo_combinatorial.instances import ATSPInstance, Instance
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

Instances = Instance | Sequence[Instance] | ArrayLike
Floats = NDArray[np.float64]
KINDS = Instance.__args__


class Posed(NamedTuple):
    """Validated instances.

    Attributes:
        batch: the instances as tensors.
        instances: the instances as objects; None if they are an array of coordinates.
        coordinates: ``[B, n, 2]`` float64, if distances are those between coordinates without rounding; else None.
    """

    batch: Batch
    instances: Sequence[Any] | None
    coordinates: Floats | None


def pose(problem: Problem, instances: Instances) -> Posed:
    """Validates instances and converts them to a batch.

    Raises:
        InstanceError: if they are of another problem or of different sizes, or are an array of another shape or with a
            number that is not finite.
    """
    if isinstance(instances, KINDS):
        instances = [instances]
    if isinstance(instances, list | tuple) and instances and all(isinstance(each, KINDS) for each in instances):
        for each in instances:
            if problem.name not in (each.problem, PROBLEMS[each.problem].without_coordinates):
                text = f"{each.name} is a {each.problem}, but the agent solves {problem.name}"
                raise InstanceError(f"{text}; load a checkpoint for {each.problem}")
        if problem.record.costs:
            return Posed(by_costs(instances), instances, None)
        return Posed(batch_of(instances), instances, _plain_coordinates(problem, instances))
    if problem.record.learning.array is not None:
        posed: Posed = resolve(problem.record.learning.array)(instances)
        return posed
    raise InstanceError(f"instances must be {problem.name}Instance objects of one size, got {_describe(instances)}")


def _plain_coordinates(problem: Problem, instances: Sequence[Any]) -> Floats | None:
    """Returns coordinates ``[B, n, 2]`` if all distances are those between them, without rounding; else None."""
    if not problem.planar or any(each.edge_weight_type != "EUCLIDEAN" for each in instances):
        return None
    return np.stack([each.coordinates for each in instances])


def _array(given: Any, what: str) -> Floats:
    try:
        return np.asarray(given, np.float64)
    except (ValueError, TypeError):
        raise InstanceError(f"instances must be {what}, got {_describe(given)}") from None


def _describe(given: Any) -> str:
    text = type(given).__name__ if hasattr(given, "__len__") and not isinstance(given, str) else repr(given)
    return text if len(text) < 60 else text[:57] + "..."


def from_coordinates(given: Any) -> Posed:
    """Converts TSP instances with coordinates ``[B, n, 2]``; the errors are those of ``pose``."""
    coordinates = _array(given, "TSPInstance objects of one size or one array of coordinates [B, n, 2]")
    if coordinates.ndim != 3 or coordinates.shape[2] != 2 or 0 in coordinates.shape:
        raise InstanceError(f"coordinates must have the shape [B, n, 2], got {list(coordinates.shape)}")
    if not np.abs(coordinates).max() < 1e15:
        raise InstanceError("coordinates must be finite and below 1e15; check the array for NaN")
    low = coordinates.min(1, keepdims=True)
    side = (coordinates - low).max((1, 2))
    side = np.where(side > 0, side, 1.0)
    scaled = torch.from_numpy(((coordinates - low) / side[:, None, None]).astype(np.float32))
    count, size = scaled.shape[:2]
    nothing = torch.zeros(count, size, 0, dtype=torch.float64)
    batch = Batch(nothing, torch.zeros(count, dtype=torch.float64), scaled, torch.from_numpy(side))
    return Posed(batch, None, coordinates)


def from_costs(given: Any) -> Posed:
    """Converts ATSP instances with costs ``[B, n, n]``; the errors are those of ``pose``."""
    costs = _array(given, "ATSPInstance objects of one size or one array of costs [B, n, n]")
    if costs.ndim != 3 or costs.shape[1] != costs.shape[2] or 0 in costs.shape:
        raise InstanceError(f"costs must have the shape [B, n, n], got {list(costs.shape)}")
    instances = [ATSPInstance(f"costs[{index}]", each) for index, each in enumerate(costs)]
    return Posed(batch_of(instances), instances, None)
