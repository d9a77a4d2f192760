"""Scores by environment, limits of means, and what holds for any scores."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics import (
    area_under_curve,
    bootstrap_interval,
    holm,
    improvement_interval,
    interquartile_mean,
    mean_limits,
    performance_profile,
)
from mdpzoo.experiments.statistics.means import FEWEST, LEAN
from mdpzoo.experiments.statistics.scores import resampled, strata_of
from mdpzoo.experiments.statistics.student import expanded_tail, student_quantile

finite = st.floats(-1e6, 1e6)
several = st.lists(finite, min_size=2, max_size=12)


def test_a_table_is_laid_out_environment_after_environment():
    strata = strata_of([[1, 10], [2, 20], [3, 30]])
    assert strata.values.tolist() == [1, 2, 3, 10, 20, 30]
    assert strata.sizes == (3, 3)
    assert [part.tolist() for part in strata.parts] == [[1, 2, 3], [10, 20, 30]]


def test_environments_by_name_may_differ_in_seeds():
    strata = strata_of({"a": [1, 2], "b": [3, 4, 5]})
    assert strata.sizes == (2, 3)
    assert strata.starts.tolist() == [0, 2]


@pytest.mark.parametrize("scores", [{}, {"a": [1.0], "b": []}, [], np.zeros((0, 3))])
def test_an_environment_without_scores_is_named(scores):
    with pytest.raises(ResultsError, match="no score in an environment"):
        strata_of(scores)


def test_resamples_draw_each_seed_of_an_environment_equally_often():
    strata = strata_of({"a": [0, 1], "b": [10, 11, 12, 13]})
    drawn = resampled(strata, 20_000, np.random.default_rng(0))
    assert set(np.unique(drawn[:, :2])) == {0, 1}
    values, counts = np.unique(drawn[:, 2:], return_counts=True)
    assert values.tolist() == [10, 11, 12, 13]
    np.testing.assert_allclose(counts / counts.sum(), 0.25, atol=0.006)  # the standard error is 0.0015


def test_few_seeds_have_students_limits():
    # three seeds have two degrees of freedom, below the fewest that the bootstrap serves for
    values = np.array([[1.0, 2.0, 6.0]])
    low, high = mean_limits(values, (3,), 0.95, 1_000, 0)
    reach = student_quantile(0.975, 2.0) * np.std(values, ddof=1) / np.sqrt(3)
    assert FEWEST > 2
    np.testing.assert_allclose((low[0], high[0]), (3 - reach, 3 + reach))


def test_limits_lean_as_the_scores_do_and_not_too_far():
    scores = np.sort(np.random.default_rng(0).exponential(size=10))[None]
    low, high = mean_limits(scores, (10,), 0.95, 4_000, 0)
    mean, error = scores.mean(), scores.std(ddof=1) / np.sqrt(10)
    student = student_quantile(0.975, 9.0)
    assert high[0] - mean > mean - low[0]  # a long tail to the right hides what is above
    assert (high[0] - mean) / error <= (1 + LEAN) / 2 * student + 1e-9


def test_each_row_has_the_limits_that_it_has_alone():
    rows = np.random.default_rng(1).normal(size=(4, 10))
    together = np.array(mean_limits(rows, (4, 6), 0.95, 500, 0))
    alone = np.array([mean_limits(row[None], (4, 6), 0.95, 500, 0) for row in rows])[:, :, 0].T
    np.testing.assert_allclose(together, alone)


def test_limits_become_those_of_the_normal_distribution_for_many_seeds():
    scores = np.random.default_rng(2).normal(size=(1, 2_000))
    low, high = mean_limits(scores, (2_000,), 0.95, 4_000, 0)
    error = scores.std(ddof=1) / np.sqrt(2_000)
    np.testing.assert_allclose((high[0] - low[0]) / (2 * 1.959964 * error), 1, atol=0.03)


def test_tails_are_narrower_for_fewer_seeds_and_a_fortieth_for_many():
    tails = [expanded_tail(0.95, (seeds,)) for seeds in (2, 3, 5, 10, 30, 10_000)]
    assert tails == sorted(tails)
    assert tails[0] == 1e-3
    assert tails[-1] == pytest.approx(0.025, abs=1e-4)


@settings(deadline=None, max_examples=60)
@given(scores=several)
def test_an_interquartile_mean_lies_among_the_scores_and_ignores_their_order(scores):
    found = interquartile_mean(scores)
    assert min(scores) - 1e-6 <= found <= max(scores) + 1e-6
    assert interquartile_mean(scores[::-1]) == pytest.approx(found)


@settings(deadline=None, max_examples=40)
@given(scores=several, statistic=st.sampled_from(["mean", "iqm", "median"]))
def test_limits_are_finite_and_hold_the_mean(scores, statistic):
    found = bootstrap_interval(scores, statistic, resamples=100)
    assert np.isfinite([found.low, found.high]).all()
    assert found.low <= found.high
    if statistic == "mean":
        assert found.low - 1e-6 <= found.estimate <= found.high + 1e-6


@settings(deadline=None, max_examples=40)
@given(first=several, second=several)
def test_an_improvement_is_a_probability_and_its_mirror_image_the_rest(first, second):
    one = improvement_interval(first, second, resamples=50)
    assert 0 <= one.low <= one.high <= 1
    assert one.estimate + improvement_interval(second, first, resamples=50).estimate == pytest.approx(1)


@settings(deadline=None, max_examples=40)
@given(scores=several, thresholds=st.lists(finite, min_size=1, max_size=8))
def test_a_profile_never_rises(scores, thresholds):
    shares = performance_profile(scores, sorted(thresholds), resamples=50).shares
    assert (np.diff(shares) <= 1e-12).all()
    assert ((shares >= 0) & (shares <= 1)).all()


@settings(deadline=None, max_examples=60)
@given(p_values=st.lists(st.floats(0, 1), max_size=10))
def test_a_correction_never_lowers_a_p_value_and_keeps_their_order(p_values):
    corrected = holm(p_values)
    assert all(p <= after <= 1 for p, after in zip(p_values, corrected, strict=True))
    assert [after for _, after in sorted(zip(p_values, corrected, strict=True))] == sorted(corrected)


@settings(deadline=None, max_examples=60)
@given(values=st.lists(finite, min_size=1, max_size=10), height=finite)
def test_an_area_is_a_mean_height(values, height):
    steps = np.arange(len(values)) * 10.0
    assert min(values) - 1e-6 <= area_under_curve(steps, values) <= max(values) + 1e-6
    assert area_under_curve(steps, np.full(len(values), height)) == pytest.approx(height)
