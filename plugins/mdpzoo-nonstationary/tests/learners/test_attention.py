import numpy as np
import pytest

from mdpzoo_nonstationary.environments.random_switches import random_switch
from mdpzoo_nonstationary.learners.attention import attend, begin, forget, replan
from mdpzoo_nonstationary.learners.designs import build, read_settings, with_horizon
from mdpzoo_nonstationary.learners.records import SCHEDULE
from mdpzoo_nonstationary.learners.stepping import SCHEDULED, absorb_one, choose_one, reward_symbol

MODEL = random_switch(4, 2, segments=2, changes=[6])


def learner_of(name, **settings):
    learner = build(name, with_horizon(read_settings(name, settings), 100), 4, 2, MODEL, 8)
    begin(learner)
    return learner


def test_forgetting_leaves_nothing_but_the_clock():
    learner = learner_of("r-bocpd-ucrl2")
    for step in range(30):
        absorb_one(learner, step % 4, step % 2, 1.0, (step + 1) % 4)
    forget(learner)
    for array in (*learner.counts, learner.pairs.totals["count"], learner.earnings.totals["count"]):
        assert (array == 0).all()
    assert (learner.pairs.cursors["count"] == 0).all()
    assert learner.clock["step"][0] == 30 == learner.clock["since"][0]


def test_a_scheduled_restart_is_called_for_in_the_step_before_the_change_and_noted():
    learner = learner_of("oracle-restart")
    calls = []
    for _ in range(8):
        todo = absorb_one(learner, 0, 0, 0.5, 0)
        calls.append(bool(todo & SCHEDULED))
        if todo:
            attend(learner, 0, 0, todo)
    assert calls == [step == 5 for step in range(8)]  # after it the clock shows 6, the first step of the new segment
    assert learner.events[0].tolist() == (6, -1, SCHEDULE, 0)
    assert learner.counts.visits[0, 0] == 2


def test_the_optimal_learner_changes_its_policy_and_counts_nothing():
    learner = learner_of("optimal")
    first = learner.policy.copy()
    for _ in range(6):
        if todo := absorb_one(learner, 0, 0, 0.5, 0):
            attend(learner, 0, 0, todo)
    np.testing.assert_array_equal(learner.policy, learner.known[1])
    np.testing.assert_array_equal(first, learner.known[0])
    assert learner.counts.visits.sum() == 0


@pytest.mark.parametrize("explore", [0.0, 0.5, 1.0])
def test_exploration_has_its_probability(explore):
    learner = learner_of("ucrl2", explore=explore)
    learner.policy[:] = 0
    share = np.mean([choose_one(learner, 1) for _ in range(4_000)])
    assert share == pytest.approx(explore / 2, abs=0.04)  # half of the uniform actions are 1


@pytest.mark.parametrize(
    ("bins", "reward", "symbol"),
    [
        (4, 0.0, 0),
        (4, 0.25, 1),
        (4, 0.999, 3),
        (4, 1.0, 3),  # the largest reward falls into the last bin
        (2, 0.0, 0),
        (2, 1.0, 1),
    ],
)
def test_a_reward_has_its_bin(bins, reward, symbol):
    assert reward_symbol(bins, learner_of("ucrl2").clock[0], reward) == symbol


def test_rewards_are_scaled_by_their_range_and_cut_at_its_ends():
    learner = learner_of("ucrl2", reward_range=(-2.0, 2.0))
    for reward in (-2.0, 0.0, 2.0, 5.0):
        absorb_one(learner, 3, 1, reward, 0)
    assert learner.counts.rewards[3, 1] == pytest.approx(0 + 0.5 + 1 + 1)
    assert learner.counts.squares[3, 1] == pytest.approx(0 + 0.25 + 1 + 1)


def test_a_plan_from_many_visits_is_the_models_own():
    learner, model = learner_of("ucrl2", radius_scale=1e-9), MODEL.models[0]
    transitions, _ = model.to_arrays()
    learner.counts.visits[:] = 1e6
    learner.counts.transitions[:] = 1e6 * transitions
    learner.counts.rewards[:] = 1e6 * model.expected_rewards
    learner.clock["step"] = 10**12  # the tolerance of a plan is one over the root of its age
    replan(learner)
    optimal = build("optimal", with_horizon(read_settings("optimal", {}), 100), 4, 2, MODEL, 8).known[0]
    np.testing.assert_array_equal(learner.policy, optimal)
