"""Optimal completions of states with few remaining tokens, by dynamic programming (Held and Karp 1962).

Where few tokens remain, an optimal order takes less time than the network's choices. Costs may be of any scale: among
few remaining arcs of very unequal costs, a network errs most.
"""

from functools import lru_cache

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder

ROWS_AT_ONCE, ROWS_ON_DEVICE = 8, 1024  # states at a time: on a CPU, more do not fit into the cache


def paths(batch: Batch, left: Remainder) -> Tensor:
    """Returns the tokens of cheapest paths from the origin to the destination, ``[B, M]``, padded with -1.

    Takes O(B M^2 2^M) time.

    Args:
        batch: the instances, of TSP or ATSP.
        left: B states with up to M remaining tokens each, at least 1.
    """
    node, row = left.node, left.row
    if batch.costs is not None:
        costs = batch.costs[row.view(-1, 1, 1), node.unsqueeze(2), node.unsqueeze(1)].double()
    else:
        assert batch.coordinates is not None
        places = batch.coordinates[row.unsqueeze(1), node].double()
        costs = (places.unsqueeze(2) - places.unsqueeze(1)).norm(dim=3)
    count = torch.full_like(row, node.shape[1] - 2) if left.count is None else left.count
    rows = ROWS_AT_ONCE if node.device.type == "cpu" else ROWS_ON_DEVICE
    order = torch.cat([_cheapest(*each) for each in zip(costs.split(rows), count.split(rows), strict=True)])
    return torch.where(order >= 0, node.gather(1, 2 + order.clamp(min=0)), -1)


def _cheapest(costs: Tensor, count: Tensor) -> Tensor:
    """Returns the order of remaining tokens in cheapest paths, ``[B, M]`` in ``0..M-1``, padded with -1.

    Needs O(B M 2^M) memory.

    Args:
        costs: ``[B, M + 2, M + 2]`` float64, between origin, destination and remaining tokens.
        count: ``[B]`` int64, number of remaining tokens; those behind them are padding.
    """
    rows, most, device = torch.arange(len(costs), device=costs.device), costs.shape[1] - 2, costs.device
    onward = costs[:, 2:, 2:].transpose(1, 2)  # to the second index's token from the third's
    least = torch.full((len(costs), 1 << most, most), torch.inf, dtype=torch.float64, device=device)
    before = torch.zeros(least.shape, dtype=torch.int64, device=device)
    single = torch.arange(most, device=device)
    least[:, 1 << single, single] = costs[:, 0, 2:]
    for subset, last in _subsets(most, device):
        shortest = (least[:, subset ^ (1 << last)] + onward[:, last]).min(2)
        least[:, subset, last], before[:, subset, last] = shortest.values, shortest.indices
    subset = (1 << count) - 1
    last = (least[rows, subset] + costs[:, 2:, 1]).argmin(1)
    order = torch.full((len(costs), most), -1, device=device)
    for place in range(most - 1, -1, -1):
        there = place < count
        order[:, place] = torch.where(there, last, -1)
        subset, last = (
            torch.where(there, subset ^ (1 << last), subset),
            torch.where(there, before[rows, subset, last], last),
        )
    return order


@lru_cache
def _subsets(most: int, device: torch.device) -> tuple[tuple[Tensor, Tensor], ...]:
    """Returns the subsets of ``most`` tokens with 2, 3, ... members, as bits, each with every last member."""
    pairs: list[list[tuple[int, int]]] = [[] for _ in range(most + 1)]
    for subset in range(1 << most):
        pairs[subset.bit_count()] += [(subset, last) for last in range(most) if subset >> last & 1]
    columns = (torch.tensor(each, dtype=torch.int64, device=device).unbind(1) for each in pairs[2:])
    return tuple((subset, last) for subset, last in columns)
