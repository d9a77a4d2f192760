import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Dict, Discrete, MultiDiscrete
from sb3_contrib.common.maskable.evaluation import evaluate_policy as evaluate_maskable
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_sb3.policies import MaskedMultiInputPolicy

OBEDIENT = ("ppo", "a2c", "trpo", "maskable-ppo")
IGNORANT = ("dqn", "qr-dqn", "recurrent-ppo")
QUICK = {"ppo": {"n_epochs": 2}, "maskable-ppo": {"n_epochs": 2}, "a2c": {}, "trpo": {}}


@pytest.fixture
def doors_policy(doors):
    return lambda id: mdpzoo.make_agent(id, doors(), seed=0).policy


def batch(masks):
    return {"seen": torch.rand(len(masks), 5), "action_mask": torch.tensor(masks, dtype=torch.float32)}


@pytest.mark.parametrize("id", OBEDIENT)
def test_no_agent_goes_through_a_closed_door_in_learning_evaluating_or_predicting(id, doors):
    envs = make_vec_env(doors, 4)  # raises at an illegal action
    size = {} if id == "a2c" else {"batch_size": 64}
    agent = mdpzoo.make_agent(id, envs, seed=0, n_steps=32, **size, **QUICK[id])
    agent.learn(1_024)
    for deterministic in (False, True):
        evaluate_policy(agent, envs, n_eval_episodes=8, deterministic=deterministic)
    assert all(torch.isfinite(parameter).all() for parameter in agent.policy.parameters())


def test_masked_ppo_learns_to_take_the_last_open_door(doors):
    envs = make_vec_env(doors, 4)
    agent = mdpzoo.make_agent("ppo", envs, seed=0, n_steps=64, batch_size=64, learning_rate=3e-3).learn(4_096)
    # with one, two or three doors open a uniform choice is right in 11/18 of the steps: 6.1 of 10
    assert evaluate_policy(agent, envs, n_eval_episodes=20)[0] > 8


def test_maskable_ppo_is_as_legal_when_the_environment_is_asked(doors):
    envs = make_vec_env(doors, 2)
    agent = mdpzoo.make_agent("maskable-ppo", envs, seed=0, n_steps=32)
    evaluate_maskable(agent, envs, n_eval_episodes=4)


@pytest.mark.parametrize("id", OBEDIENT)
def test_forward_evaluation_and_distribution_agree_on_one_masked_law(id, doors_policy):
    policy = doors_policy(id)
    observations = batch([[1, 0, 1, 0, 0], [0, 0, 0, 1, 0], [1, 1, 1, 1, 1]])
    actions, values, logs = policy(observations)
    law = policy.get_distribution(observations).distribution
    again, evaluated, entropy = policy.evaluate_actions(observations, actions)
    assert law.probs[observations["action_mask"] == 0].tolist() == [0.0] * 7
    torch.testing.assert_close(law.probs.sum(1), torch.ones(3))
    torch.testing.assert_close(logs, evaluated)
    torch.testing.assert_close(logs, law.log_prob(actions))
    torch.testing.assert_close(values, again)
    assert torch.isfinite(entropy).all()
    assert entropy[1].item() == pytest.approx(0, abs=1e-6)  # one door open: nothing to choose
    assert 0 < entropy[0].item() <= np.log(2) + 1e-6


@pytest.mark.parametrize("id", OBEDIENT)
def test_an_observation_that_allows_nothing_leaves_every_action_possible(id, doors_policy):
    law = doors_policy(id).get_distribution(batch([[0, 0, 0, 0, 0]])).distribution
    assert (law.probs > 0).all()


@pytest.mark.parametrize("id", OBEDIENT)
def test_gradients_through_the_mask_are_finite(id, doors_policy):
    policy = doors_policy(id)
    observations = batch([[1, 0, 0, 0, 0], [1, 1, 0, 0, 1]])
    values, logs, entropy = policy.evaluate_actions(observations, torch.tensor([0, 4]))
    (values.sum() + logs.sum() + entropy.sum()).backward()
    assert all(torch.isfinite(each.grad).all() for each in policy.parameters() if each.grad is not None)


def test_a_mask_given_to_maskable_ppo_narrows_the_observed_one(doors_policy):
    observations = batch([[1, 1, 0, 0, 0], [1, 1, 0, 0, 0]])
    given = np.array([[False, True, True, False, False], [False, False, False, False, True]])
    law = doors_policy("maskable-ppo").get_distribution(observations, given).distribution
    assert law.probs[0].tolist() == [0, 1, 0, 0, 0]
    assert (law.probs[1] > 0).tolist() == [True, True, False, False, False]  # they agree on nothing: the observed one


@pytest.mark.parametrize("id", IGNORANT)
def test_agents_that_would_ignore_the_mask_refuse_and_name_those_that_do_not(id, doors):
    with pytest.raises(SettingError, match=r"would ignore the observation's 'action_mask'.*maskable-ppo, or ppo"):
        mdpzoo.make_agent(id, doors())


def test_maskable_ppo_says_that_the_environment_cannot_be_asked(doors):
    with pytest.raises(SettingError, match=r"MaskablePPO needs an environment with the method action_masks\(\)"):
        mdpzoo.make_agent("maskable-ppo", doors(asks=False))
    assert mdpzoo.make_agent("ppo", doors(asks=False), seed=0, n_steps=16, batch_size=16).learn(32)


def test_ppo_refuses_masks_over_several_actions_at_once(toy):
    observed = Dict({"seen": Box(0, 1, (2,)), "action_mask": Box(0, 1, (5,), np.int8)})
    with pytest.raises(SettingError, match="use maskable-ppo"):
        mdpzoo.make_agent("ppo", toy(observed, MultiDiscrete([2, 3])))


def test_the_mask_may_be_bool_whole_number_or_float(toy):
    for space in (Box(0, 1, (3,), np.int8), Box(0, 1, (3,), np.float32)):
        env = toy(Dict({"seen": Box(0, 1, (2,)), "action_mask": space}), Discrete(3))
        agent = mdpzoo.make_agent("ppo", env, seed=0)
        observation = {"seen": np.zeros(2, np.float32), "action_mask": np.array([0, 0, 1], space.dtype)}
        assert {int(agent.predict(observation)[0]) for _ in range(20)} == {2}


def test_an_ordinary_script_can_use_the_masked_policy_and_save_and_load_it(doors, tmp_path):
    agent = PPO(MaskedMultiInputPolicy, doors(), n_steps=16, batch_size=16, seed=0, device="cpu").learn(32)
    agent.save(tmp_path / "agent")
    loaded = PPO.load(tmp_path / "agent", env=doors(), device="cpu")
    observations = {name: value.numpy() for name, value in batch([[1, 0, 1, 0, 1]] * 10).items()}
    np.testing.assert_array_equal(
        loaded.predict(observations, deterministic=True)[0], agent.predict(observations, deterministic=True)[0]
    )


@pytest.mark.parametrize("id", OBEDIENT)
def test_a_masked_agent_comes_back_from_load_agent(id, doors, tmp_path):
    agent = mdpzoo.make_agent(id, make_vec_env(doors, 4), seed=0, n_steps=32).learn(128)  # 128: trpo's mini-batch
    agent.save(tmp_path / "agent.zip")
    loaded = mdpzoo.load_agent(tmp_path / "agent.zip", env=doors())
    assert type(loaded.policy) is type(agent.policy)
    observations = {name: value.numpy() for name, value in batch([[1, 1, 1, 0, 1]] * 10).items()}
    np.testing.assert_array_equal(
        loaded.predict(observations, deterministic=True)[0], agent.predict(observations, deterministic=True)[0]
    )
