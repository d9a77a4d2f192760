"""Curves of several seeds, tables, comparisons over environments and of folders."""

import numpy as np
import pytest

from mdpzoo.errors import ResultsError
from mdpzoo.experiments.statistics import bootstrap_interval, mean_limits
from mdpzoo.report import read_results
from mdpzoo.report.analysis.across import compare_agents
from mdpzoo.report.analysis.pairs import compare_folders
from mdpzoo.report.analysis.seed_curves import POINTS, mean_of, regret_of
from mdpzoo.report.analysis.tables import rows_of
from mdpzoo.report.records import Curve, Results, RunRecord, Truth
from tests.report.study_writer import StudyWriter, World


def curve(steps, values):
    return Curve(np.array(steps, float), np.array(values, float))


def run(agent="a", seed=0, score=1.0, environment="e", **more):
    training = curve([10, 20], [score, score])
    return RunRecord(
        folder=f"{agent}/{seed}",
        environment=environment,
        agent=agent,
        seed=seed,
        status="done",
        training=training,
        **more,
    )


def test_curves_on_the_same_steps_are_averaged_point_by_point():
    found = mean_of([curve([1, 2], [0, 4]), curve([1, 2], [2, 6])])
    assert found.values.tolist() == [1, 5]
    assert found.seeds.tolist() == [2, 2]
    low, high = mean_limits(np.array([[0.0, 2.0]]), (2,), 0.95, 1_000, 0)
    assert (found.low[0], found.high[0]) == (low[0], high[0])


def test_a_shorter_run_counts_as_far_as_it_goes():
    found = mean_of([curve([0, 10, 20], [0, 1, 2]), curve([0, 10], [2, 3])])
    assert found.steps.tolist() == [0, 10, 20]
    assert found.values.tolist() == [1, 2, 2]  # the last point is the longer run's alone
    assert found.seeds.tolist() == [2, 2, 1]
    assert np.isnan(found.low[-1])


def test_curves_on_different_steps_are_interpolated_and_never_continued():
    found = mean_of([curve([0, 10], [0, 10]), curve([5, 15], [0, 10])])
    assert dict(zip(found.steps.tolist(), found.values.tolist(), strict=True)) == {0: 0, 5: 2.5, 10: 7.5, 15: 10}
    assert found.seeds.tolist() == [1, 2, 2, 1]


def test_long_curves_keep_their_ends_and_few_points():
    steps = np.arange(1, 10_001.0)
    found = mean_of([Curve(steps, np.sqrt(steps)), Curve(steps[:-1], np.sqrt(steps[:-1]))])
    assert len(found.steps) <= POINTS + 2
    assert (found.steps[0], found.steps[-1]) == (1, 10_000)
    np.testing.assert_allclose(found.values, np.sqrt(found.steps), rtol=1e-3)


def test_one_seed_has_a_curve_without_an_interval():
    assert np.isnan(mean_of([curve([1, 2], [0, 4])]).low).all()
    assert mean_of([None, curve([], [])]) is None


def test_regret_is_optimal_reward_less_the_reward_received():
    truth = Truth(gain=2.0)
    found = regret_of(run(rewards=curve([10, 20], [15, 35])), truth)
    assert found.steps.tolist() == [0, 10, 20]
    assert found.values.tolist() == [0, 5, 5]  # 20 - 15, 40 - 35
    assert regret_of(run(), truth) is None
    assert regret_of(run(rewards=curve([10], [1])), Truth()) is None


def test_a_row_has_gap_normalised_score_and_an_interval_over_seeds():
    runs = tuple(run(seed=seed, score=score) for seed, score in enumerate((4.0, 6.0, 8.0)))
    results = Results(title="t", runs=runs, truths={"e": Truth(optimum=10.0, random=2.0)})
    (row,) = rows_of(results)
    assert (row.score, row.gap, row.normalised, row.area) == (6.0, 4.0, 0.5, 6.0)
    assert (row.low, row.high) == tuple(bootstrap_interval([4.0, 6.0, 8.0], "mean"))
    assert row.reached is None  # not all seeds reach 9.2


def test_a_single_seed_has_no_limits():
    (row,) = rows_of(Results(title="t", runs=(run(),)))
    assert (row.runs, row.low, row.gap) == (1, None, None)


def test_only_environments_with_scores_of_every_agent_are_averaged():
    truths = {name: Truth(optimum=1.0, random=0.0) for name in ("e", "f")}
    runs = [run(agent, seed, 0.5, "e") for agent in ("a", "b") for seed in (0, 1)] + [run("a", 0, 0.9, "f")]
    across = compare_agents(Results(title="t", runs=tuple(runs), truths=truths))
    assert (across.environments, across.left_out) == (("e",), ("f",))
    assert across.aggregates["interquartile mean"]["a"].estimate == 0.5
    assert across.aggregates["optimality gap"]["b"].estimate == 0.5
    assert across.improvement[0][1].estimate == 0.5  # all runs of e are equal, f is not shared


def test_agents_that_fit_other_environments_are_left_out_of_averages_by_name():
    truths = {name: Truth(optimum=1.0, random=0.0) for name in ("lake", "river", "tour")}
    runs = [run(agent, 0, 0.5, name) for name in ("lake", "river") for agent in ("q", "random")]
    runs += [run(agent, 0, 0.8, "tour") for agent in ("nearest", "random")]
    across = compare_agents(Results(title="t", runs=tuple(runs), truths=truths))
    assert across.environments == ("lake", "river")  # four pairs; the tour has two
    assert list(across.aggregates["mean"]) == ["q", "random"]
    assert across.left_out == ("nearest", "tour")
    assert across.agents == ("nearest", "q", "random")  # all are in the matrix of improvements
    assert across.improvement[0][1] is None  # which says nothing of agents that never met


def test_without_a_truth_nothing_is_averaged():
    across = compare_agents(Results(title="t", runs=(run("a"), run("b"))))
    assert (across.environments, across.profiles) == ((), {})
    assert across.improvement[0][1].estimate == 0.5


def test_an_optimum_no_better_than_random_normalises_nothing():
    assert Truth(optimum=1.0, random=1.0).scale is None


def test_folders_are_compared_agent_by_agent_with_holms_correction(tmp_path):
    worlds = [World("x/A-v0"), World("x/B-v0")]
    folders = [
        StudyWriter(tmp_path / name, worlds, {"ppo": skill}, seeds=6, evaluations=2).write()
        for name, skill in (("old", 0.4), ("new", 0.9))
    ]
    old, new = (read_results([folder]) for folder in folders)
    pairs = compare_folders(old, new)
    assert [pair.comparison.environment for pair in pairs] == ["x/A-v0", "x/B-v0"]
    assert all(pair.comparison.difference > 0 and pair.comparison.paired for pair in pairs)
    assert [pair.comparison.corrected for pair in pairs] == pytest.approx([2 * 2 / 2**6] * 2)
    assert all(pair.second > pair.first for pair in pairs)


def test_two_folders_of_one_agent_each_compare_those_agents():
    one = Results(title="one", runs=tuple(run("a", seed, seed) for seed in range(3)))
    other = Results(title="other", runs=tuple(run("b", seed, seed + 1.0) for seed in range(3)))
    (pair,) = compare_folders(one, other)
    assert (pair.agent, pair.comparison.difference) == ("a / b", 1.0)


def test_folders_with_nothing_in_common_are_an_error():
    one = Results(title="one", runs=(run("a", environment="e"),))
    other = Results(title="other", runs=(run("a", environment="f"),))
    with pytest.raises(ResultsError, match="share no agent"):
        compare_folders(one, other)
