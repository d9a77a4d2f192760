"""Relaxations of the shortest path through the nodes of a state of ATSP, as probabilities of its arcs.

A path from the origin through all remaining nodes to the destination is

* an assignment, since every node except the destination has one successor, and every node except the origin has one
  predecessor;
* an arborescence, since every node can be reached from the origin.

A shortest path has most of its arcs in common with the cheapest assignment. Costs alone do not show these arcs: the
cheap way out of a node should be kept for it if all others are expensive, whatever another node would gain by it.

Both relaxations are smooth. Sinkhorn's scaling (Cuturi 2013, arXiv 1306.0895) approaches the fractional assignment of
least cost minus temperature times entropy, at falling temperatures. In a random arborescence whose probability is
proportional to the product of its arcs' fractions, the probability of each arc follows from the inverse of the graph's
Laplacian matrix (the matrix-tree theorem: Tutte 1948).
"""

import torch
from torch import Tensor

TEMPERATURES = (1.0, 0.4, 0.15)  # in mean differences between the costs of a node's cheapest arcs
ROUNDS = 30  # of scaling rows and columns, at each temperature
NEAR = 3  # cheapest arcs of a node
FAR = 1e4  # largest cost, in the same unit as temperatures
LEAST = 1e-7  # least weight of an arc in arborescences, so that there is one
TINY, HUGE = 1e-30, 1e15
SMALLEST = -80.0  # logarithm of the least weight of an arc in scaling, since denormal numbers are slow


def arc_probabilities(costs: Tensor, valid: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Returns what relaxations say about the arcs of states.

    Takes O(B L^3), for one inverse matrix.

    Args:
        costs: ``[B, L, L]`` float32, from the row's token to the column's: origin, destination, remaining nodes.
        valid: ``[B, L]`` bool, False for padding; None: there is no padding.

    Returns:
        Three times ``[B, L, L]`` float32 in [0, 1]: the fraction of each arc in the assignment of least temperature,
        its weight at twice the highest temperature (1: a cheapest assignment contains it), and its probability in an
        arborescence; 0 for arcs that no path contains.
    """
    blocked = torch.eye(costs.shape[1], dtype=torch.bool, device=costs.device)
    blocked[0, 1] = blocked[1] = blocked[:, 0] = True
    if valid is not None:
        blocked = blocked | ~(valid.unsqueeze(2) & valid.unsqueeze(1))
    reduced = _assigned(costs.masked_fill(blocked, torch.inf))
    fraction, weight = (_weights(reduced, each).clamp(max=1.0) for each in (TEMPERATURES[-1], 2 * TEMPERATURES[0]))
    return fraction, weight, _arborescence(fraction, blocked)


def _assigned(costs: Tensor) -> Tensor:
    """Returns costs ``[B, L, L]``, ``inf`` for arcs that no path contains, minus the potentials of rows and columns.

    The unit is the mean difference between the costs of a node's ``NEAR`` cheapest arcs and the cheapest.
    """
    for dimension in (2, 1):
        least = costs.amin(dimension, keepdim=True)
        costs = costs - least.masked_fill(least.isinf(), 0.0)
    finite = costs.masked_fill(costs.isinf(), 0.0)
    near = costs.topk(min(NEAR, costs.shape[2]), 2, largest=False).values
    rows = (~costs.isinf()).any(2).sum(1).clamp(min=1).view(-1, 1, 1)
    unit = near.masked_fill(near.isinf(), 0.0).sum((1, 2), keepdim=True) / (NEAR * rows)
    unit = unit + 1e-6 * finite.amax((1, 2), keepdim=True) + 1e-12
    costs = (finite / unit).clamp(max=FAR).masked_fill(costs.isinf(), torch.inf)
    for temperature in TEMPERATURES:
        kernel = _weights(costs, temperature)
        turned = kernel.transpose(1, 2).contiguous()  # a row times a matrix is much faster than a matrix times a column
        rows, columns = torch.ones_like(kernel[:, :1]), torch.ones_like(kernel[:, :1])
        for _ in range(ROUNDS):
            rows = (1.0 / (columns @ turned + TINY)).clamp(max=HUGE)
            columns = (1.0 / (rows @ kernel + TINY)).clamp(max=HUGE)
        rows, columns = rows.clamp(min=TINY), columns.clamp(min=TINY)
        costs = costs - temperature * (rows.log().transpose(1, 2) + columns.log())
    return costs


def _weights(costs: Tensor, temperature: float) -> Tensor:
    """Returns ``exp(-costs / temperature)``, 0 for infinite costs."""
    return (-costs / temperature).clamp(min=SMALLEST).exp().masked_fill(costs.isinf(), 0.0)


def _arborescence(weights: Tensor, blocked: Tensor) -> Tensor:
    """Returns the probabilities of arcs ``[B, L, L]`` in a random arborescence from the origin.

    Args:
        weights: ``[B, L, L]`` in [0, 1], of arcs.
        blocked: ``[B, L, L]`` or ``[L, L]`` bool, arcs that no path contains.
    """
    weights = (weights.double() + LEAST).masked_fill(blocked, 0.0)
    into = weights.sum(1)
    between = weights.clone()
    between[:, 0] = 0.0  # the root's row is not part of the matrix
    inverse = torch.linalg.inv_ex(torch.diag_embed(into + (into == 0)) - between).inverse  # never waits for the device
    onward = inverse.transpose(1, 2).clone()
    onward[:, 0] = 0.0
    return (weights * (inverse.diagonal(dim1=1, dim2=2).unsqueeze(1) - onward)).clamp(0.0, 1.0).float()
