"""Search: tours decoded from the network, batched and anytime (BQ-NCO, section 5; LEHD, arXiv 2310.07985).

``greedy`` takes the best score, ``symmetric`` repeats that under the eight isometries of the square, ``sample`` draws
from the softmax, ``reconstruct`` improves a greedy tour piece by piece. The network sees positions in the unit square;
the objective is the instance's own, with TSPLIB's rounding where it has one. What differs from the papers: time limits,
and re-construction (see ``reconstruction``).
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.construction import Network, construct
from mdpzoo_combinatorial.bq_nco.limits import at_least
from mdpzoo_combinatorial.bq_nco.reconstruction import Distance, improve
from mdpzoo_combinatorial.budget import Budget

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Solutions:
    """Tours of B instances of n nodes, and how they were found.

    Attributes:
        sequence: ``[B, n]`` int64, each row a permutation of ``0..n-1`` that starts with node 0.
        objective: ``[B]`` float64, the lengths of the closed tours by the instances' own distances.
        decoding: ``greedy``, ``symmetric``, ``sample`` or ``reconstruct``.
        seconds: of wall clock, for all B together.
        complete: whether the network made every choice of the first tours; False where the time limit had the nearest
            remaining node taken instead.
        rounds: re-constructions, or tours compared, per instance.
    """

    sequence: Integers
    objective: Floats
    decoding: str
    seconds: float
    complete: bool
    rounds: int


@dataclass(frozen=True)
class Task:
    """What to decode; every decoding takes one.

    Attributes:
        network: scores the tokens of paths.
        places: ``[B, n, 2]`` float32 on the network's device, what the network sees.
        distance: ``(i, j) -> [B, k]`` float64 for integer arrays ``[B, k]``, row b by instance b's own rule.
        budget: when to stop.
        generator: on the network's device, for what is drawn at random.
        draws: on the CPU, likewise.
    """

    network: Network
    places: Tensor
    distance: Distance
    budget: Budget
    generator: torch.Generator
    draws: np.random.Generator

    def lengths(self, tours: Integers) -> Floats:
        """Lengths ``[B]`` of closed tours ``[B, n]``."""
        return self.distance(tours, np.roll(tours, -1, 1)).sum(1)


@dataclass(frozen=True)
class Found:
    """Tours ``[B, n]``, their lengths ``[B]``, and what ``Solutions`` says of them."""

    tours: Integers
    lengths: Floats
    complete: bool
    rounds: int


def greedy(task: Task, *, neighbours: int = 100) -> Found:
    """Takes the best score at each step.

    Args:
        task: the instances.
        neighbours: remaining nodes that the network sees at a time, the nearest ones, at least 1.
    """
    tours, complete = _tours(task.network, task.places, neighbours, task.budget, None)
    return Found(tours, task.lengths(tours), complete, 1)


def symmetric(task: Task, *, neighbours: int = 100) -> Found:
    """Decodes greedily under each of the eight isometries of the square and keeps the best tour.

    With a time limit the first always ends, by nearest neighbours if need be; the others stop with the time.
    """
    best = greedy(task, neighbours=neighbours)
    for index in range(1, 8):
        if task.budget.spent:
            break
        turned = isometry(task.places, index)
        tours, complete = _tours(task.network, turned, neighbours, task.budget, None)
        best = _better(task, best, tours, complete)
    return best


def sample(task: Task, *, samples: int = 16, neighbours: int = 100) -> Found:
    """Draws tours from the softmax of the scores and keeps the best.

    Args:
        task: the instances.
        samples: tours per instance, at least 1.
        neighbours: as in ``greedy``.
    """
    at_least("samples", samples, 1)
    tours, complete = _tours(task.network, task.places, neighbours, task.budget, task.generator)
    best = Found(tours, task.lengths(tours), complete, 1)
    for _ in range(samples - 1):
        if task.budget.spent:
            break
        tours, complete = _tours(task.network, task.places, neighbours, task.budget, task.generator)
        best = _better(task, best, tours, complete)
    return best


def reconstruct(
    task: Task, *, iterations: int | None = None, largest: int = 100, views: int = 1, neighbours: int = 100
) -> Found:
    """Decodes greedily, then re-solves random pieces of the tour until time or iterations end.

    Args:
        task: the instances.
        iterations: rounds, at least 0; None: as many as the time limit allows, 100 without one.
        largest: nodes in the longest piece, at least 4.
        views: how many isometries of the square each piece is solved under, in 1..8.
        neighbours: as in ``greedy``.
    """
    at_least("largest", largest, 4)
    at_least("views", views, 1)
    if iterations is not None:
        at_least("iterations", iterations, 0)
    elif task.budget.seconds is None:
        iterations = 100
    first = greedy(task, neighbours=neighbours)
    tours, rounds = improve(
        task.network,
        task.places,
        first.tours,
        task.distance,
        draws=task.draws,
        iterations=iterations,
        budget=task.budget,
        largest=largest,
        views=min(views, 8),
        neighbours=neighbours,
    )
    tours = _from_node_0(tours)
    return Found(tours, task.lengths(tours), first.complete, rounds)


DECODINGS: dict[str, Callable[..., Found]] = {
    "greedy": greedy,
    "symmetric": symmetric,
    "sample": sample,
    "reconstruct": reconstruct,
}


def isometry(places: Tensor, index: int) -> Tensor:
    """Maps places ``[..., 2]`` by isometry ``index`` in 0..7 of the square about the origin; 0 changes nothing."""
    turned = places.flip(-1) if index & 4 else places
    return turned * torch.tensor([1.0 - (index & 1) * 2, 1.0 - (index >> 1 & 1) * 2], device=places.device)


def _tours(
    network: Network, places: Tensor, neighbours: int, budget: Budget, generator: torch.Generator | None
) -> tuple[Integers, bool]:
    """Tours ``[B, n]`` from node 0: paths from node 0 through all others to a copy of it."""
    at_least("neighbours", neighbours, 1)
    closed = torch.cat((places, places[:, :1]), 1)
    order, complete = construct(network, closed, neighbours=neighbours, generator=generator, budget=budget)
    return order[:, :-1].cpu().numpy(), complete


def _better(task: Task, best: Found, tours: Integers, complete: bool) -> Found:
    """Row by row, the shorter of the best tours so far and new ones."""
    lengths = task.lengths(tours)
    shorter = lengths < best.lengths
    kept = np.where(shorter[:, None], tours, best.tours)
    return Found(kept, np.where(shorter, lengths, best.lengths), best.complete, best.rounds + int(complete))


def _from_node_0(tours: Integers) -> Integers:
    """Turns each tour ``[B, n]`` so that it starts with node 0."""
    n = tours.shape[1]
    start = (tours == 0).argmax(1)
    return np.take_along_axis(tours, (start[:, None] + np.arange(n)) % n, 1)
