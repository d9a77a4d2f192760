"""Checks of arrays, limits and indices: what passes, and the one sentence that says why something does not."""

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.instances import checking


def test_an_array_that_is_read_only_and_owns_its_memory_is_not_copied():
    kept = np.arange(3.0)
    kept.flags.writeable = False
    assert checking.freeze(kept, (3,), "values") is kept
    copied = checking.freeze(np.arange(3.0), (3,), "values")
    assert not copied.flags.writeable


def test_the_callers_own_array_stays_writeable():
    own = np.arange(3.0)
    held = checking.freeze(own, (3,), "values")
    own[0] = 9.0
    assert held[0] == 0.0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ([1.0, 2.0], r"shape \[3\].*got \[2\]"),
        ([1.0, np.nan, 2.0], r"finite.*\[1\] is nan"),
        ([1.0, 2.0, -1e15], r"\[2\] is -1000000000000000"),  # the bound itself is outside
        (["a", "b", "c"], "array of numbers"),
    ],
)
def test_an_array_that_cannot_be_used_is_named(given, words):
    with pytest.raises(InstanceError, match=f"values.*{words}"):
        checking.freeze(given, (3,), "values")


def test_the_first_negative_number_is_named():
    checking.not_negative(np.array([0.0, 1.0]), "weights")
    with pytest.raises(InstanceError, match=r"weights.*\[1\] is -2"):
        checking.not_negative(np.array([0.0, -2.0, -3.0]), "weights")


@pytest.mark.parametrize(("array", "integral"), [([1.0, 2.0], True), ([[1.0], [2.5]], False), ([0.0], True)])
def test_numbers_are_whole_if_each_is(array, integral):
    assert checking.whole(np.array(array)) is integral


@pytest.mark.parametrize("given", [-1.0, 1e15, float("nan"), "much", None, 10**400])
def test_a_limit_that_is_no_finite_number_from_zero_is_named(given):
    with pytest.raises(InstanceError, match="limit"):
        checking.number(given, "limit")


def test_a_sum_of_integers_is_exact():
    many = np.full(3, 2.0**53)
    assert checking.total(many, integral=True) == 3 * 2**53
    assert isinstance(checking.total(np.array([0.5, 0.5]), integral=False), float)


def test_only_sums_of_fractions_may_exceed_a_limit():
    assert checking.tolerance(10.0, integral=True) == 0.0
    assert checking.tolerance(10.0, integral=False) == pytest.approx(1e-5)  # a millionth of the limit
    assert checking.tolerance(0.1, integral=False) == pytest.approx(1e-6)  # but not less than of 1


@pytest.mark.parametrize("value", [0, True, 1.0, "1", None])
def test_a_setting_below_its_least_or_of_another_type_is_named(value):
    checking.at_least("width", 1, 1)
    with pytest.raises(SettingError, match=r"width.*at least 1"):
        checking.at_least("width", value, 1)


@pytest.mark.parametrize(("iterations", "seed"), [(-1, 0), (5, -1), (5, 2**63)])
def test_a_search_refuses_what_it_cannot_run(iterations, seed):
    checking.check_search(None, 2**63 - 1)
    with pytest.raises(SettingError, match=r"iterations|seed"):
        checking.check_search(iterations, seed)


def test_indices_become_int64():
    assert checking.as_indices([], "a tour").shape == (0,)
    assert checking.as_indices(np.array([2**63], np.uint64), "a tour")[0] == 2**62  # out of any range, not negative


@pytest.mark.parametrize("given", [[[0], [1, 2]], [0.5], [[0, 1]], {"a": 1}, ["0"]])
def test_what_is_no_list_of_integers_is_named(given):
    with pytest.raises(InstanceError, match="a tour must be"):
        checking.as_indices(given, "a tour")


@pytest.mark.parametrize(
    ("indices", "words"),
    [
        ([0, 4, 1], "node 4 at position 1 of the tour is outside 0..3"),
        ([0, 2, 1, 2], "the tour has node 2 a second time at position 3"),
        ([-1], "node -1 at position 0"),
    ],
)
def test_the_first_wrong_index_is_named(indices, words):
    checking.check_distinct(np.array([3, 0, 2]), 0, 4, "node", "tour")
    with pytest.raises(InstanceError, match=words):
        checking.check_distinct(np.array(indices), 0, 4, "node", "tour")
