"""Greedy rules of large instances."""

import pytest
import torch

from mdpzoo_combinatorial.bq_nco.search.nearness import certain
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch


@pytest.mark.parametrize(
    ("neighbours", "fitting", "unseen"),
    [
        (8, 4, False),  # as many items before the break item as half of the neighbours
        (8, 5, True),
        (2, 1, False),
        (2, 2, True),
        (1, 1, False),  # one item is always left to the network
        (1, 2, True),
    ],
)
def test_the_best_item_is_certain_if_the_break_item_is_far_away(neighbours, fitting, unseen):
    value = torch.tensor([3.0, 9.0, 1.0, 8.0, 7.0, 6.0, 5.0, 4.0, 2.0])
    numbers = torch.stack((value, torch.ones(9)), 1).unsqueeze(0).double()
    batch = Batch(numbers, torch.tensor([float(fitting)], dtype=torch.float64))
    best, sure = certain(batch, PROBLEMS["Knapsack"].start(batch), neighbours)
    assert (best.tolist(), sure.tolist()) == ([1], [unseen])
