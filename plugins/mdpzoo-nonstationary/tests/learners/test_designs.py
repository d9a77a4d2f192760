import numpy as np
import pytest

from mdpzoo.errors import MdpzooError, SettingError
from mdpzoo.streams import uniforms
from mdpzoo_nonstationary.environments.river_switches import action_swap_switch, river_swim_switch
from mdpzoo_nonstationary.learners.attention import attend, begin, start_again
from mdpzoo_nonstationary.learners.chance import uniform
from mdpzoo_nonstationary.learners.designs import KINDS, LearnerSettings, build, read_settings, with_horizon
from mdpzoo_nonstationary.learners.records import TRANSITION_STREAM
from mdpzoo_nonstationary.learners.stepping import BLOCK_END, DOUBLED, absorb_one

MODEL = river_swim_switch(changes=[500, 900])


def learner_of(name, **settings):
    return build(name, with_horizon(read_settings(name, settings), 2_000), 6, 2, MODEL, 8)


def feed(learner, steps, seed=0):
    """Takes in random steps, and returns what each called for."""
    generator, calls = np.random.default_rng(seed), []
    for state, action, after in zip(*(generator.integers(n, size=steps) for n in (6, 2, 6)), strict=True):
        calls.append(absorb_one(learner, int(state), int(action), 0.5, int(after)))
        if calls[-1]:
            attend(learner, int(state), int(action), calls[-1])
    return calls


@pytest.mark.parametrize("name", KINDS)
def test_every_learner_starts_with_a_plan_and_takes_in_steps(name):
    learner = learner_of(name)
    begin(learner)
    begin(learner)  # a second time changes nothing
    assert learner.clock["plans"][0] == 1
    feed(learner, 300)
    assert learner.clock["step"][0] == 300
    assert ((learner.policy >= 0) & (learner.policy < 2)).all()


def test_counts_in_a_window_are_those_of_its_steps():
    learner = learner_of("sw-ucrl2", window=50, widening=0.0)
    begin(learner)
    feed(learner, 333, seed=4)
    generator = np.random.default_rng(4)
    states, actions, after = (generator.integers(n, size=333) for n in (6, 2, 6))
    expected = np.zeros((6, 2, 6))
    np.add.at(expected, (states[-50:], actions[-50:], after[-50:]), 1)
    np.testing.assert_array_equal(learner.counts.transitions, expected)
    np.testing.assert_array_equal(learner.counts.visits, expected.sum(2))
    np.testing.assert_allclose(learner.counts.rewards, expected.sum(2) / 2)


def test_a_plan_is_called_for_when_the_visits_of_a_pair_have_doubled():
    learner = learner_of("ucrl2")
    begin(learner)
    plans = []
    for step in range(1, 20):
        if absorb_one(learner, 2, 1, 0.0, 1) == DOUBLED:
            plans.append(step)
            attend(learner, 2, 1, DOUBLED)
    assert plans == [1, 2, 4, 8, 16]


@pytest.mark.parametrize("scope", ["global", "local"])
def test_an_alarm_forgets_everything_or_its_own_pair(scope):
    learner = learner_of("r-bocpd-ucrl2", scope=scope)
    begin(learner)
    feed(learner, 200)
    before = learner.counts.visits.copy()
    start_again(learner, 5, TRANSITION_STREAM, 3)  # the pair of state 2 and action 1
    gone = learner.counts.visits == 0
    assert gone[2, 1]
    assert gone.all() == (scope == "global")
    assert learner.pairs.cursors["count"][5] == 0 == learner.earnings.totals["count"][5].sum()
    if scope == "local":
        before[2, 1] = 0
        np.testing.assert_array_equal(learner.counts.visits, before)
    assert learner.events[0].tolist() == (200, 5, TRANSITION_STREAM, 3)
    assert learner.clock["since"][0] == (200 if scope == "global" else 0)


def test_borl_draws_a_window_for_each_block_and_credits_it():
    learner = learner_of("borl")
    block = int(learner.design["block"][0])
    begin(learner)
    calls = feed(learner, 2 * block)
    assert [step + 1 for step, todo in enumerate(calls) if todo & BLOCK_END] == [block, 2 * block]
    assert learner.arms["score"].max() > 0
    assert learner.arms["share"].sum() == pytest.approx(1)
    assert learner.clock["window"][0] in learner.arms["window"]


@pytest.mark.parametrize(
    ("name", "settings", "schedule"),
    [
        ("oracle-restart", {}, [500, 900]),
        ("restart-ucrl2", {"every": 700}, [700, 1400]),
        # ceil(i^3 / 4) for two changes
        ("restart-ucrl2", {"expected_changes": 2, "horizon": 60}, [1, 2, 7, 16, 32, 54]),
        ("ucrl2", {}, []),
    ],
)
def test_a_schedule_is_the_formulas(name, settings, schedule):
    assert learner_of(name, **settings).schedule.tolist() == schedule


def test_the_optimal_policies_are_those_of_the_segments():
    # in the mirror image action 0 still swims towards the far bank, which is on the other side
    assert learner_of("optimal").known.tolist() == [[0] * 6] * 3
    swapped = action_swap_switch(changes=[500])
    known = build("optimal", LearnerSettings(horizon=1_000), 6, 2, swapped, 8).known
    assert known.tolist() == [[0] * 6, [1] * 6]


def test_the_learners_stream_is_the_zoos():
    learner = learner_of("ucrl2")
    learner.clock["key"] = np.uint64(12345)
    drawn = [uniform(learner.clock) for _ in range(5)]
    np.testing.assert_array_equal(drawn, uniforms(np.array([12345], np.uint64), np.zeros(1, np.uint64), 5)[0])


@pytest.mark.parametrize(
    "settings",
    [
        {"delta": 0.0}, {"radius_scale": -1.0}, {"explore": 2.0}, {"reward_range": (1.0, 1.0)}, {"reward_bins": 1},
        {"max_hypotheses": 2}, {"window": 0}, {"widening": -1.0}, {"variation": 0.0}, {"horizon": 0},
        {"expected_changes": 0}, {"every": 0},
    ],
)  # fmt: skip
def test_a_setting_out_of_its_range_is_refused_by_name(settings):
    with pytest.raises(SettingError, match=next(iter(settings))):
        LearnerSettings(**settings)


def test_an_unknown_learner_is_refused_with_the_nearest():
    with pytest.raises(MdpzooError, match="Did you mean 'ucrl2'"):
        read_settings("urcl2", {})
