"""From instances to answers: what the network sees, what the objective is, and which decoding with which options."""

import inspect
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from mdpzoo.errors import InstanceError, SettingError, did_you_mean
from mdpzoo_combinatorial.bq_nco.search.decodings import DECODINGS, Integers, Solutions
from mdpzoo_combinatorial.bq_nco.search.task import Distance, Found, Task, by_matrix, euclidean
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of, by_costs, size_of
from mdpzoo_combinatorial.bq_nco.states.left import Batch
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.instances import ATSPInstance, Instance
from mdpzoo_combinatorial.local_search.budget import Budget

Instances = Instance | Sequence[Instance] | ArrayLike
Floats = NDArray[np.float64]
KINDS = Instance.__args__
MATRIX_ENTRIES = 32_000_000  # of all instances together, up to which their distances are stored (256 MB)


class Posed(NamedTuple):
    """Instances as they were given, checked.

    Attributes:
        batch: what a network sees of them.
        instances: the instances, or None where only coordinates were given.
        coordinates: ``[B, n, 2]`` float64, those.
    """

    batch: Batch
    instances: Sequence[Any] | None
    coordinates: Floats | None


def solve(
    problem: Problem,
    network: nn.Module,
    relative: bool,
    instances: Instances,
    decoding: str,
    seconds: float | None,
    seed: int,
    budget: Budget | None,
    options: Mapping[str, Any],
) -> Solutions:
    """Decodes solutions; arguments and errors are those of ``BQNCO.solve``.

    Args:
        problem: of the network.
        network: scores tokens.
        relative: which features it was made for.
        instances: an instance, several of one size, coordinates ``[B, n, 2]`` (TSP) or costs ``[B, n, n]`` (ATSP).
        decoding: one of ``DECODINGS``.
        seconds: of wall clock, for all together; None: no limit.
        seed: of what is drawn at random.
        budget: in place of seconds.
        options: of the decoding.
    """
    budget = budget or Budget(seconds)
    began = time.monotonic()
    search = _decoding(decoding, options)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise SettingError(f"seed must be an integer in [0, 2**63), got {seed!r}")
    posed = pose(problem, instances)
    task = task_of(problem, network, relative, posed, np.random.SeedSequence(int(seed)), budget)
    with torch.inference_mode():
        found: Found = search(task, **options)
    sequence = SEQUENCES[problem.name](found.actions.cpu().numpy())
    answer = Solutions(
        sequence, np.empty(0), decoding, time.monotonic() - began, found.complete, found.rounds, problem.name
    )
    return _priced(answer, posed)


def task_of(
    problem: Problem, network: nn.Module, relative: bool, posed: Posed, seed: np.random.SeedSequence, budget: Budget
) -> Task:
    """What a decoding takes, on the network's device."""
    device = next(network.parameters()).device
    draws, torch_seed = seed.spawn(2)
    return Task(
        problem=problem,
        network=network,
        relative=relative,
        batch=posed.batch.to(device),
        distance=distance_of(problem, posed, device),
        budget=budget,
        generator=torch.Generator(device).manual_seed(int(torch_seed.generate_state(1)[0])),
        draws=np.random.default_rng(draws),
    )


def _priced(answer: Solutions, posed: Posed) -> Solutions:
    """The answer with the instances' own objectives."""
    if posed.instances is None:
        assert posed.coordinates is not None
        points = np.take_along_axis(posed.coordinates, answer.sequence[:, :, None], 1)
        objective = np.sqrt(np.square(points - np.roll(points, -1, 1)).sum(2)).sum(1)
    else:
        pairs = zip(posed.instances, answer.solutions, strict=True)
        objective = np.array([each.objective(solution) for each, solution in pairs], np.float64)
    return Solutions(**{**vars(answer), "objective": objective})


def _decoding(decoding: str, options: Mapping[str, Any]) -> Callable[..., Found]:
    search = DECODINGS.get(decoding)
    if search is None:
        hint = did_you_mean(str(decoding), DECODINGS) or f" Known: {', '.join(DECODINGS)}."
        raise SettingError(f"unknown decoding {decoding!r}.{hint}")
    known = set(inspect.signature(search).parameters) - {"task"}
    for name in options:
        if name not in known:
            hint = did_you_mean(name, known) or f" Known: {', '.join(sorted(known))}."
            raise SettingError(f"unknown option {name!r} of decoding {decoding!r}.{hint}")
    return search


def pose(problem: Problem, instances: Instances) -> Posed:
    """Instances as a batch.

    Raises:
        InstanceError: they are of another problem, of several sizes, or an array of a wrong shape or with a number that
            is not finite.
    """
    if isinstance(instances, KINDS):
        instances = [instances]
    if isinstance(instances, list | tuple) and instances and all(isinstance(each, KINDS) for each in instances):
        for each in instances:
            if each.problem != problem.name and (each.problem, problem.name) != ("TSP", "ATSP"):
                text = f"{each.name} is of {each.problem}, the agent solves {problem.name}; load a checkpoint of it"
                raise InstanceError(text)
        if problem.name == "ATSP":
            return Posed(by_costs(instances), instances, None)
        return Posed(batch_of(instances), instances, _plain_coordinates(problem, instances))
    if problem.name == "TSP":
        return _from_coordinates(instances)
    if problem.name == "ATSP":
        return _from_costs(instances)
    raise InstanceError(f"instances must be {problem.name}Instance objects of one size, got {_shown(instances)}")


def _plain_coordinates(problem: Problem, instances: Sequence[Any]) -> Floats | None:
    """Coordinates ``[B, n, 2]`` where every distance is the one between them, unrounded."""
    if problem.name == "Knapsack" or any(each.edge_weight_type != "EUCLIDEAN" for each in instances):
        return None
    return np.stack([each.coordinates for each in instances])


def _array(given: Any, what: str) -> Floats:
    try:
        return np.asarray(given, np.float64)
    except (ValueError, TypeError):
        raise InstanceError(f"instances must be {what}, got {_shown(given)}") from None


def _shown(given: Any) -> str:
    text = type(given).__name__ if hasattr(given, "__len__") and not isinstance(given, str) else repr(given)
    return text if len(text) < 60 else text[:57] + "..."


def _from_coordinates(given: Any) -> Posed:
    coordinates = _array(given, "TSPInstance objects of one size or one array of coordinates [B, n, 2]")
    if coordinates.ndim != 3 or coordinates.shape[2] != 2 or 0 in coordinates.shape:
        raise InstanceError(f"coordinates must have the shape [B, n, 2], got {list(coordinates.shape)}")
    if not np.abs(coordinates).max() < 1e15:
        raise InstanceError("coordinates must be finite and below 1e15; check the array for NaN")
    low = coordinates.min(1, keepdims=True)
    side = (coordinates - low).max((1, 2))
    side = np.where(side > 0, side, 1.0)
    places = torch.from_numpy(((coordinates - low) / side[:, None, None]).astype(np.float32))
    count, size = places.shape[:2]
    nothing = torch.zeros(count, size, 0, dtype=torch.float64)
    batch = Batch(nothing, torch.zeros(count, dtype=torch.float64), places, torch.from_numpy(side))
    return Posed(batch, None, coordinates)


def _from_costs(given: Any) -> Posed:
    costs = _array(given, "ATSPInstance objects of one size or one array of costs [B, n, n]")
    if costs.ndim != 3 or costs.shape[1] != costs.shape[2] or 0 in costs.shape:
        raise InstanceError(f"costs must have the shape [B, n, n], got {list(costs.shape)}")
    instances = [ATSPInstance(f"costs[{index}]", each) for index, each in enumerate(costs)]
    return Posed(batch_of(instances), instances, None)


def distance_of(problem: Problem, posed: Posed, device: torch.device) -> Distance:
    """The instances' own distances for tensors on a device."""
    if posed.coordinates is not None:
        return euclidean(posed.coordinates, device)
    assert posed.instances is not None
    instances = posed.instances
    if problem.name == "Knapsack":
        return lambda row, i, j: torch.zeros(i.shape, dtype=torch.float64, device=device)
    if len(instances) * size_of(instances[0]) ** 2 <= MATRIX_ENTRIES or len(instances) > 1:
        return by_matrix(np.stack([each.distance_matrix() for each in instances]), device)
    only = instances[0]

    def distance(row: Tensor, i: Tensor, j: Tensor) -> Tensor:
        far = only.distance(i.cpu().numpy(), j.cpu().numpy())
        return torch.from_numpy(np.asarray(far, np.float64)).to(device)

    return distance


def _tours(actions: Integers) -> Integers:
    return np.pad(actions, ((0, 0), (1, 0)))


def _routes(actions: Integers) -> Integers:
    """Customers with 0 between routes, from actions ``2 * customer + by the depot``."""
    rows = []
    for row in actions:
        customer, place = row // 2, np.flatnonzero(row % 2)
        rows.append(np.insert(customer, place, 0))
    return _filled(rows, 0)


def _visits(actions: Integers) -> Integers:
    return _filled([np.append(0, row[row >= 0]) for row in actions], -1)


def _items(actions: Integers) -> Integers:
    return _filled([np.sort(row[row >= 0]) for row in actions], -1)


def _filled(rows: list[Integers], padding: int) -> Integers:
    """Rows of several lengths as one array."""
    width = max(len(each) for each in rows)
    return np.stack([np.pad(each, (0, width - len(each)), constant_values=padding) for each in rows]).astype(np.int64)


SEQUENCES: dict[str, Callable[[Integers], Integers]] = {
    "TSP": _tours,
    "ATSP": _tours,
    "CVRP": _routes,
    "OP": _visits,
    "Knapsack": _items,
}
