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

MATRIX_NODES = 3_000  # largest orienteering instance, whose distances are stored (72 MB)


def batch_of(instances: Sequence[Any], *, exact: bool = True) -> Batch:
    """Converts instances to tensors.

    Args:
        instances: at least one ``Instance`` object, all of the same problem and size.
        exact: whether orienteering uses the instance's own distances, so that legality follows its rounding; False:
            distances are computed from coordinates, for imitation.

    Raises:
        InstanceError: if problems or sizes differ.
        SettingError: if an orienteering instance has more than ``MATRIX_NODES`` nodes.
    """
    problem = instances[0].problem
    if any(each.problem != problem for each in instances):
        raise InstanceError(f"instances of a batch must be of one problem, got {_several(instances, 'problem')}")
    sizes = sorted({size_of(each) for each in instances})
    if len(sizes) > 1:
        raise InstanceError(f"instances of a batch must have one size, got {sizes[0]} to {sizes[-1]} tokens")
    batch: Batch = resolve(PROBLEMS[problem].learning.batch)(instances, exact)
    return batch


def tours(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Converts instances with coordinates to a batch."""
    return Batch(*_nothing(instances), **_positions(instances))


def by_costs(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Converts symmetric or asymmetric instances to a batch with costs only."""
    costs = np.stack([each.distance_matrix() for each in instances]).astype(np.float32)
    return Batch(*_nothing(instances), costs=torch.from_numpy(costs))


def routes(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Converts instances with demands and capacities to a batch."""
    demands, capacities = np.stack([each.demands for each in instances]), [each.capacity for each in instances]
    return Batch(_double(demands)[:, :, None], _double(capacities), **_positions(instances))


def prize_tours(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Converts instances with prizes and limits to a batch, including all costs if ``exact``."""
    prizes = _double(np.stack([each.prizes for each in instances]))[:, :, None]
    costs = _all_costs(instances) if exact else None
    return Batch(prizes, **_limits(instances, "limit"), costs=costs, **_positions(instances))


def selections(instances: Sequence[Any], exact: bool = True) -> Batch:
    """Converts instances with values, weights and capacities to a batch."""
    units = [each.in_units for each in instances]
    pairs = np.stack([np.stack((each.values, unit.weights), 1) for each, unit in zip(instances, units, strict=True)])
    return Batch(_double(pairs), **_limits(units, "capacity"))


def size_of(instance: Any) -> int:
    """Returns the number of tokens of an instance."""
    return PROBLEMS[instance.problem].size(instance)


def _positions(instances: Sequence[Any]) -> dict[str, Tensor]:
    return {"coordinates": _coordinates(instances), "unit": _double([_unit(each) for each in instances])}


def _several(instances: Sequence[Any], field: str) -> str:
    return ", ".join(sorted({str(getattr(each, field)) for each in instances}))


def _double(values: Any) -> Tensor:
    return torch.from_numpy(np.array(values, np.float64))


def _nothing(instances: Sequence[Any]) -> tuple[Tensor, Tensor]:
    """Returns the numbers and resources of tours, which have none."""
    count = len(instances)
    return torch.zeros(count, size_of(instances[0]), 0, dtype=torch.float64), torch.zeros(count, dtype=torch.float64)


def _limits(instances: Sequence[Any], field: str) -> dict[str, Tensor]:
    """Returns the resources and the tolerances for rounding."""
    resource, tolerance = ([getattr(each, name) for each in instances] for name in (field, "tolerance"))
    return {"resource": _double(resource), "tolerance": 0.5 * _double(tolerance)}


def _coordinates(instances: Sequence[Any]) -> Tensor:
    return torch.from_numpy(np.stack([each.unit_layout() for each in instances]).astype(np.float32))


def _unit(instance: Any) -> float:
    """Returns the ratio of the instance's distances from node 0 to those between coordinates."""
    layout = instance.unit_layout()
    nodes = np.arange(1, len(layout))
    if not len(nodes):
        return 1.0
    far = np.linalg.norm(layout[1:] - layout[0], axis=1).sum()
    return float(instance.distance(0, nodes).sum() / far) if far > 0 else 1.0


def _all_costs(instances: Sequence[Any]) -> Tensor:
    size = instances[0].num_nodes
    if size > MATRIX_NODES:
        raise SettingError(f"bq-nco solves OP of at most {MATRIX_NODES} nodes, got {size}; use iterated-local-search")
    costs: list[Floats] = [each.distance_matrix() for each in instances]
    return torch.from_numpy(np.stack(costs))
