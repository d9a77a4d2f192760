import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_latent import BeliefObservation, ContextObservation, HistoryObservation, StateObservation, signpost

ID = "mdpzoo/LatentSignpost-v0"  # three states, three actions, horizon 10


@pytest.mark.parametrize(
    ("wrapper", "first", "second"),
    [
        (StateObservation, [1, 0, 0, 0], [0, 1, 0, 0.1]),
        (HistoryObservation, [1, 0, 0, 0, 0, 0, 0], [0, 1, 0, 0.1, 0, 0, 1]),  # the last three: action 2
        (BeliefObservation, [1, 0, 0, 0, 0.5, 0.5], [0, 1, 0, 0.1, 0.8, 0.2]),
    ],
)
def test_vectors_hold_state_time_and_what_the_wrapper_adds(wrapper, first, second):
    env = wrapper(mdpzoo.make(ID))
    observation, info = env.reset(seed=0)
    np.testing.assert_allclose(observation, first)
    assert info == {}
    observation = env.step(2)[0]
    assert observation[1] == 1  # with this seed the signpost reads 0
    np.testing.assert_allclose(observation, second, rtol=1e-6)


@pytest.mark.parametrize("wrapper", [StateObservation, HistoryObservation, BeliefObservation])
def test_wrappers_pass_gymnasiums_checker(wrapper, recwarn):
    check_env(wrapper(mdpzoo.make(ID)), skip_render_check=True)
    complaints = [str(each.message) for each in recwarn if "wrapper applied" not in str(each.message)]
    assert complaints == []


def test_the_context_is_observed_only_on_request():
    env = ContextObservation(mdpzoo.make(ID, reveal="always"))
    for seed in range(10):
        observation, info = env.reset(seed=seed)
        assert observation[4:].argmax() == info["context"]
        assert env.step(0)[0][4:].argmax() == info["context"]
    with pytest.raises(SettingError, match="reveal='always'"):
        ContextObservation(mdpzoo.make(ID))


def test_rewards_are_part_of_the_history_only_on_request():
    env = HistoryObservation(mdpzoo.make(signpost(penalty=1.0, horizon=5)), rewards=True)
    env.reset(seed=0)
    for _ in range(5):
        observation, reward, *_ = env.step(0)
        assert observation[-1] == reward
    assert env.observation_space.shape == (8,)


def test_another_model_can_be_believed_in():
    env = BeliefObservation(mdpzoo.make(ID), model=signpost(accuracy=0.6))
    env.reset(seed=0)
    np.testing.assert_allclose(sorted(env.step(2)[0][4:]), [0.4, 0.6], rtol=1e-6)


def test_time_is_counted_anew_in_each_episode():
    env = StateObservation(mdpzoo.make(ID))
    env.reset(seed=0)
    assert [round(float(env.step(0)[0][3]), 2) for _ in range(10)] == [round(0.1 * t, 2) for t in range(1, 11)]
    assert env.reset()[0][3] == 0


def test_the_tiger_is_believed_in_by_its_states():
    env = BeliefObservation(mdpzoo.make("mdpzoo/Tiger-v0"))
    assert env.reset(seed=0)[0].tolist() == [0, 0, 1, 0, 0.5, 0.5]  # nothing heard yet
    assert sorted(np.round(env.step(0)[0][4:], 6)) == pytest.approx([0.15, 0.85])


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: BeliefObservation(gymnasium.make("FrozenLake-v1"), horizon=5), "declares no LatentMDP"),
        (lambda: StateObservation(gymnasium.make("FrozenLake-v1")), "give the wrapper one"),
        (lambda: StateObservation(gymnasium.make("CartPole-v1"), horizon=5), "needs Discrete observations"),
        (lambda: HistoryObservation(gymnasium.make("Pendulum-v1"), horizon=5), "needs Discrete observations"),
    ],
)
def test_what_cannot_be_wrapped_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("wrapper", [StateObservation, HistoryObservation, BeliefObservation])
def test_a_wrapped_environment_is_remade_from_its_spec(wrapper):
    env = wrapper(mdpzoo.make(ID, penalty=1.0))
    again = gymnasium.make(env.spec)
    assert isinstance(again, wrapper)
    np.testing.assert_array_equal(again.reset(seed=5)[0], env.reset(seed=5)[0])
    for action in (2, 0, 1, 0):
        (ours, paid, *_), (theirs, same, *_) = env.step(action), again.step(action)
        np.testing.assert_array_equal(ours, theirs)
        assert paid == same


def test_a_policy_on_beliefs_can_be_optimal():
    # signpost, penalty 1: look until one reading leads by one, then guess with it; worth 0.8 - 0.2 a step
    env = BeliefObservation(mdpzoo.make(signpost(penalty=1.0, horizon=4)))
    total = 0.0
    observation, _ = env.reset(seed=0)
    for _ in range(4_000):
        ended = False
        while not ended:
            belief = observation[4:]
            looking = observation[0] == 1 and abs(belief[0] - belief[1]) < 0.5
            observation, reward, ended, _, _ = env.step(2 if looking else int(belief.argmax()))
            total += reward
        observation, _ = env.reset()
    # the optimum is 1.2; a standard deviation of the mean is 2 * 0.8 / sqrt(4000) = 0.025
    assert total / 4_000 == pytest.approx(1.2, abs=0.1)
