"""Quantities of tokens by hand, on batches small enough to check."""

import math

import pytest
import torch

from mdpzoo_token.losses.surrogates import clipped, dual_clipped
from mdpzoo_token.losses.token_values import (
    as_tokens,
    covariances,
    entropies,
    logp_of,
    mean_valid,
    ratio_of,
    top,
    turn_means,
)

WHOLE = torch.ones(1, 4, dtype=torch.bool)


def row(*values):
    return torch.tensor([values], dtype=torch.float64)


def test_advantages_of_sequences_hold_for_all_their_tokens():
    like = torch.zeros(2, 3)
    assert as_tokens(torch.tensor([1.0, -2.0]), like).tolist() == [[1.0] * 3, [-2.0] * 3]
    given = torch.arange(6.0).view(2, 3)
    assert torch.equal(as_tokens(given, like), given)


def test_masked_positions_have_ratio_1_and_no_gradient():
    logp = row(0.0, 1.0).requires_grad_()
    ratio = ratio_of(logp, row(-1.0, 5.0), torch.tensor([[True, False]]))
    assert ratio[0].tolist() == pytest.approx([math.e, 1.0])
    assert torch.autograd.grad(ratio.sum(), logp)[0][0].tolist() == pytest.approx([math.e, 0.0])


def test_log_probabilities_read_the_token_and_ignore_minus_1_where_masked():
    logits = torch.tensor([[[0.0, 0.0], [math.log(3), 0.0]]], dtype=torch.float64)
    found = logp_of(logits, torch.tensor([[1, -1]]), torch.tensor([[True, False]]))
    assert found[0].tolist() == pytest.approx([-math.log(2), 0.0])


@pytest.mark.parametrize(
    ("probabilities", "entropy"),
    [
        ([0.5, 0.5], math.log(2)),
        ([0.25] * 4, math.log(4)),
        ([1.0, 1e-300], 0.0),  # no NaN from a vanishing probability
    ],
)
def test_entropies_are_in_nats(probabilities, entropy):
    assert float(entropies(torch.tensor(probabilities, dtype=torch.float64).log())) == pytest.approx(entropy, abs=1e-12)


def test_means_run_over_valid_tokens_alone():
    values, mask = row(1.0, 2.0, torch.nan, 9.0), torch.tensor([[True, True, False, False]])
    assert float(mean_valid(values, mask)) == 1.5
    assert float(mean_valid(values, torch.zeros_like(mask))) == 0


def test_covariances_are_centred_over_valid_tokens():
    mask = torch.tensor([[True, True, True, False]])
    found = covariances(row(1.0, 0.0, -1.0, 50.0), row(-1.0, -2.0, -3.0, 7.0), mask)
    # advantages less 0 times log-probabilities less -2
    assert found[0].tolist() == pytest.approx([1.0, 0.0, 1.0, 0.0])
    assert not covariances(row(1.0), row(1.0).requires_grad_(), WHOLE[:, :1]).requires_grad


@pytest.mark.parametrize(
    ("count", "chosen"),
    [
        (0, []),
        (1, [3]),  # the largest one among those that may be chosen
        (2, [0, 3]),
        (9, [0, 2, 3]),  # no more than there are
    ],
)
def test_the_largest_values_are_chosen_among_those_that_may_be(count, chosen):
    among = torch.tensor([[True, False, True, True]])
    assert top(row(2.0, 9.0, -1.0, 3.0), among, count)[0].nonzero()[:, 0].tolist() == chosen


def test_turns_have_means_of_their_valid_tokens():
    values = torch.tensor([[1.0, 3.0, 5.0, 7.0], [2.0, 4.0, 6.0, 8.0]])
    mask = torch.tensor([[True, True, True, False], [True, True, False, False]])
    means, there = turn_means(values, mask, torch.tensor([0, 0, 1, 1]))
    assert means.tolist() == [[2.0, 5.0], [3.0, 0.0]]
    assert there.tolist() == [[True, True], [True, False]]


@pytest.mark.parametrize(
    ("advantage", "ratio", "loss"),
    [
        (1.0, 1.1, -1.1),  # within the clip
        (1.0, 1.5, -1.2),  # above: no more to gain
        (1.0, 0.5, -0.5),  # below: all of it to gain
        (-1.0, 1.5, 1.5),  # above: all of it to lose
        (-1.0, 0.5, 0.8),  # below: no more to gain
        (-1.0, 4.0, 4.0),  # unbounded
    ],
)
def test_the_surrogate_clips_what_would_be_gained(advantage, ratio, loss):
    old, mask = row(-3.0), WHOLE[:, :1]
    logp = old + math.log(ratio)
    assert float(clipped(row(advantage)[0], logp, old, mask, (0.2, 0.2))) == pytest.approx(loss)


@pytest.mark.parametrize(("ratio", "loss"), [(2.0, 2.0), (4.0, 3.0), (40.0, 3.0)])
def test_the_dual_clip_bounds_the_loss_of_negative_advantages(ratio, loss):
    old, mask = row(-3.0), WHOLE[:, :1]
    found = dual_clipped(row(-1.0)[0], old + math.log(ratio), old, mask, (0.2, 0.2), 3.0)
    assert float(found) == pytest.approx(loss)
    same = dual_clipped(row(1.0)[0], old + math.log(ratio), old, mask, (0.2, 0.2), 3.0)
    assert float(same) == pytest.approx(-1.2)
