"""Labelled states drawn from solved instances (BQ-NCO: Drakulic et al. 2023, section 4).

Every state of an optimal solution is an instance whose optimal solution is the rest of it, so one solved instance gives
as many labelled decisions as it has states and symmetries. What differs from the paper:

* TSP, ATSP: sizes up to the complete tour; any start, symmetry of the square and direction (with transposed costs);
* CVRP: routes in descending order of their load, each in either direction, and in half of the batches only those
  within a sector;
* if several choices are equally good (both ends of a closed tour or of a route, all remaining items), all are labels.
"""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder, keep
from mdpzoo_combinatorial.bq_nco.training.examples import Examples, mirror
from mdpzoo_combinatorial.bq_nco.training.labels import Labels
from mdpzoo_combinatorial.bq_nco.training.structures import path_structure, route_structure, visit_structure
from mdpzoo_combinatorial.problems import resolve

SMALLEST_SECTOR = 0.15  # of a full turn
SMALLEST_PATH = 4  # nodes including both ends: fewer have no choice


class Prepared(NamedTuple):
    """Labels in the order in which they are imitated.

    Attributes:
        labels: the original labels.
        problem: of the labels.
        sequence: ``[K, M]`` int64, tokens in order, padded with -1.
        length: ``[K]`` int64, number of tokens.
        first: ``[K, M]`` int64, the index at which the token's route begins (CVRP), else 0.
        last: ``[K, M]`` int64, the index at which the token's route ends.
    """

    labels: Labels
    problem: Problem
    sequence: Tensor
    length: Tensor
    first: Tensor
    last: Tensor

    def draw(self, tokens: int, generator: torch.Generator) -> Examples:
        """Samples a batch of about ``tokens`` tokens on the CPU, at one depth, drawn uniformly."""
        sampler: Sampler = resolve(self.problem.record.learning.sampler)
        return sampler.draw(self, tokens, generator)


class Sampler(NamedTuple):
    """Functions of a problem: ``prepare`` orders labels for imitation, ``draw`` samples a batch of labelled states."""

    prepare: Callable[[Labels, Problem], Prepared]
    draw: Callable[[Prepared, int, torch.Generator], Examples]


def prepare(labels: Labels, problem: Problem | None = None) -> Prepared:
    """Orders labels for imitation.

    Args:
        labels: of the problem.
        problem: for BQ-NCO; None: the registered problem of that name.
    """
    problem = problem or PROBLEMS[labels.problem]
    sampler: Sampler = resolve(problem.record.learning.sampler)
    return sampler.prepare(labels, problem)


def _as_stored(labels: Labels, problem: Problem) -> Prepared:
    """Keeps the order."""
    sequence = labels.sequence
    first = torch.zeros_like(sequence)
    count = (sequence >= 0).sum(1)
    return Prepared(labels, problem, sequence, count, first, first + count.unsqueeze(1) - 1)


def _by_load(labels: Labels, problem: Problem) -> Prepared:
    """Sorts routes by descending load."""
    sequence = labels.sequence
    count = (sequence >= 0).sum(1)
    customer, begins = sequence // 2, sequence % 2 == 1
    begins[:, 0] = True
    route = begins.cumsum(1) - 1
    demand = labels.batch.numbers[:, :, 0].gather(1, customer)
    load = torch.zeros_like(demand).scatter_add(1, route, demand).gather(1, route)
    order = (route - (load * demand.shape[1] * 2).long()).argsort(dim=1, stable=True)  # by load, then by route
    customer, route = customer.gather(1, order), route.gather(1, order)
    place = torch.arange(demand.shape[1]).expand_as(route)
    changes = torch.ones_like(route, dtype=torch.bool)
    changes[:, 1:] = route[:, 1:] != route[:, :-1]
    first = torch.where(changes, place, 0).cummax(1).values
    closes = changes.roll(-1, 1)
    last = torch.where(closes, place, demand.shape[1]).flip(1).cummin(1).values.flip(1)
    return Prepared(labels, problem, customer, count, first, last)


def _tours(source: Prepared, tokens: int, generator: torch.Generator) -> Examples:
    """Samples sub-paths of tours, of 4 nodes up to the complete tour with its start repeated at the end."""
    size = source.sequence.shape[1]
    length = int(torch.randint(SMALLEST_PATH, size + 2, (), generator=generator))
    count = max(1, tokens // length)
    row = torch.randint(len(source.sequence), (count,), generator=generator)
    start = torch.randint(size, (count, 1), generator=generator)
    backwards = torch.randint(2, (count, 1), generator=generator).bool()
    place = (start + torch.where(backwards, -1, 1) * torch.arange(length)) % size
    path = source.sequence[row].gather(1, place)
    node = torch.cat((path[:, :1], path[:, -1:], path[:, 1:-1]), 1)
    batch = source.labels.batch.rows(row)
    if batch.costs is not None:
        turned = batch.costs.transpose(1, 2)
        batch = replace(batch, costs=torch.where(backwards.unsqueeze(2), turned, batch.costs))
    best = torch.zeros(count, length)
    best[:, 2] = 1.0
    if length == size + 1 and batch.costs is None:  # a closed tour has two directions
        best[:, [2, length - 1]] = 0.5
    left = Remainder(torch.arange(count), node, None, batch.resource)
    structure = path_structure(count, length)
    return Examples(source.problem, mirror(batch, generator), left, best, None, structure)


def _routes(source: Prepared, tokens: int, generator: torch.Generator) -> Examples:
    """Samples the remaining customers from a position of the order on; the vehicle is at the previous customer.

    In half of the batches, only routes within a sector around the depot remain, as in re-construction.
    """
    customers = source.sequence.shape[1]
    width, share = (float(each) for each in torch.rand(2, generator=generator))
    sector = bool(torch.rand((), generator=generator) < 0.5)
    width = max(SMALLEST_SECTOR, width) if sector else 1.0
    count = max(1, int(tokens / (2 + customers * width * (1 - share))))
    row = torch.randint(len(source.sequence), (count,), generator=generator)
    batch, first, last = source.labels.batch.rows(row), source.first[row], source.last[row]
    turn = torch.rand(first.shape, generator=generator).gather(1, first) < 0.5  # the same for all customers of a route
    order = torch.where(turn, first + last - torch.arange(customers), torch.arange(customers))
    path = source.sequence[row].gather(1, order)
    kept = _in_sector(batch, path, first, torch.rand(count, 1, generator=generator), width)
    order = (~kept).to(torch.int8).argsort(dim=1, stable=True)
    path, first = path.gather(1, order), first.gather(1, order)
    left = kept.sum(1, keepdim=True)
    place = (share * left).long().clamp(min=0)
    place = torch.minimum(place, left - 1)
    position = torch.arange(customers).unsqueeze(0)
    at = (place - 1).clamp(min=0)
    served = (first == first.gather(1, at)) & (position < place)  # by the current vehicle
    demand = batch.numbers[:, :, 0].gather(1, path)
    room = batch.resource - (demand * served).sum(1)
    origin = torch.where(place > 0, path.gather(1, at), 0)
    rest = path.gather(1, (position + place).clamp(max=customers - 1))
    remaining = (left - place).squeeze(1)
    most = int(remaining.max())
    node = torch.cat((origin, torch.zeros_like(origin), rest[:, :most]), 1)
    best = torch.zeros(count, most + 2, 2)
    route = first.gather(1, place)
    begins = (place == 0) | (first.gather(1, at) != route)
    variant = (begins & (place > 0)).long().squeeze(1)
    ahead = ((first == route) & (position >= place) & (position < left)).sum(1)  # remaining customers of this route
    rows, half = torch.arange(count), begins.squeeze(1).float() * 0.5
    best[rows, 2, variant] = 1.0 - half
    best[rows, 1 + ahead, variant] += half  # either end of a route may come first
    even = bool((remaining == most).all())
    state = Remainder(rows, node, None if even else remaining, room)
    onward = first.gather(1, (position + place).clamp(max=customers - 1))[:, :most]
    structure = route_structure(onward, remaining, torch.where(begins, -1, route))
    return Examples(source.problem, mirror(batch, generator), state, best.flatten(1), None, structure)


def _in_sector(batch: Batch, path: Tensor, first: Tensor, begin: Tensor, width: float) -> Tensor:
    """Returns customers of routes whose centre is in a sector around the depot, at least one route, ``[B, M]`` bool.

    Args:
        batch: the instances.
        path: ``[B, M]``, customers.
        first: ``[B, M]``, the index at which each customer's route begins.
        begin: ``[B, 1]``, the direction at which the sector begins, in turns.
        width: of the sector, in turns.
    """
    if width >= 1.0:
        return torch.ones_like(path, dtype=torch.bool)
    assert batch.coordinates is not None
    away = batch.coordinates.gather(1, path.unsqueeze(2).expand(-1, -1, 2)) - batch.coordinates[:, :1]
    middle = torch.zeros_like(away).scatter_add(1, first.unsqueeze(2).expand(-1, -1, 2), away)
    middle = middle.gather(1, first.unsqueeze(2).expand(-1, -1, 2))
    turns = torch.atan2(middle[:, :, 1], middle[:, :, 0]) / (2 * math.pi)
    past = (turns - begin) % 1.0
    return past <= past.amin(1, keepdim=True).clamp(min=width)


def _prizes(source: Prepared, tokens: int, generator: torch.Generator) -> Examples:
    """Samples tours without their first customers; the limit is reduced by the path to the last of these."""
    size, share = source.labels.batch.size, float(torch.rand((), generator=generator))
    count = max(1, int(tokens / (size * (1.0 - 0.7 * share))))
    row = torch.randint(len(source.sequence), (count,), generator=generator)
    visits = source.length[row]
    row = row[visits > 0]
    visits = source.length[row]
    backwards = torch.randint(2, (len(row), 1), generator=generator).bool()
    place = torch.arange(source.sequence.shape[1]).expand(len(row), -1)
    turned = (visits.unsqueeze(1) - 1 - place).clamp(min=0)
    path = source.sequence[row].gather(1, torch.where(backwards, turned, place)).clamp(min=0)
    gone = (share * visits).long().unsqueeze(1)
    batch = source.labels.batch.rows(row)
    assert batch.coordinates is not None
    assert batch.unit is not None
    tour = torch.cat((torch.zeros_like(path[:, :1]), path), 1)
    where = batch.coordinates.double().gather(1, tour.unsqueeze(2).expand(-1, -1, 2))
    steps = (where[:, 1:] - where[:, :-1]).norm(dim=2) * batch.unit.unsqueeze(1)
    room = batch.resource - (steps * (place < gone)).sum(1)
    visited = torch.zeros(len(row), size, dtype=torch.bool)
    visited.scatter_(1, torch.where(place < gone, path, 0), True)
    visited[:, 0] = True
    origin = tour.gather(1, gone)
    node = torch.cat((origin, torch.zeros_like(origin), torch.arange(1, size).expand(len(row), -1)), 1)
    problem = source.problem
    whole = Remainder(torch.arange(len(row)), node, None, room)
    open_ = torch.cat((visited[:, :2] & False, ~visited[:, 1:]), 1)
    good = torch.zeros(len(row), size)
    good.scatter_(1, path.gather(1, gone.clamp(max=path.shape[1] - 1)), 1.0)
    ends = (gone == 0) & (visits.unsqueeze(1) > 1)
    good = torch.where(ends, good.scatter(1, path.gather(1, visits.unsqueeze(1) - 1), 1.0), good)
    reach = problem.reachable(batch, whole)
    reach[:, 2:] |= good[:, 1:] > 0  # coordinates in single precision may miss it slightly
    left = keep(whole, open_ & reach, problem.ends)
    examples = _label_tokens(source, batch, left, good, generator)
    return examples._replace(structure=visit_structure(left, path, gone, visits.unsqueeze(1), size))


def _items(source: Prepared, tokens: int, generator: torch.Generator) -> Examples:
    """Samples selections with some random items already chosen."""
    size, share = source.labels.batch.size, float(torch.rand((), generator=generator))
    count = max(1, int(tokens / (size * (1.0 - 0.7 * share))))
    row = torch.randint(len(source.sequence), (count,), generator=generator)
    row = row[source.length[row] > 0]
    batch, taken = source.labels.batch.rows(row), source.sequence[row]
    chosen = torch.zeros(len(row), size + 1, dtype=torch.bool).scatter_(1, taken % (size + 1), True)[:, :size]
    rank = torch.where(chosen, torch.rand(chosen.shape, generator=generator), 2.0).argsort(dim=1).argsort(dim=1)
    gone = chosen & (rank < (share * source.length[row]).long().unsqueeze(1))
    room = batch.resource - (batch.numbers[:, :, 1] * gone).sum(1)
    whole = Remainder(torch.arange(len(row)), torch.arange(size).repeat(len(row), 1), None, room)
    problem = source.problem
    good = (chosen & ~gone).float()
    left = keep(whole, ~gone & (problem.reachable(batch, whole) | (good > 0)), problem.ends)
    return _label_tokens(source, batch, left, good, generator)


def _label_tokens(
    source: Prepared, batch: Batch, left: Remainder, good: Tensor, generator: torch.Generator
) -> Examples:
    """Returns examples with labels by token ``[B, n]``."""
    problem = source.problem
    legal = problem.legal(batch, left)[:, :, 0]
    best = good.gather(1, left.node) * legal
    return Examples(source.problem, mirror(batch, generator), left, best / best.sum(1, keepdim=True))


TOURS = Sampler(_as_stored, _tours)
ROUTES = Sampler(_by_load, _routes)
PRIZE_TOURS = Sampler(_as_stored, _prizes)
SELECTIONS = Sampler(_as_stored, _items)
