import numpy as np
import pytest
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import SettingError
from mdpzoo_latent import signpost
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.learners.building import learner_for
from mdpzoo_latent.learners.designs import DESIGNS
from mdpzoo_latent.learners.latent_agent import LatentLearner
from mdpzoo_latent.simulation import Truth, run

ID, SHAPE = "mdpzoo/LatentRandom-v0", {"states": 3, "horizon": 4}
EPISODES = 150
EM = {"hindsight": False, "initial": {"noise": 0.3, "seed": 0}}
LEARNERS = [*((name, {}) for name in DESIGNS), ("l-ucrl", EM)]


def an_env(**settings):
    return mdpzoo.make(ID, **{"reveal": "end", **SHAPE, **settings})


@pytest.mark.parametrize("face", [an_env, lambda: mdpzoo.make_sb3(ID, 1, reveal="end", **SHAPE)])
@pytest.mark.parametrize(("name", "settings"), LEARNERS)
def test_the_simulation_and_the_sb3_loop_play_the_same_episodes(name, settings, face):
    env = face()
    agent = mdpzoo.make_agent(name, env, seed=3, episodes=EPISODES, **settings).learn(EPISODES * 4)
    model = latent_random(**SHAPE)
    learner = learner_for(name, {"episodes": EPISODES, **settings}, 3, 2, model, 3)
    run(learner, Truth.of(model), 3, EPISODES)
    for ours, theirs in zip(agent._learner.counts[:4], learner.counts[:4], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)  # SB3 hands rewards over as float32


@pytest.mark.parametrize(("name", "settings"), LEARNERS)
def test_a_saved_learner_comes_back_equal_and_goes_on(name, settings, tmp_path):
    agent = mdpzoo.make_agent(name, an_env(), seed=1, **settings).learn(400)
    agent.save(tmp_path / "agent.zip")
    for loaded in (LatentLearner.load(tmp_path / "agent.zip", env=an_env()), mdpzoo.load_agent(tmp_path / "agent.zip")):
        for key, value in agent.policy.state_dict().items():
            np.testing.assert_array_equal(loaded.policy.state_dict()[key], value)
        assert evaluate_policy(loaded, an_env(), 20, warn=False)[1] >= 0
        loaded.learn(40, reset_num_timesteps=False)
        assert loaded.num_timesteps == 440


def test_histories_are_the_recurrent_state_of_predict():
    model = signpost(accuracy=0.9, horizon=6)
    agent = mdpzoo.make_agent("l-ucrl", mdpzoo.make(model, reveal="end"), seed=0).learn(12_000)
    action, state = agent.predict(np.array([0, 0]))
    assert action.tolist() == [2, 2]  # look first
    action, state = agent.predict(np.array([1, 2]), state, np.zeros(2, bool))
    action, state = agent.predict(np.array([0, 0]), state, np.zeros(2, bool))
    assert action[0] != action[1]  # the same state, other histories
    action, _ = agent.predict(np.array([0, 0]), state, np.array([True, False]))
    assert action[0] == 2  # a new episode has begun in this row


def test_one_observation_gives_one_action():
    agent = mdpzoo.make_agent("ucbvi", an_env(), seed=0).learn(40)
    assert np.ndim(agent.predict(0)[0]) == 0


def test_several_environments_feed_one_learner():
    agent = mdpzoo.make_agent("l-ucrl", mdpzoo.make_sb3(ID, 4, reveal="end", **SHAPE), seed=0).learn(1_600)
    assert agent._learner.counts.visits.sum() == 1_600


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), bonus_scal=1.0), "Did you mean 'bonus_scale'"),
        (lambda: mdpzoo.make_agent("ucbvi", an_env(), hindsight=False), "unknown setting 'hindsight'"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), delta=2.0), r"delta must lie in \(0, 1\)"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), bonus_scale=-1.0), "bonus_scale must be at least 0"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), contexts=0), "contexts must be at least 1"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), starts=[7]), r"starts must be states in 0..2"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), hindsight=False), "needs an initial model"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(reveal="never"), seed=0).learn(40), "with reveal='end'"),
        (lambda: mdpzoo.make_agent("l-ucrl", "FrozenLake-v1"), "must know contexts and horizon"),
        (lambda: mdpzoo.make_agent("l-ucrl", "mdpzoo/LatentRooms-v0", horizon=40), "too many"),
        (lambda: mdpzoo.make_agent("l-ucrl", an_env(), seed=0, reward_range=(0.0, 0.1)).learn(40), "outside reward_"),
        (lambda: mdpzoo.make_agent("ucbvi", "CartPole-v1"), "observes Discrete"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_every_agent_of_the_plugin_is_a_learner_of_the_designs_or_the_reference():
    own = {name for name in mdpzoo.agents() if registry.owner(name) == "mdpzoo-latent"}
    assert own == {*DESIGNS, "belief-optimal"}
