import numpy as np
import pytest
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo import registry
from mdpzoo.errors import SettingError
from mdpzoo.planning import solve_average
from mdpzoo_nonstationary import simulate
from mdpzoo_nonstationary.environments.tables import continuing
from mdpzoo_nonstationary.learners.agent import TabularLearner
from mdpzoo_nonstationary.learners.designs import KINDS

ID, CHANGES, STEPS = "mdpzoo/RandomSwitch-v0", [700, 1400], 2_000
PRACTICAL = {"radius_scale": 0.05}


class Rewards(BaseCallback):
    """Notes every reward."""

    def __init__(self):
        super().__init__()
        self.earned = []

    def _on_step(self):
        self.earned.append(float(self.locals["rewards"][0]))
        return True


def settings_for(name):
    return {} if name == "optimal" else PRACTICAL | {"explore": 0.01}


@pytest.mark.parametrize("face", [mdpzoo.make, lambda id, **settings: mdpzoo.make_sb3(id, 1, **settings)])
@pytest.mark.parametrize("name", KINDS)
def test_the_simulation_and_the_sb3_loop_walk_the_same_trajectory(name, face):
    env, rewards = face(ID, changes=CHANGES), Rewards()
    agent = mdpzoo.make_agent(name, env, seed=3, **settings_for(name)).learn(STEPS, callback=rewards)
    result = simulate(ID, name, STEPS, [3], points=STEPS, changes=CHANGES, **settings_for(name))
    np.testing.assert_allclose(np.cumsum(rewards.earned), result.rewards[0], rtol=1e-6)  # float32 against float64
    assert agent.restarts == result.restarts[0]
    assert int(agent._learner.clock["plans"][0]) == result.plans[0]


@pytest.mark.parametrize("name", ["r-bocpd-ucrl2", "psrl", "sw-ucrl2", "oracle-restart"])
def test_a_saved_learner_comes_back_equal_and_goes_on_as_if_never_saved(name, tmp_path):
    straight = (
        mdpzoo.make_agent(name, mdpzoo.make(ID, changes=CHANGES), seed=1, horizon=3_000)
        if (name in ("sw-ucrl2", "oracle-restart"))
        else mdpzoo.make_agent(name, mdpzoo.make(ID, changes=CHANGES), seed=1)
    )
    straight.learn(900)
    straight.save(tmp_path / "agent.zip")
    env = mdpzoo.make(ID, changes=CHANGES)
    for loaded in (TabularLearner.load(tmp_path / "agent.zip", env=env), mdpzoo.load_agent(tmp_path / "agent.zip")):
        for key, value in straight.policy.state_dict().items():
            np.testing.assert_array_equal(loaded.policy.state_dict()[key], value)
        assert loaded.predict(np.arange(6))[0].tolist() == straight.predict(np.arange(6))[0].tolist()
        loaded.learn(100, reset_num_timesteps=False)
        assert loaded.num_timesteps == 1_000


def test_a_change_is_found_and_the_policy_follows():
    env = mdpzoo.make("mdpzoo/RiverSwimSwitch-v0", changes=[20_000])
    agent = mdpzoo.make_agent("r-bocpd-ucrl2", env, seed=0, **PRACTICAL).learn(20_000)
    assert agent.predict(np.arange(6))[0].tolist() == [0] * 6  # swim right
    agent.learn(20_000, reset_num_timesteps=False)
    # learn() resets the environment but not its clock: the second half is the mirrored river
    assert len(agent.restarts) == 1
    assert 20_000 < agent.restarts[0] < 20_500


def test_an_episode_that_terminates_leads_to_the_next_ones_start():
    env = mdpzoo.make("FrozenLake-v1", is_slippery=False)
    agent = mdpzoo.make_agent("ucrl2", env, seed=0).learn(500)
    holes = [5, 7, 11, 12, 15]
    assert agent._learner.counts.visits[holes].sum() == 0
    assert agent._learner.counts.transitions[:, :, holes].sum() == 0
    assert agent._learner.counts.transitions.sum() >= 499  # all but a step that is still open


def test_evaluate_policy_takes_the_learner():
    env = mdpzoo.make("mdpzoo/RiverSwimSwitch-v0", max_episode_steps=50)
    agent = mdpzoo.make_agent("ucrl2", env, seed=0, **PRACTICAL).learn(5_000)
    assert evaluate_policy(agent, env, n_eval_episodes=2, warn=False)[0] > 5


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: mdpzoo.make_agent("ucrl2", ID, radius_scal=1.0), "Did you mean 'radius_scale'"),
        (lambda: mdpzoo.make_agent("ucrl2", ID, window=10), "unknown setting 'window'"),
        (lambda: mdpzoo.make_agent("ucrl2", ID, delta=2.0), r"delta must lie in \(0, 1\)"),
        (lambda: mdpzoo.make_agent("r-bocpd-ucrl2", ID, scope="globl"), "unknown scope 'globl'. Did you mean 'global'"),
        (lambda: mdpzoo.make_agent("r-bocpd-ucrl2", ID, eta="n"), "unknown eta 'n'"),
        (lambda: mdpzoo.make_agent("ucrl2", mdpzoo.make_sb3(ID, 2)), "follows one trajectory"),
        (lambda: mdpzoo.make_agent("oracle-restart", "FrozenLake-v1"), "must know the changes"),
        (lambda: mdpzoo.make_agent("ucrl2", "CartPole-v1"), "observes Discrete"),
        (lambda: mdpzoo.make_agent("ucrl2", "Taxi-v4").learn(50), "lies outside reward_range"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_every_agent_of_the_plugin_is_a_learner_of_the_designs():
    own = {name for name in mdpzoo.agents() if registry.owner(name) == "mdpzoo-nonstationary"}
    assert own == set(KINDS)


def test_the_optimal_policy_is_played_before_anything_is_learned():
    env = mdpzoo.make("mdpzoo/GridSwitch-v0")
    fresh, model = mdpzoo.make_agent("optimal", env, seed=0), env.unwrapped.rules
    best = solve_average(continuing(model.models[0]), 1e-9).policy
    assert fresh.predict(np.arange(len(best)))[0].tolist() == best.tolist()
    fresh.learn(5)
    assert fresh.predict(np.arange(len(best)))[0].tolist() == best.tolist()
    assert len(set(best.tolist())) > 1  # playing one action everywhere would not do
