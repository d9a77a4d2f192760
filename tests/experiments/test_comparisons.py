"""Which of two agents is better."""

import numpy as np
import pytest

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics import (
    compare_paired,
    compare_unpaired,
    holm,
    improvement_interval,
    probability_of_improvement,
)


def test_improvement_counts_wins_and_half_of_the_ties():
    # pairs of (1, 2) and (1, 3): a tie, a loss; a win, a loss
    assert probability_of_improvement([1.0, 2.0], [1.0, 3.0]) == pytest.approx(1.5 / 4)


def test_improvement_of_the_other_agent_is_the_rest():
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(8, 3)), rng.normal(0.4, 1, size=(6, 3))
    one, other = improvement_interval(first, second), improvement_interval(second, first)
    assert one.estimate + other.estimate == pytest.approx(1)
    assert one.low < one.estimate < one.high
    assert one.estimate == probability_of_improvement(first, second)


def test_improvement_is_unchanged_by_what_keeps_the_order_within_an_environment():
    rng = np.random.default_rng(1)
    first, second = rng.normal(size=(5, 2)), rng.normal(size=(5, 2))
    stretched = improvement_interval(np.exp(first), np.exp(second))
    assert stretched == improvement_interval(first, second)


def test_environments_are_matched_by_name():
    first, second = {"a": [1.0, 2.0], "b": [5.0, 6.0]}, {"b": [9.0, 8.0], "a": [0.0, 0.5]}
    assert probability_of_improvement(first, second) == pytest.approx(0.5)  # wins all of a, loses all of b
    with pytest.raises(ResultsError, match="only one has"):
        probability_of_improvement(first, {"a": [1.0], "c": [1.0]})
    with pytest.raises(ResultsError, match="environments"):
        probability_of_improvement(np.zeros((3, 2)), np.zeros((3, 3)))


def test_a_single_seed_has_an_improvement_without_limits():
    assert np.isnan(improvement_interval([1.0], [0.0]).low)


def test_five_pairs_that_all_agree_have_the_smallest_p_value_there_is():
    found = compare_paired("e", [2.0, 3.0, 4.0, 5.0, 6.0], [1.0, 1.0, 1.0, 1.0, 1.0])
    assert found.p_value == pytest.approx(2 / 2**5)  # all signs as they are, or all turned
    assert found.difference == pytest.approx(3)
    assert found.improvement == 1


def test_pairs_see_a_difference_that_seeds_would_hide():
    seeds = np.arange(10.0) * 10  # seeds differ by far more than agents
    paired = compare_paired("e", seeds + 1, seeds)
    unpaired = compare_unpaired("e", seeds + 1, seeds)
    assert paired.p_value == pytest.approx(2 / 2**10)
    assert unpaired.p_value > 0.5


@pytest.mark.parametrize("compare", [compare_paired, compare_unpaired])
def test_equal_agents_differ_significantly_as_rarely_as_promised(compare):
    rng = np.random.default_rng(2)
    found = [compare("e", *rng.exponential(size=(2, 6)), seed=each).p_value for each in range(150)]
    assert np.mean(np.array(found) <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 150)


def test_one_seed_has_no_p_value():
    assert compare_paired("e", [1.0], [0.0]).p_value is None
    assert compare_unpaired("e", [1.0], [0.0, 2.0]).p_value is None


def test_pairs_need_as_many_seeds_of_both():
    with pytest.raises(ResultsError, match="compare_unpaired"):
        compare_paired("e", [1.0, 2.0], [1.0])


def test_holm_multiplies_by_the_tests_left_and_never_decreases():
    # sorted 0.01, 0.03, 0.04 times 3, 2, 1 gives 0.03, 0.06, 0.04, which 0.06 before it lifts
    assert holm([0.04, 0.01, None, 0.03]) == [pytest.approx(0.06), pytest.approx(0.03), None, pytest.approx(0.06)]
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []
