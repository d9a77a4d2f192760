"""Distributions of returns on a lattice, by hand and by convolution."""

import numpy as np
import pytest

from mdpzoo.models import TabularMDP
from mdpzoo_horizon.analysis.return_lattice import lattice_rewards, return_distributions, sum_of_returns
from mdpzoo_horizon.models.reachability import Rows, first_visits

UNIFORM = np.full((1, 1, 2), 0.5)


def chain(first, second):
    """Two states with two actions each and an end whose row pays 0.3; state 2 is never visited."""
    successors = [1, 1, 3, 3, 0, 0, 3, 3]
    rewards = [*first, *second, 0.7, 0.7, 0.3, 0.3]
    model = TabularMDP(np.arange(9), successors, np.ones(8), rewards, np.eye(1, 4)[0], np.arange(4) == 3)
    return Rows.of(model)


def test_whole_multiples_are_exact_and_rewards_that_nobody_gets_are_0():
    rows = chain([0.5, 1.5], [-1.0, 2.0])
    lower, upper = lattice_rewards(rows, first_visits(rows, 2), 2)
    assert lower.tolist() == upper.tolist() == [1, 3, -2, 4, 0, 0, 0, 0]  # in units of 1/2


def test_a_model_without_rewards_has_no_unit():
    rows = chain([0.0, 0.0], [0.0, 0.0])
    lower, upper = lattice_rewards(rows, first_visits(rows, 2), 2)
    assert not lower.any()
    assert not upper.any()


def test_rewards_without_a_common_unit_lie_between_the_two_lattices():
    rows = chain([np.pi, 0.0], [-np.e, np.sqrt(2)])
    lower, upper = lattice_rewards(rows, first_visits(rows, 2), 2)
    unit = (np.pi + np.sqrt(2) + np.e) / 2048  # the range of returns over the number of points
    for low, high, reward in zip(lower, upper, [np.pi, 0.0, -np.e, np.sqrt(2)], strict=False):
        assert low * unit <= reward <= high * unit
        assert high - low <= 1


def test_the_distribution_of_a_return_is_the_mixture_over_actions():
    rows = chain([1.0, 2.0], [0.0, 3.0])
    units = np.array([1, 2, 0, 3, 0, 0, 0, 0])
    found = return_distributions(rows, UNIFORM, first_visits(rows, 2), 2, units)
    assert [set(each) for each in found] == [{0}, {0, 1}, set()]  # the states that were first visited by each step
    lowest, probabilities = found[1][1]
    assert (lowest, probabilities.tolist()) == (0, [0.5, 0, 0, 0.5])
    lowest, probabilities = found[0][0]
    assert (lowest, probabilities.tolist()) == (1, [0.25, 0.25, 0, 0.25, 0.25])  # 1, 2, 4 or 5


def test_a_sum_of_returns_is_the_convolution_and_never_negative():
    one = np.array([0.7, 0.0, 0.2, 0.1])
    expected = np.ones(1)
    for _ in range(20):
        expected = np.convolve(expected, one)
    cache = {}
    lowest, probabilities = sum_of_returns({5: (-3, one)}, 5, 20, cache)
    assert lowest == -60
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-15)
    assert (probabilities >= 0).all()
    assert probabilities.sum() == pytest.approx(1, abs=1e-15)
    assert sum_of_returns({}, 5, 20, cache)[1] is probabilities  # computed once
    assert sum_of_returns({}, 6, 20, cache) == (0, [1.0])  # an episode that is over earns nothing
