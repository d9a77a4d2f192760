"""Instances as tensors: coordinates rescaled to the unit square, amounts in double precision."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch
from mdpzoo_combinatorial.instances.distances import Floats
from mdpzoo_combinatorial.problems import PROBLEMS, resolve

MATRIX_NODES = 3_000  # nodes up to which orienteering stores all distances (72 MB)


def batch_of(instances: Sequence[Any], *, exact: bool = True) -> Batch:
    """What a network and a search must know of instances.

    Args:
        instances: ``Instance`` objects of one problem and one size, at least one.
        exact: whether orienteering gets its own distances, so that what looks legal is so by the instance's rounding;
            False: they are computed from coordinates, for imitation.

    Raises:
        InstanceError: problems or sizes differ.
        SettingError: orienteering with more than ``MATRIX_NODES`` nodes.
    """
    problem = instances[0].problem
    if any(each.problem != problem for each in instances):
        raise InstanceError(f"instances solved as one batch need one problem, got {_several(instances, 'problem')}")
    sizes = sorted({size_of(each) for each in instances})
    if len(sizes) > 1:
        raise InstanceError(f"instances solved as one batch need one size, got {sizes[0]} to {sizes[-1]} tokens")
    batch: Batch = resolve(PROBLEMS[problem].learning.batch)(instances, exact)
    return batch


def tours(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Tours by coordinates."""
    return Batch(*_nothing(instances), **_positions(instances))


def by_costs(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Tours of one size by their costs alone, whether these depend on the direction or not."""
    costs = np.stack([each.distance_matrix() for each in instances]).astype(np.float32)
    return Batch(*_nothing(instances), costs=torch.from_numpy(costs))


def routes(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Demands and capacities."""
    demands, capacities = np.stack([each.demands for each in instances]), [each.capacity for each in instances]
    return Batch(_double(demands)[:, :, None], _double(capacities), **_positions(instances))


def prize_tours(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Prizes and limits; all costs where they must be ``exact``."""
    prizes = _double(np.stack([each.prizes for each in instances]))[:, :, None]
    costs = _all_costs(instances) if exact else None
    return Batch(prizes, **_limits(instances, "limit"), costs=costs, **_positions(instances))


def selections(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Values, weights and capacities."""
    units = [each.in_units for each in instances]
    pairs = np.stack([np.stack((each.values, held.weights), 1) for each, held in zip(instances, units, strict=True)])
    return Batch(_double(pairs), **_limits(units, "capacity"))


def size_of(instance: Any) -> int:
    """Tokens of an instance."""
    return PROBLEMS[instance.problem].size(instance)


def _positions(instances: Sequence[Any]) -> dict[str, Tensor]:
    return {"coordinates": _coordinates(instances), "unit": _double([_unit(each) for each in instances])}


def _several(instances: Sequence[Any], field: str) -> str:
    return ", ".join(sorted({str(getattr(each, field)) for each in instances}))


def _double(values: Any) -> Tensor:
    return torch.from_numpy(np.array(values, np.float64))


def _nothing(instances: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """Numbers and resources of tours."""
    count = len(instances)
    return torch.zeros(count, size_of(instances[0]), 0, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)


def _limits(instances: Sequence[Any], field: str) -> dict[str, Tensor]:
    """What may be used up, and by how much rounding may overdraw it."""
    resource, tolerance = ([getattr(each, name) for each in instances] for name in (field, "tolerance"))
    return {"resource": _double(resource), "tolerance": 0.5 * _double(tolerance)}


def _coordinates(instances: Sequence[Any]) -> Tensor:
    return torch.from_numpy(np.stack([each.unit_layout() for each in instances]).astype(np.float32))


def _unit(instance: Any) -> float:
    """The instance's distances over those of its coordinates: the mean ratio, from node 0 to all others."""
    layout = instance.unit_layout()
    nodes = np.arange(1, len(layout))
    if not len(nodes):
        return 1.0
    far = np.linalg.norm(layout[1:] - layout[0], axis=1).sum()
    return float(instance.distance(0, nodes).sum() / far) if far > 0 else 1.0


def _all_costs(instances: Sequence[Any]) -> Tensor:
    most = instances[0].num_nodes
    if most > MATRIX_NODES:
        raise SettingError(f"bq-nco solves OP of at most {MATRIX_NODES} nodes, got {most}; use iterated-local-search")
    costs: list[Floats] = [each.distance_matrix() for each in instances]
    return torch.from_numpy(np.stack(costs))
