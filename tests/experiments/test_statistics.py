"""Statistics over seeds, beside what rliable computes for the same scores (benchmarks/rliable_values.py)."""

import json
from pathlib import Path

import numpy as np
import pytest

from mdpzoo.errors import ResultsError
from mdpzoo.experiments import statistics
from mdpzoo.experiments.statistics import (
    area_under_curve,
    bootstrap_interval,
    improvement_interval,
    interquartile_mean,
    optimality_gap,
    performance_profile,
    probability_of_improvement,
    steps_to_threshold,
)
from mdpzoo.experiments.statistics.student import student_quantile

VALUES = json.loads((Path(__file__).parent / "rliable_values.json").read_text())["cases"]
NAMES = sorted(VALUES)


def of(name):
    """Scores of two agents, and rliable's values."""
    return *map(np.array, VALUES[name]["scores"]), VALUES[name]


@pytest.mark.parametrize("name", NAMES)
def test_estimates_equal_those_of_rliable(name):
    first, second, theirs = of(name)
    assert interquartile_mean(first) == pytest.approx(theirs["iqm"], abs=1e-9)
    assert optimality_gap(first) == pytest.approx(theirs["optimality_gap"], abs=1e-9)
    assert bootstrap_interval(first, np.mean).estimate == pytest.approx(theirs["mean"], abs=1e-9)
    assert probability_of_improvement(first, second) == pytest.approx(theirs["improvement"], abs=1e-9)
    shares = performance_profile(first, theirs["thresholds"]).shares
    np.testing.assert_allclose(shares, theirs["profile"], atol=1e-9)


@pytest.mark.parametrize("name", ["atari", "control"])
@pytest.mark.parametrize(("place", "statistic"), [(0, interquartile_mean), (1, np.mean)])
def test_percentile_limits_equal_those_of_rliable_but_for_resampling(name, place, statistic):
    first, _, theirs = of(name)
    ours = bootstrap_interval(first, statistic, method="percentile", resamples=20_000)
    width = theirs["limits"][place][1] - theirs["limits"][place][0]
    # an estimated 2.5 % quantile of 20,000 draws has a standard error of 0.0045 widths; five of them, of both
    np.testing.assert_allclose(tuple(ours), theirs["limits"][place], atol=0.03 * width)


@pytest.mark.parametrize("name", ["atari", "control"])
def test_limits_of_improvement_equal_those_of_rliable_but_for_resampling(name):
    first, second, theirs = of(name)
    ours = improvement_interval(first, second, method="percentile", resamples=20_000)
    width = np.ptp(theirs["improvement_limits"])
    np.testing.assert_allclose(tuple(ours), theirs["improvement_limits"], atol=0.08 * width)  # theirs: 2,000 resamples


def test_many_runs_make_the_adjusted_interval_that_of_rliable():
    first, _, theirs = of("atari-100k")  # 100 runs, so that there is nothing to adjust
    width = np.ptp(theirs["limits"][0])
    np.testing.assert_allclose(tuple(bootstrap_interval(first)), theirs["limits"][0], atol=0.06 * width)


DISTRIBUTIONS = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "exponential": lambda rng, shape: rng.exponential(size=shape),
    "Student's t of 3": lambda rng, shape: rng.standard_t(3, size=shape),
    "two skills": lambda rng, shape: rng.normal(rng.random(shape) < 0.5, 0.3),
    "near a ceiling": lambda rng, shape: rng.beta(5, 1, shape),
}


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_intervals_of_a_mean_of_ten_seeds_cover_as_often_as_promised(name):
    rng = np.random.default_rng(17)
    truth = DISTRIBUTIONS[name](rng, 2_000_000).mean()
    low, high = statistics.mean_limits(DISTRIBUTIONS[name](rng, (4_000, 10)), (10,), 0.95, 1_000, 0)
    # the standard error of a coverage from 4,000 intervals is 0.4 %
    assert 0.915 <= ((low <= truth) & (truth <= high)).mean() <= 0.975


@pytest.mark.parametrize("name", ["normal", "exponential", "two skills"])
@pytest.mark.parametrize("environments", [1, 4])
def test_intervals_of_an_interquartile_mean_of_ten_seeds_cover_as_often_as_promised(name, environments):
    rng = np.random.default_rng(3)
    truth = interquartile_mean(DISTRIBUTIONS[name](rng, 1_000_000))
    drawn = DISTRIBUTIONS[name](rng, (700, 10, environments))
    covered = np.mean([truth in bootstrap_interval(each, resamples=500) for each in drawn])
    assert 0.92 <= covered <= 0.98  # of 700 intervals the standard error is 0.8 %


def test_the_percentile_bootstrap_of_ten_seeds_covers_too_seldom():
    """The reason for adjusting: if this fails, the plain bootstrap would do."""
    drawn = np.random.default_rng(5).normal(size=(400, 10))
    covered = np.mean([0.0 in bootstrap_interval(each, np.mean, method="percentile", resamples=500) for each in drawn])
    assert covered < 0.925


@pytest.mark.parametrize("statistic", ["mean", "iqm", "median", np.std])
def test_limits_move_and_stretch_with_the_scores(statistic):
    scores = np.random.default_rng(0).normal(size=(10, 3))
    low, high = bootstrap_interval(scores, statistic)
    shift = 0 if statistic is np.std else 5
    moved = tuple(bootstrap_interval(2 * scores + shift, statistic))
    np.testing.assert_allclose(moved, (2 * low + shift, 2 * high + shift))


def test_the_same_arguments_give_the_same_interval_and_another_seed_another():
    scores = np.random.default_rng(0).normal(size=(10, 2))
    assert bootstrap_interval(scores) == bootstrap_interval(scores)
    assert bootstrap_interval(scores) != bootstrap_interval(scores, seed=1)


def test_equal_scores_have_an_interval_without_length():
    for statistic in ("mean", "iqm"):
        assert tuple(bootstrap_interval([0.3] * 5, statistic)) == (0.3, 0.3)


def test_one_outlier_among_equal_scores_has_finite_limits_around_the_mean():
    low, high = bootstrap_interval([1.0] * 9 + [0.0], "mean")
    assert 0.5 < low < 0.9 < high < 1.3


def test_environments_may_have_different_numbers_of_seeds():
    scores = {"a": [0.1, 0.4, 0.2], "b": [0.9, 0.8, 0.7, 0.6, 1.0]}
    assert bootstrap_interval(scores, "mean").estimate == pytest.approx(np.mean([*scores["a"], *scores["b"]]))
    assert bootstrap_interval(scores).seeds == 3


def test_resampling_keeps_seeds_within_their_environment():
    """Environments differ by 100, seeds by 1: resampling across them would make the interval 100 wide."""
    scores = np.arange(6)[:, None] + np.array([0.0, 100.0])
    assert np.ptp(tuple(bootstrap_interval(scores, "mean"))) < 5


@pytest.mark.parametrize("scores", [[0.5], np.zeros((1, 5)), {"a": [1.0, 2.0], "b": [1.0]}])
def test_one_seed_has_no_interval(scores):
    with pytest.raises(ResultsError, match="at least 2 seeds"):
        bootstrap_interval(scores)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"scores": [1.0, np.nan]}, "must be finite"),
        ({"scores": []}, "no score"),
        ({"scores": np.zeros((2, 2, 2))}, "shape"),
        ({"scores": ["a", "b"]}, "must be numbers"),
        ({"scores": [1.0, 2.0], "level": 1.5}, "level"),
        ({"scores": [1.0, 2.0], "method": "bca"}, "method"),
        ({"scores": [1.0, 2.0], "statistic": "iqr"}, "statistic"),
        ({"scores": [1.0, 2.0], "resamples": 10}, "resamples"),
    ],
)
def test_arguments_out_of_range_are_named(arguments, match):
    with pytest.raises(ResultsError, match=match):
        bootstrap_interval(**arguments)


def test_quantiles_of_student_equal_those_of_scipy():
    stats = pytest.importorskip("scipy.stats", reason="SciPy is the reference")
    for probability in (0.025, 0.5, 0.9, 0.975, 0.9995):
        for freedom in (1.0, 2.5, 9.0, 45.0, 900.0, 1_500.0, np.inf):
            ours, theirs = student_quantile(probability, freedom), stats.t.ppf(probability, freedom)
            assert ours == pytest.approx(theirs, rel=2e-6, abs=1e-12)


def test_a_profile_counts_runs_above_a_threshold_and_none_at_it():
    profile = performance_profile([[0.0, 0.5], [1.0, 0.5]], [0.0, 0.5, 0.9, 1.0])
    assert profile.shares.tolist() == [0.75, 0.25, 0.25, 0.0]
    assert (profile.low <= profile.shares).all()
    assert (profile.shares <= profile.high).all()
    assert np.asarray(profile).tolist() == profile.shares.tolist()
    assert performance_profile([0.5], [0.0]).low is None


def test_the_area_under_a_curve_is_its_mean_height():
    assert area_under_curve([0, 10, 20], [0.0, 1.0, 1.0]) == pytest.approx(0.75)  # (5 + 10) / 20
    assert area_under_curve([0, 10, 20], [0.0, 1.0, 1.0], until=10) == pytest.approx(0.5)
    assert area_under_curve([5], [3.0]) == 3.0
    with pytest.raises(ResultsError, match="increase"):
        area_under_curve([0, 0], [1.0, 2.0])


def test_a_threshold_counts_from_where_the_curve_stays_above_it():
    steps, values = [10, 20, 30, 40], [0.0, 0.95, 0.5, 0.99]
    assert steps_to_threshold(steps, values, 0.9) == 40
    assert steps_to_threshold(steps, values, 0.4) == 20
    assert steps_to_threshold(steps, values, 1.0) is None
