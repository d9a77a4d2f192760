"""Views: the same instances as the network could see them as well, under which their solutions are the same.

Isometries of the square for what has coordinates (eight), transposed costs for ATSP (two; tours are read backwards).
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch


def number_of_views(problem: Problem) -> int:
    """How many views there are of an instance, itself included."""
    return 8 if problem.planar else 2 if problem.edges else 1


def viewed(problem: Problem, batch: Batch, index: int) -> Batch:
    """The instances under view ``index``; 0 changes nothing.

    In view 1 of ATSP a tour is read backwards.
    """
    if not index:
        return batch
    if problem.planar:
        assert batch.coordinates is not None
        return replace(batch, coordinates=isometry(batch.coordinates - 0.5, index) + 0.5)
    assert batch.costs is not None
    return replace(batch, costs=batch.costs.transpose(1, 2))


def isometry(coordinates: Tensor, index: int) -> Tensor:
    """Maps coordinates ``[..., 2]`` by isometry ``index`` in 0..7 of the square about the origin; 0 changes nothing."""
    turned = coordinates.flip(-1) if index & 4 else coordinates
    return turned * torch.tensor([1.0 - (index & 1) * 2, 1.0 - (index >> 1 & 1) * 2], device=coordinates.device)


def all_views(problem: Problem, batch: Batch) -> Batch:
    """``V * I`` instances: view v of instance b is ``v * I + b``."""
    views = [viewed(problem, batch, index) for index in range(number_of_views(problem))]
    if len(views) == 1:
        return batch
    joined: dict[str, Any] = {}
    for name, each in vars(batch).items():
        joined[name] = None if each is None else torch.cat([getattr(view, name) for view in views])
    return Batch(**joined)
