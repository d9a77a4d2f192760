"""Random re-construction: pieces of a tour solved anew between their ends (LEHD, arXiv 2310.07985).

A piece of a tour between two of its nodes is a path, a state of the quotiented process, so the network solves it as
it solves any other. What differs from the paper: a round cuts each tour into as many disjoint pieces as it has room for
and solves all pieces of all tours in one batch; each piece is seen from a random end and under a random isometry of the
square. Needs symmetric distances.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.construction import Network, construct
from mdpzoo_combinatorial.budget import Budget

Integers = NDArray[np.int64]
Distance = Callable[[Integers, Integers], NDArray[np.float64]]
GAIN = 1e-7  # a piece must be shorter by more than this to replace the old one
SMALLEST = 4  # nodes in a piece; fewer leave no choice


def improve(
    network: Network,
    places: Tensor,
    tours: Integers,
    distance: Distance,
    *,
    draws: np.random.Generator,
    iterations: int | None,
    budget: Budget,
    largest: int,
    views: int,
    neighbours: int,
) -> tuple[Integers, int]:
    """Re-solves random pieces until time or iterations end; no tour ever gets longer.

    Args:
        network: scores the tokens of paths.
        places: ``[B, n, 2]`` float32 on the network's device, what the network sees.
        tours: ``[B, n]``, permutations; not changed.
        distance: ``(i, j) -> [B, k]`` for integer arrays ``[B, k]``; symmetric.
        draws: the only source of randomness.
        iterations: rounds; None for no limit but the budget.
        budget: when to stop.
        largest: nodes in the longest piece, at least 4; each round's length is uniform in ``4..min(n, largest)``.
        views: isometries of the square that each piece is solved under in a round, 1 to 8.
        neighbours: remaining nodes that the network sees at a time.

    Returns:
        Tours ``[B, n]`` and the number of rounds.
    """
    tours = tours.copy()
    size, rounds = tours.shape[1], 0
    if size < SMALLEST + 1:
        return tours, 0
    while (iterations is None or rounds < iterations) and not budget.spent:
        length = int(draws.integers(SMALLEST, min(size, largest) + 1))
        slots = _cut(len(tours), size, length, draws)
        flat = slots.reshape(len(tours), -1)
        old = np.take_along_axis(tours, flat, 1).reshape(slots.shape)
        new = _solve(network, places, old, draws, views, neighbours, budget, distance)
        gain = _lengths(distance, old) - _lengths(distance, new)
        kept = np.where((gain > GAIN)[:, :, None], new, old)
        np.put_along_axis(tours, flat, kept.reshape(flat.shape), 1)
        rounds += 1
        if budget.report is not None:
            lengths = distance(tours, np.roll(tours, -1, 1)).sum(1)
            budget.tell(rounds, float(lengths.mean()))
    return tours, rounds


def _cut(batch: int, size: int, length: int, draws: np.random.Generator) -> Integers:
    """Places ``[B, P, length]`` on tours of disjoint pieces, from a random shift, each read in a random direction."""
    shift = draws.integers(size, size=(batch, 1, 1))
    pieces = size // length
    slots = (shift + np.arange(pieces)[:, None] * length + np.arange(length)) % size
    turned = draws.integers(2, size=(batch, pieces, 1)).astype(bool)
    return np.where(turned, slots[:, :, ::-1], slots)


def _solve(
    network: Network,
    places: Tensor,
    pieces: Integers,
    draws: np.random.Generator,
    views: int,
    neighbours: int,
    budget: Budget,
    distance: Distance,
) -> Integers:
    """New orders ``[B, P, m]`` of the nodes of each piece, ends fixed: the best of the views."""
    batch, count, length = pieces.shape
    nodes = torch.from_numpy(pieces.reshape(batch, -1)).to(places.device)
    seen = places.gather(1, nodes.unsqueeze(2).expand(-1, -1, 2)).view(1, -1, length, 2)
    names = np.argsort(draws.random((batch * count, 8)), 1)[:, :views].T  # [views, B P], distinct isometries
    sign = torch.from_numpy(np.stack((1 - 2 * (names & 1), 1 - 2 * (names >> 1 & 1)), 2).astype(np.float32))
    swap = torch.from_numpy(names >= 4)[:, :, None, None].to(places.device)
    turned = torch.where(swap, seen.flip(3), seen) * sign.to(places.device).unsqueeze(2)
    order, _ = construct(network, turned.reshape(-1, length, 2), neighbours=neighbours, budget=budget)
    orders = order.cpu().numpy().reshape(views, batch, count, length)
    found = [np.take_along_axis(pieces, each, 2) for each in orders]
    if views == 1:
        return found[0]
    best = np.stack([_lengths(distance, each) for each in found]).argmin(0)
    return np.take_along_axis(np.stack(found), best[None, :, :, None], 0)[0]


def _lengths(distance: Distance, paths: Integers) -> NDArray[np.float64]:
    """Lengths ``[B, P]`` of open paths ``[B, P, m]``."""
    batch, count, length = paths.shape
    starts, ends = paths[:, :, :-1].reshape(batch, -1), paths[:, :, 1:].reshape(batch, -1)
    return distance(starts, ends).reshape(batch, count, length - 1).sum(2)
