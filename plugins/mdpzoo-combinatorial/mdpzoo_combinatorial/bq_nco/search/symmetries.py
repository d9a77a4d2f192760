"""Symmetries: transformations of instances that preserve their solutions.

These are the eight isometries of the square for coordinates, and the transposition of costs for ATSP, which reverses
tours.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch


def number_of_symmetries(problem: Problem) -> int:
    """Returns the number of symmetries of an instance, including the identity."""
    return 8 if problem.planar else 2 if problem.edges else 1


def transform(problem: Problem, batch: Batch, index: int) -> Batch:
    """Returns the instances under symmetry ``index``; 0 is the identity, and 1 reverses tours of ATSP."""
    if not index:
        return batch
    if problem.planar:
        assert batch.coordinates is not None
        return replace(batch, coordinates=isometry(batch.coordinates - 0.5, index) + 0.5)
    assert batch.costs is not None
    return replace(batch, costs=batch.costs.transpose(1, 2))


def isometry(coordinates: Tensor, index: int) -> Tensor:
    """Maps coordinates ``[..., 2]`` by an isometry of the square around the origin; ``index`` 0 is the identity."""
    turned = coordinates.flip(-1) if index & 4 else coordinates
    return turned * torch.tensor([1.0 - (index & 1) * 2, 1.0 - (index >> 1 & 1) * 2], device=coordinates.device)


def all_symmetries(problem: Problem, batch: Batch) -> Batch:
    """Returns ``V * I`` instances: symmetry v of instance b is instance ``v * I + b``."""
    batches = [transform(problem, batch, index) for index in range(number_of_symmetries(problem))]
    if len(batches) == 1:
        return batch
    fields: dict[str, Any] = {}
    for name, each in vars(batch).items():
        fields[name] = None if each is None else torch.cat([getattr(each, name) for each in batches])
    return Batch(**fields)
