"""Encoders that meet a rate exactly."""

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding import compress, compress_by_moves


def information(prior, probabilities):
    joint = np.asarray(prior)[:, None] * probabilities
    product = np.asarray(prior)[:, None] * joint.sum(0)
    there = joint > 0
    return (joint[there] * np.log2(joint[there] / product[there])).sum()


def test_single_cells_reach_what_many_starts_of_an_optimiser_reach(references):
    prior = references["ebim_continuous"]["p"]
    for budget in references["ebim_continuous"]["budgets"]:
        found = compress_by_moves(prior, budget["R"])
        assert found.information == pytest.approx(budget["I_single_cell_move"], abs=1e-6)
        assert found.entropy == pytest.approx(budget["R"], abs=1e-9)


@pytest.mark.parametrize("rate", [0.2, 0.7, 1.1, 1.6])
def test_the_numbers_are_those_of_the_map(rate):
    prior = [0.4, 0.3, 0.2, 0.1]
    found = compress_by_moves(prior, rate)
    assert found.probabilities.sum(1) == pytest.approx(np.ones(4))
    labels = np.asarray(prior) @ found.probabilities
    labels = labels[labels > 0]
    assert -(labels * np.log2(labels)).sum() == pytest.approx(found.entropy, abs=1e-9)
    assert information(prior, found.probabilities) == pytest.approx(found.information, abs=1e-9)
    assert found.information >= compress(prior, rate, "improved").entropy - 1e-12


def test_a_large_rate_is_the_identity():
    assert compress_by_moves([0.5, 0.3, 0.2], 3.0).probabilities.tolist() == np.eye(3).tolist()


def test_it_is_for_small_supports():
    with pytest.raises(SettingError, match="at most 7 symbols"):
        compress_by_moves(np.full(8, 1 / 8), 1.0)
