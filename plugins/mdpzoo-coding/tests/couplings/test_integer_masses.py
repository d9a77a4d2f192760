"""Apportionment and logarithms without floats."""

from fractions import Fraction

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding.couplings.integer_masses import (
    TOTAL,
    apportioned,
    apportioned_exactly,
    fixed_entropy,
    integer_row,
    weighted_logarithms,
)


def weights(seed):
    generator = np.random.default_rng(seed)
    return generator.integers(1, 2 ** int(generator.integers(1, 58)), size=int(generator.integers(1, 9)))


@pytest.mark.parametrize("seed", range(30))
def test_compiled_shares_equal_those_of_long_integers(seed):
    assert apportioned(weights(seed), 0).tolist() == apportioned_exactly(weights(seed).tolist())


@pytest.mark.parametrize("seed", range(10))
def test_shares_are_the_quota_rounded_up_or_down(seed):
    drawn = weights(seed).tolist()
    for weight, share in zip(drawn, apportioned_exactly(drawn), strict=True):
        quota = Fraction(weight * TOTAL, sum(drawn))
        assert abs(share - quota) < 1


def test_the_lowest_index_gets_what_is_left_on_ties():
    assert apportioned_exactly([1, 1, 1]) == [366503875926, 366503875925, 366503875925]  # 2^40 = 3 k + 1


def test_what_has_weight_keeps_a_unit():
    shares = apportioned(np.array([2**60, 1, 0, 1]), 1)
    assert shares.tolist() == [TOTAL - 2, 1, 0, 1]


def test_nothing_to_divide_is_an_error():
    with pytest.raises(SettingError, match="no mass to divide"):
        apportioned_exactly([0, 0])


def test_logarithms_are_right_to_some_units():
    masses = np.concatenate((2 ** np.arange(41), np.random.default_rng(0).integers(1, TOTAL, size=2000)))
    found = weighted_logarithms(masses) / masses / 2**16
    assert np.abs(found - (40 - np.log2(masses))).max() < 4e-5


@pytest.mark.parametrize("size", [1, 2, 256])
def test_a_uniform_belief_has_its_bits(size):
    # 2^40 / size each; the unit is 2^-56 bits
    assert fixed_entropy(np.full(size, TOTAL // size)) == int(np.log2(size)) << 56


def test_floats_become_masses_within_half_a_unit_or_so():
    row = np.random.default_rng(0).dirichlet(np.ones(7))
    masses = integer_row(row)
    assert masses.sum() == TOTAL
    assert np.abs(masses / TOTAL - row).max() < 2.0**-39


def test_float32_rows_are_taken_for_what_they_are():
    assert integer_row(np.array([0.25, 0.75], np.float32)).tolist() == [TOTAL // 4, 3 * TOTAL // 4]


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ([0.5, 0.6], "sum to 1"),
        ([-0.5, 1.5], "not be negative"),
        ([float("nan"), 1.0], "not be negative"),
        ([], "on one axis"),
        ([[1.0]], "on one axis"),
        ([-1, 2], "whole numbers"),
        ([0, 0], "positive sum"),
        (["x"], "must be numbers"),
    ],
)
def test_what_is_no_distribution_is_an_error(row, sentence):
    with pytest.raises(SettingError, match=sentence):
        integer_row(row)
