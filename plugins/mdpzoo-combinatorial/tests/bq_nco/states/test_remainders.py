"""Choices and removals of tokens, against lists."""

import pytest
import torch

from mdpzoo_combinatorial.bq_nco.states.remainders import Remainder, keep, without

NODES = torch.tensor([[0, 0, 1, 2, 3, 4], [5, 0, 6, 7, 8, 9]])


def state(count=None):
    return Remainder(torch.arange(2), NODES, None if count is None else torch.tensor(count), torch.zeros(2))


def lists(left, ends):
    """The ends and the remaining tokens of each state, which are in any order."""
    counts = [left.node.shape[1] - ends] * 2 if left.count is None else left.count.tolist()
    return [
        (nodes[:ends], sorted(nodes[ends : ends + count]))
        for nodes, count in zip(left.node.tolist(), counts, strict=True)
    ]


@pytest.mark.parametrize("count", [None, [4, 4], [4, 2]])
def test_a_chosen_token_becomes_the_origin(count):
    after = without(state(count), torch.tensor([3, 2]), 2, torch.ones(2))
    rest = [[1, 3, 4], [7] if count == [4, 2] else [7, 8, 9]]
    assert lists(after, 2) == [([2, 0], rest[0]), ([6, 0], rest[1])]
    assert after.resource.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("count", [None, [6, 6], [6, 3]])
def test_without_ends_a_chosen_token_is_removed(count):
    after = without(state(count), torch.tensor([3, 2]), 0, torch.ones(2))
    rest = [0, 5] if count == [6, 3] else [0, 5, 7, 8, 9]
    assert lists(after, 0) == [([], [0, 0, 1, 3, 4]), ([], rest)]


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        ([[1, 1, 1, 0, 1, 1], [1, 1, 0, 1, 1, 1]], ([1, 3, 4], [7, 8, 9])),  # equally many: no padding
        ([[0, 0, 0, 1, 0, 1], [0, 0, 0, 0, 1, 0]], ([2, 4], [8])),  # ends are always kept
        ([[0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0]], ([], [])),
    ],
)
def test_tokens_that_are_not_kept_leave_no_gaps(kept, wanted):
    left = keep(state(), torch.tensor(kept).bool(), 2)
    assert lists(left, 2) == [([0, 0], wanted[0]), ([5, 0], wanted[1])]
    assert left.node.shape[1] == 2 + max(map(len, wanted))
