import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import configure

import mdpzoo
from mdpzoo.errors import MdpzooError, SettingError

SEEN, FORCE = Box(-1, 1, (3,)), Box(-2, 2, (2,))
ON_POLICY = {"n_steps": 16}
OFF_POLICY = {"learning_starts": 8, "buffer_size": 200, "batch_size": 8}
SMALL = {
    "ppo": {**ON_POLICY, "batch_size": 16, "n_epochs": 1},
    "a2c": ON_POLICY,
    "trpo": {**ON_POLICY, "batch_size": 16},
    "maskable-ppo": {**ON_POLICY, "batch_size": 16, "n_epochs": 1},
    "recurrent-ppo": {**ON_POLICY, "batch_size": 16, "n_epochs": 1},
    "dqn": OFF_POLICY,
    "qr-dqn": OFF_POLICY,
    "sac": OFF_POLICY,
    "td3": OFF_POLICY,
    "random": {},
}


@pytest.fixture
def make_env(toy, doors):
    """An environment that an agent takes."""

    def make(id):
        if id == "maskable-ppo":
            return doors()
        return toy(SEEN, FORCE if id in ("sac", "td3") else Discrete(3))

    return make


def predictions(agent, env):
    env.observation_space.seed(0)
    observations = [env.observation_space.sample() for _ in range(20)]
    return [agent.predict(each, deterministic=True)[0] for each in observations]


@pytest.mark.parametrize("id", sorted(SMALL))
def test_every_agent_is_saved_loaded_and_goes_on(id, make_env, tmp_path):
    env = make_env(id)
    agent = mdpzoo.make_agent(id, env, seed=0, **SMALL[id]).learn(48)
    assert isinstance(agent, BaseAlgorithm)
    agent.save(tmp_path / "agent.zip")
    others = [type(agent).load(tmp_path / "agent.zip", env=env), mdpzoo.load_agent(tmp_path / "agent.zip", env=env)]
    expected = predictions(agent, env)
    for loaded in others:
        np.testing.assert_array_equal(predictions(loaded, env), expected)
        loaded.learn(32, reset_num_timesteps=False)
        assert loaded.num_timesteps == 80


@pytest.mark.filterwarnings("ignore::tqdm.TqdmExperimentalWarning")
@pytest.mark.parametrize("id", sorted(SMALL))
def test_every_agent_takes_callbacks_logger_and_progress_bar(id, make_env, tmp_path, capfd):
    agent = mdpzoo.make_agent(id, make_env(id), seed=0, **SMALL[id])
    agent.set_logger(configure(str(tmp_path), ["csv"]))
    calls = [
        EvalCallback(agent._wrap_env(make_env(id)), eval_freq=24, n_eval_episodes=1, verbose=0),
        CheckpointCallback(24, str(tmp_path / "saved")),
    ]
    agent.learn(48, callback=calls, log_interval=1, progress_bar=True)
    agent.logger.close()
    assert len(list((tmp_path / "saved").glob("*.zip"))) == 2
    log = (tmp_path / "progress.csv").read_text().splitlines()[0].split(",")
    assert {"rollout/ep_rew_mean", "rollout/ep_len_mean", "eval/mean_reward", "time/total_timesteps"} <= set(log)
    assert "48/48" in "".join(capfd.readouterr())


@pytest.mark.parametrize("id", sorted(SMALL))
def test_every_agent_is_evaluated(id, make_env):
    env = make_env(id)
    agent = mdpzoo.make_agent(id, env, seed=0, **SMALL[id])
    mean, _ = evaluate_policy(agent, env, n_eval_episodes=2, warn=False)
    assert 0 <= mean <= 10


@pytest.mark.parametrize("id", sorted(SMALL))
def test_the_same_seed_learns_the_same(id, make_env):
    agents = [mdpzoo.make_agent(id, make_env(id), seed=seed, **SMALL[id]).learn(48) for seed in (1, 1)]
    np.testing.assert_array_equal(*(predictions(agent, make_env(id)) for agent in agents))


def test_the_temperature_of_sac_is_saved_too(make_env, tmp_path):
    agent = mdpzoo.make_agent("sac", make_env("sac"), seed=0, **SMALL["sac"]).learn(48)
    agent.save(tmp_path / "agent.zip")
    loaded = mdpzoo.load_agent(tmp_path / "agent.zip", env=make_env("sac"))
    assert agent.log_ent_coef.item() != 0
    assert loaded.log_ent_coef.item() == agent.log_ent_coef.item()


@pytest.mark.parametrize(
    ("id", "observed", "policy"),
    [
        ("ppo", SEEN, "ActorCriticPolicy"),
        ("ppo", Box(0, 255, (36, 36, 3), np.uint8), "ActorCriticCnnPolicy"),  # a picture
        ("ppo", Dict({"seen": SEEN}), "MultiInputActorCriticPolicy"),
        ("ppo", Dict({"seen": SEEN, "action_mask": Box(0, 1, (3,), np.int8)}), "MaskedMultiInputPolicy"),
        ("recurrent-ppo", Discrete(4), "RecurrentActorCriticPolicy"),
        ("recurrent-ppo", Dict({"seen": SEEN}), "RecurrentMultiInputActorCriticPolicy"),
        ("dqn", Dict({"seen": SEEN}), "MultiInputPolicy"),
    ],
)
def test_the_policy_follows_from_the_observation(id, observed, policy, toy):
    agent = mdpzoo.make_agent(id, toy(observed, Discrete(3)), **({"buffer_size": 10} if id == "dqn" else {}))
    assert type(agent.policy).__name__ == policy


def test_the_policy_can_be_chosen(toy):
    picture = Box(0, 255, (36, 36, 3), np.uint8)
    agent = mdpzoo.make_agent("a2c", toy(picture, Discrete(2)), policy="MlpPolicy")
    assert type(agent.policy).__name__ == "ActorCriticPolicy"


@pytest.mark.parametrize(
    ("id", "settings", "sentence"),
    [
        ("ppo", {"learning_rat": 0.1}, "unknown setting 'learning_rat' of PPO. Did you mean 'learning_rate'"),
        ("dqn", {"zzzzzz": 1}, "unknown setting 'zzzzzz' of DQN. Known: batch_size, buffer_size,"),
        ("a2c", {"policy": "MlpPolice"}, "unknown policy 'MlpPolice' of A2C. Did you mean 'MlpPolicy'"),
        ("ppo", {"batch_size": 1}, "PPO refuses these settings: `batch_size` must be greater than 1"),
        ("random", {"sede": 1}, "unknown setting 'sede' of agent 'random'. Did you mean 'seed'"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(id, settings, sentence, make_env):
    with pytest.raises(SettingError) as caught:
        mdpzoo.make_agent(id, make_env(id), **settings)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("id", "env", "sentence"),
    [
        ("sac", "CartPole-v1", "agent 'sac' acts in Box spaces"),
        ("dqn", "Pendulum-v1", "agent 'dqn' acts in Discrete spaces"),
        ("maskable-ppo", "CartPole-v1", "agent 'maskable-ppo' observes Dict spaces"),
        ("ppoo", "CartPole-v1", "unknown agent 'ppoo'. Did you mean 'ppo'"),
    ],
)
def test_an_agent_that_does_not_fit_the_environment_is_refused(id, env, sentence):
    with pytest.raises(MdpzooError, match=sentence):
        mdpzoo.make_agent(id, env)


def test_ordinary_agents_learn_in_an_environment_of_ours():
    for id in ("ppo", "dqn"):
        agent = mdpzoo.make_agent(id, mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2), seed=0, **SMALL[id])
        assert agent.learn(64).num_timesteps == 64


def test_settings_that_were_given_are_left_as_they_were(make_env):
    settings = {"net_arch": [4]}
    agent = mdpzoo.make_agent("a2c", make_env("a2c"), seed=0, policy_kwargs=settings)
    assert "optimizer_class" in agent.policy_kwargs  # SB3's own entry, which no file can hold
    assert settings == {"net_arch": [4]}
    assert agent.mdpzoo["settings"]["policy_kwargs"] == {"net_arch": [4]}
