"""From instances to answers: what the network sees, what the objective is, and which decoding with which options."""

import inspect
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from mdpzoo.errors import InstanceError, SettingError, did_you_mean
from mdpzoo_combinatorial.bq_nco.network import PathNetwork
from mdpzoo_combinatorial.bq_nco.reconstruction import Distance, Integers
from mdpzoo_combinatorial.bq_nco.search import DECODINGS, Solutions, Task
from mdpzoo_combinatorial.budget import Budget
from mdpzoo_combinatorial.instances import TSPInstance

Instances = TSPInstance | Sequence[TSPInstance] | ArrayLike
Floats = NDArray[np.float64]


def solve(
    network: PathNetwork,
    instances: Instances,
    decoding: str,
    seconds: float | None,
    seed: int,
    budget: Budget | None,
    options: Mapping[str, Any],
) -> Solutions:
    """Decodes tours; arguments and errors are those of ``BQNCO.solve``."""
    budget = budget or Budget(seconds)
    began = time.monotonic()
    search = DECODINGS.get(decoding)
    if search is None:
        hint = did_you_mean(decoding, DECODINGS) or f" Known: {', '.join(DECODINGS)}."
        raise SettingError(f"unknown decoding {decoding!r}.{hint}")
    known = set(inspect.signature(search).parameters) - {"task"}
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known) or f" Known: {', '.join(sorted(known))}."
            raise SettingError(f"unknown option {name!r} of decoding {decoding!r}.{hint}")
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise SettingError(f"seed must be an integer in [0, 2**63), got {seed!r}")
    places, distance = task_of(instances)
    device = next(network.parameters()).device
    draws, torch_seed = np.random.SeedSequence(int(seed)).spawn(2)
    task = Task(
        network=network,
        places=torch.from_numpy(places.astype(np.float32)).to(device),
        distance=distance,
        budget=budget,
        generator=torch.Generator(device).manual_seed(int(torch_seed.generate_state(1)[0])),
        draws=np.random.default_rng(draws),
    )
    found = search(task, **options)
    elapsed = time.monotonic() - began
    return Solutions(found.tours, found.lengths, decoding, elapsed, found.complete, found.rounds)


def task_of(instances: Instances) -> tuple[Floats, Distance]:
    """Places in the unit square ``[B, n, 2]`` float64, and distances row by row as ``search.Task`` wants them.

    Raises:
        InstanceError: as ``BQNCO.solve``.
    """
    if isinstance(instances, TSPInstance):
        instances = [instances]
    if isinstance(instances, list | tuple) and instances and all(isinstance(each, TSPInstance) for each in instances):
        sizes = sorted({each.num_nodes for each in instances})
        if len(sizes) > 1:
            raise InstanceError(f"instances solved as one batch need one size, got {sizes[0]} to {sizes[-1]} nodes")
        if not all(each.edge_weight_type == "EUCLIDEAN" for each in instances):
            return np.stack([each.unit_layout() for each in instances]), _by_instance(list(instances))
        instances = np.stack([each.coordinates for each in instances])
    return _from_coordinates(instances)


def _from_coordinates(given: Any) -> tuple[Floats, Distance]:
    try:
        coordinates = np.asarray(given, np.float64)
    except (ValueError, TypeError):
        raise InstanceError("instances must be TSPInstance objects or one array of coordinates [B, n, 2]") from None
    if coordinates.ndim != 3 or coordinates.shape[2] != 2 or 0 in coordinates.shape:
        raise InstanceError(f"coordinates must have the shape [B, n, 2], got {list(coordinates.shape)}")
    if not np.abs(coordinates).max() < 1e15:
        raise InstanceError("coordinates must be finite and below 1e15; check the array for NaN")
    low = coordinates.min(1, keepdims=True)
    side = (coordinates - low).max((1, 2), keepdims=True)
    rows = np.arange(len(coordinates))[:, None]

    def distance(i: Integers, j: Integers) -> Floats:
        return np.sqrt(np.square(coordinates[rows, i] - coordinates[rows, j]).sum(2))

    return (coordinates - low) / np.where(side > 0, side, 1.0), distance


def _by_instance(instances: Sequence[TSPInstance]) -> Distance:
    def distance(i: Integers, j: Integers) -> Floats:
        return np.stack([each.distance(a, b) for each, a, b in zip(instances, i, j, strict=True)])

    return distance
