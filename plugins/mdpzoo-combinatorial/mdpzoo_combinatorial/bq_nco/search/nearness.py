"""Greedy rules: the tokens of large instances that the network sees, and choices after the time limit.

Source: BQ-NCO (Drakulic et al. 2023), appendix on nearest neighbours. What differs from the paper: only remaining
tokens are selected, so that there is always a legal choice; for OP, half of the customers are those with the highest
ratio of prize to distance; for Knapsack, items with a ratio far above that of the break item are chosen without the
network, since every good solution contains them.
"""

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.problems import TINY
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.problems import resolve

FURTHER = 10.0  # added to the distance of actions via the depot, in sides of the unit square, to rank them last


def cheapest(problem: Problem, batch: Batch, left: Remainder) -> Tensor:
    """Returns scores ``[B, K L]`` of actions without a network, ``-inf`` if illegal.

    The highest score has the nearest node, the nearest customer that fits, or the highest ratio of prize to distance or
    value to weight.
    """
    scores = resolve(problem.record.learning.rule)(batch, left).unsqueeze(2)
    if problem.action_variants == 2:
        scores = torch.cat((scores, -_away(batch, left, torch.zeros_like(left.node[:, :1])).unsqueeze(2) - FURTHER), 2)
    return scores.masked_fill(~problem.legal(batch, left), -torch.inf).flatten(1)


def visible(problem: Problem, batch: Batch, left: Remainder, neighbours: int) -> Tensor:
    """Returns positions ``[B, neighbours]`` of the tokens that the network sees; padding only if there are not enough.

    Args:
        problem: the problem.
        batch: the instances.
        left: the states.
        neighbours: at least 1 and fewer than the tokens without ends.
    """
    scores = resolve(problem.record.learning.rule)(batch, left)[:, problem.ends :]
    if left.count is not None:
        padding = torch.arange(scores.shape[1], device=scores.device) >= left.count.unsqueeze(1)
        scores = scores.masked_fill(padding, -torch.inf)
    if problem.record.learning.near_and_good and neighbours > 1:
        far = _away(batch, left, left.node[:, :1])[:, problem.ends :]
        if left.count is not None:
            far = far.masked_fill(padding, torch.inf)
        near = far.topk(neighbours // 2, 1, largest=False).indices
        open_ = scores.gather(1, near) > -torch.inf
        scores = scores.scatter(1, near, torch.where(open_, torch.inf, -torch.inf).to(scores.dtype))
    return scores.topk(neighbours, 1).indices + problem.ends


def certain(batch: Batch, left: Remainder, neighbours: int) -> tuple[Tensor, Tensor]:
    """Returns the items with the highest ratio of value to weight, ``[B]``, and whether they are certain, ``[B]`` bool.

    They are chosen without the network if more than ``neighbours / 2`` items come before the break item.
    """
    ratio = value_for_weight(batch, left)
    weight = batch.numbers[left.row.unsqueeze(1), left.node, 1]
    if left.count is not None:
        padding = torch.arange(ratio.shape[1], device=ratio.device) >= left.count.unsqueeze(1)
        ratio, weight = ratio.masked_fill(padding, -torch.inf), weight.masked_fill(padding, torch.inf)
    order = ratio.argsort(dim=1, descending=True, stable=True)
    fit = weight.gather(1, order).cumsum(1) <= left.resource.unsqueeze(1)
    return order[:, 0], fit.sum(1) > max(1, neighbours // 2)


def _away(batch: Batch, left: Remainder, start: Tensor) -> Tensor:
    """Returns distances of tokens ``[B, L]`` from starts ``[B, 1]``, by coordinates, or costs if there are none."""
    row = left.row.unsqueeze(1)
    if batch.coordinates is None:
        assert batch.costs is not None
        return batch.costs[row, start, left.node]
    return (batch.coordinates[row, left.node] - batch.coordinates[row, start]).norm(dim=2)


def nearest(batch: Batch, left: Remainder) -> Tensor:
    """Returns scores ``[B, L]``: minus the distance from the origin."""
    return -_away(batch, left, left.node[:, :1])


def prize_for_distance(batch: Batch, left: Remainder) -> Tensor:
    """Returns scores ``[B, L]``: prize over distance from the origin."""
    return batch.numbers[left.row.unsqueeze(1), left.node, 0] / (nearest(batch, left).neg() + TINY)


def value_for_weight(batch: Batch, left: Remainder) -> Tensor:
    """Returns scores ``[B, L]``: value over weight."""
    pair = batch.numbers[left.row.unsqueeze(1), left.node]
    return pair[:, :, 0] / pair[:, :, 1].clamp(min=TINY)
