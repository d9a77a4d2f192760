"""Records of runs: their curves and scores, and what is known of environments."""

import numpy as np
import pytest

from mdpzoo.report.reading.study_folders import truth_of
from mdpzoo.report.records import Curve, Episodes, Failure, Results, RunRecord, Truth


def curve(steps, values):
    return Curve(np.array(steps, float), np.array(values, float))


def episodes(steps, returns, lengths=None):
    nothing = [np.nan] * len(steps)
    return Episodes(*(np.array(each, float) for each in (steps, returns, nothing if lengths is None else lengths)))


def run(**more):
    defaults = {"folder": "f", "environment": "e", "agent": "a", "seed": 0, "status": "done"}
    return RunRecord(**defaults | more)


def test_evaluations_are_averaged_over_the_episodes_at_the_same_steps():
    found = episodes([10, 10, 20], [1, 3, 7]).curve()
    assert found.steps.tolist() == [10, 20]
    assert found.values.tolist() == [2, 7]


def test_a_reward_of_a_step_weighs_episodes_by_their_lengths():
    found = episodes([10, 10], [6, 4], [2, 8]).curve(per_step=True)
    assert found.values.tolist() == [1.0]  # ten rewards of one each; the mean of 3 and 0.5 would be wrong


def test_an_episode_of_unknown_length_counts_as_one_step():
    assert episodes([10], [6]).curve(per_step=True).values.tolist() == [6.0]


def test_evaluations_go_before_training():
    both = run(evaluations=episodes([10], [5]), training=curve([10, 20], [1, 2]))
    assert both.learning_curve().values.tolist() == [5]
    assert run(training=curve([10, 20], [1, 2])).learning_curve().values.tolist() == [1, 2]
    assert run().learning_curve() is None


def test_rewards_of_steps_come_from_their_sum_where_there_are_no_evaluations():
    found = run(rewards=curve([10, 20, 40], [5, 15, 55])).learning_curve(per_step=True)
    assert found.steps.tolist() == [20, 40]
    assert found.values.tolist() == [1.0, 2.0]  # 10 in 10 steps, 40 in 20
    assert run(training=curve([1], [1])).learning_curve(per_step=True) is None


def test_a_score_without_evaluations_is_the_mean_of_the_last_tenth():
    steps = np.arange(1, 101)
    assert run(training=curve(steps, steps)).score() == pytest.approx(np.mean(np.arange(90, 101)))


def test_a_failed_run_has_no_score_though_it_has_a_curve():
    failed = run(training=curve([1, 2], [3, 4]), failure=Failure("E", "m"))
    assert failed.score() is None
    assert len(failed.learning_curve()) == 2


def test_runs_are_grouped_by_environment_and_agent_in_the_order_of_seeds():
    runs = tuple(run(seed=seed, agent=agent) for seed in (2, 0, 1) for agent in "ba")
    results = Results(title="t", runs=runs)
    assert list(results.groups) == [("e", "a"), ("e", "b")]
    assert [each.seed for each in results.groups["e", "b"]] == [0, 1, 2]
    assert results.scores("e", "nobody") == {}


@pytest.mark.parametrize(
    ("told", "scale"),
    [
        ({"optimum": 3, "random": 1}, (1.0, 3.0)),
        ({"optimum": 3}, None),  # no random score
        ({"optimum": 1, "random": 1}, None),  # nothing to gain
        ({"optimum": 0, "random": 1}, None),  # an optimum worse than random is a mistake
        ({"optimum": float("inf"), "random": 1}, None),
        ({"optimum": True, "random": False}, None),  # no numbers
        ({"optimum": 10**400, "random": 0}, None),  # no float
        ({"optimum": "3", "random": 1}, None),
    ],
)
def test_scores_are_normalised_only_between_two_finite_numbers(told, scale):
    assert truth_of(told).scale == scale


@pytest.mark.parametrize(
    ("interval", "read"),
    [([1, 2], (1.0, 2.0)), (None, None), ([1], None), ([1, "x"], None), ("12", None), ([1, 2, 3], None)],
)
def test_an_interval_of_a_truth_has_two_numbers(interval, read):
    assert truth_of({"interval": interval}).interval == read


def test_what_a_truth_does_not_say_is_unknown():
    assert truth_of({}) == Truth()
    assert not truth_of({"exact": False}).exact
    assert truth_of({"of_game": True}).of_game
    assert not truth_of({"of_game": "yes"}).of_game
    assert truth_of({"criterion": "average"}).per_step
    assert not truth_of({"criterion": "discounted"}).per_step
