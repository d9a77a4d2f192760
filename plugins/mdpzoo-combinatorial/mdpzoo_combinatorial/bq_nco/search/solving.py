"""Solves instances: prepares the task, runs a decoding with its options, and computes the objectives."""

import inspect
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mdpzoo.errors import SettingError, did_you_mean
from mdpzoo_combinatorial.bq_nco.search.decodings import DECODINGS, Solutions
from mdpzoo_combinatorial.bq_nco.search.posing import Instances, Posed, pose
from mdpzoo_combinatorial.bq_nco.search.task import Distance, SearchResult, Task, by_matrix, euclidean
from mdpzoo_combinatorial.bq_nco.states.batching import size_of
from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import resolve

MATRIX_ENTRIES = 32_000_000  # maximum number of distances that are stored for all instances (256 MB)


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
    descent: bool = False,
) -> Solutions:
    """Decodes solutions; arguments and errors are those of ``BQNCO.solve``.

    Args:
        problem: of the network.
        network: scores tokens.
        relative: whether the network's features are relative to the state.
        instances: an instance, several of the same size, coordinates ``[B, n, 2]`` (TSP) or costs ``[B, n, n]`` (ATSP).
        decoding: one of ``DECODINGS``.
        seconds: wall-clock limit for all instances; None: no limit.
        seed: random seed.
        budget: replaces ``seconds``.
        options: of the decoding.
        descent: whether compiled local search follows each decoding.
    """
    budget = budget or Budget(seconds)
    began = time.monotonic()
    search = _decoding(decoding, options)
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**63:
        raise SettingError(f"seed must be an integer in [0, 2**63), got {seed!r}")
    posed = pose(problem, instances)
    task = task_of(problem, network, relative, posed, np.random.SeedSequence(int(seed)), budget)
    if descent and problem.record.learning.descent is not None:
        task = replace(task, descent=resolve(problem.record.learning.descent)(task))
    with torch.inference_mode():
        found: SearchResult = search(task, **options)
    sequence = resolve(problem.record.learning.sequence)(found.actions.cpu().numpy())
    answer = Solutions(
        sequence, np.empty(0), decoding, time.monotonic() - began, found.complete, found.rounds, problem.name
    )
    return _with_objectives(answer, posed)


def task_of(
    problem: Problem, network: nn.Module, relative: bool, posed: Posed, seed: np.random.SeedSequence, budget: Budget
) -> Task:
    """Returns the task for a decoding, on the network's device."""
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


def _with_objectives(answer: Solutions, posed: Posed) -> Solutions:
    """Returns the answer with objectives by the instances' own rules."""
    if posed.instances is None:
        assert posed.coordinates is not None
        points = np.take_along_axis(posed.coordinates, answer.sequence[:, :, None], 1)
        objective = np.sqrt(np.square(points - np.roll(points, -1, 1)).sum(2)).sum(1)
    else:
        pairs = zip(posed.instances, answer.solutions, strict=True)
        objective = np.array([each.objective(solution) for each, solution in pairs], np.float64)
    return Solutions(**{**vars(answer), "objective": objective})


def _decoding(decoding: str, options: Mapping[str, Any]) -> Callable[..., SearchResult]:
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


def distance_of(problem: Problem, posed: Posed, device: torch.device) -> Distance:
    """Returns the function of the instances' own distances for tensors on a device."""
    if posed.coordinates is not None:
        return euclidean(posed.coordinates, device)
    assert posed.instances is not None
    instances = posed.instances
    if not problem.ends:
        return lambda row, i, j: torch.zeros(i.shape, dtype=torch.float64, device=device)
    if len(instances) * size_of(instances[0]) ** 2 <= MATRIX_ENTRIES or len(instances) > 1:
        return by_matrix(np.stack([each.distance_matrix() for each in instances]), device)
    only = instances[0]

    def distance(row: Tensor, i: Tensor, j: Tensor) -> Tensor:
        far = only.distance(i.cpu().numpy(), j.cpu().numpy())
        return torch.from_numpy(np.asarray(far, np.float64)).to(device)

    return distance
