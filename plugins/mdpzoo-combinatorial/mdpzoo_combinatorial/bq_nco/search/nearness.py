"""Cheap rules: which tokens a network is shown where not all fit, and what is chosen once the time is up.

Source: BQ-NCO (Drakulic et al. 2023), appendix on nearest neighbours. What differs from the paper: only tokens that
are left are shown, so some choice is always open; the customers of OP that are not near are those with most prize for
their distance; Knapsack takes what is far above the break item unseen, since every good solution has it.
"""

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.problem import Problem
from mdpzoo_combinatorial.bq_nco.states.problems import TINY
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.problems import resolve

FURTHER = 10.0  # what going by the depot counts, in sides of the unit square: more than any way within it


def cheapest(problem: Problem, batch: Batch, left: Remainder) -> Tensor:
    """Scores ``[B, K L]`` of the actions in a network's place, ``-inf`` where illegal: the nearest node, the nearest
    customer that fits, most prize for the distance, most value for the weight."""
    scores = resolve(problem.record.learning.rule)(batch, left).unsqueeze(2)
    if problem.action_variants == 2:
        scores = torch.cat((scores, -_away(batch, left, torch.zeros_like(left.node[:, :1])).unsqueeze(2) - FURTHER), 2)
    return scores.masked_fill(~problem.legal(batch, left), -torch.inf).flatten(1)


def shown(problem: Problem, batch: Batch, left: Remainder, neighbours: int) -> Tensor:
    """Positions ``[B, neighbours]`` of the tokens left that a network sees; of padding only where there is no other.

    Args:
        problem: whose states.
        batch: the instances.
        left: the states.
        neighbours: at least 1 and fewer than remaining positions.
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
    """Of knapsacks: the best items ``[B]`` by value for weight, and whether each is to be taken unseen, ``[B]`` bool.

    It is where more than half as many items as the network sees stand between it and the break item.
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
    """Scores ``[B, L]``: minus the distance from the origin."""
    return -_away(batch, left, left.node[:, :1])


def prize_for_distance(batch: Batch, left: Remainder) -> Tensor:
    """Scores ``[B, L]``: prize over distance from the origin."""
    return batch.numbers[left.row.unsqueeze(1), left.node, 0] / (nearest(batch, left).neg() + TINY)


def value_for_weight(batch: Batch, left: Remainder) -> Tensor:
    """Scores ``[B, L]``: value over weight."""
    pair = batch.numbers[left.row.unsqueeze(1), left.node]
    return pair[:, :, 0] / pair[:, :, 1].clamp(min=TINY)
