"""Frozen policies: tables, networks out of SB3, and anything with predict."""

import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3

from mdpzoo.errors import SettingError
from mdpzoo.policies import Predictor, TablePolicy, freeze
from mdpzoo.policies.networks import NetworkPolicy

BOX = spaces.Box(-1, 1, (5,), np.float32)
PUSH = spaces.Box(np.array([-2, 0], np.float32), np.array([1, 3], np.float32))


class Room(gymnasium.Env):
    """Spaces without a task."""

    def __init__(self, seen, acted):
        self.observation_space, self.action_space = seen, acted

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self.observation_space.sample(), {}

    def step(self, action):
        return self.observation_space.sample(), 0.0, False, False, {}


def samples(space, rows=64):
    space.seed(0)
    return np.stack([np.asarray(space.sample()) for _ in range(rows)])


@pytest.mark.parametrize(
    ("algorithm", "seen", "acted", "settings"),
    [
        (PPO, BOX, spaces.Discrete(4), {"n_steps": 64}),
        (PPO, BOX, PUSH, {"n_steps": 64}),
        (PPO, spaces.Discrete(7), spaces.Discrete(3), {"n_steps": 64}),
        (PPO, spaces.MultiDiscrete([3, 4]), spaces.Discrete(3), {"n_steps": 64}),
        (PPO, spaces.MultiBinary(6), spaces.Discrete(3), {"n_steps": 64}),
        (A2C, BOX, spaces.Discrete(4), {}),
        (PPO, BOX, PUSH, {"n_steps": 64, "policy_kwargs": {"net_arch": [], "log_std_init": 1.0}}),
        (PPO, BOX, PUSH, {"n_steps": 64, "policy_kwargs": {"activation_fn": torch.nn.ELU}}),
        (PPO, BOX, PUSH, {"n_steps": 64, "policy_kwargs": {"activation_fn": torch.nn.SiLU}}),
        (PPO, BOX, PUSH, {"n_steps": 64, "policy_kwargs": {"activation_fn": torch.nn.LeakyReLU}}),
        (DQN, BOX, spaces.Discrete(4), {}),
        (SAC, BOX, PUSH, {}),
        (TD3, BOX, PUSH, {}),
        (DDPG, BOX, PUSH, {}),
    ],
)
def test_an_exported_network_acts_as_predict_does(algorithm, seen, acted, settings):
    agent = algorithm("MlpPolicy", Room(seen, acted), seed=0, device="cpu", **settings)
    frozen = freeze(agent, deterministic=True)
    assert isinstance(frozen, NetworkPolicy)
    observations = samples(seen)
    wanted, _ = agent.predict(observations, deterministic=True)
    found = frozen.act(observations, np.zeros((len(observations), frozen.draws)))
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-6)
    np.testing.assert_allclose(frozen.predict(observations)[0], wanted, rtol=0, atol=1e-6)
    one = frozen.act(observations[:1], np.zeros((1, frozen.draws)))
    np.testing.assert_allclose(one[0], wanted[0], rtol=0, atol=1e-6)
    on_tensors = frozen.to("cpu").act(torch.from_numpy(observations), torch.zeros(len(observations), frozen.draws))
    np.testing.assert_allclose(on_tensors.numpy(), wanted, rtol=0, atol=1e-6)


def test_further_training_does_not_change_a_frozen_copy():
    agent = PPO("MlpPolicy", Room(BOX, PUSH), n_steps=16, batch_size=8, seed=0, device="cpu")
    frozen, observations = freeze(agent, deterministic=True), samples(BOX)
    before = frozen.act(observations, np.zeros((64, 0)))
    with torch.no_grad():
        for parameter in agent.policy.parameters():
            parameter.add_(0.1)
    assert not np.allclose(agent.predict(observations, deterministic=True)[0], before)
    assert (frozen.act(observations, np.zeros((64, 0))) == before).all()


def test_stochastic_finite_actions_have_the_policys_own_probabilities():
    agent = PPO("MlpPolicy", Room(BOX, spaces.Discrete(3)), n_steps=64, seed=1, device="cpu")
    with torch.no_grad():
        agent.policy.action_net.weight.mul_(300)  # far from uniform
    observation = samples(BOX, 1)
    tensor, _ = agent.policy.obs_to_tensor(observation)
    wanted = agent.policy.get_distribution(tensor).distribution.probs[0].detach().numpy()
    rows, numbers = 20_000, np.random.default_rng(0).random((20_000, 1))
    actions = freeze(agent).act(np.repeat(observation, rows, 0), numbers)
    # a frequency's standard deviation is at most sqrt(1/4 / 20 000) = 0.0035
    np.testing.assert_allclose(np.bincount(actions, minlength=3) / rows, wanted, rtol=0, atol=0.015)


@pytest.mark.parametrize("algorithm", [PPO, SAC])
def test_stochastic_vectors_have_the_policys_own_moments(algorithm):
    agent = algorithm("MlpPolicy", Room(BOX, spaces.Box(-50, 50, (2,), np.float32)), seed=1, device="cpu")
    observation = samples(BOX, 1)
    torch.manual_seed(0)
    wanted = np.stack([agent.predict(observation[0], deterministic=False)[0] for _ in range(3_000)])
    frozen = freeze(agent)
    numbers = np.random.default_rng(0).random((20_000, frozen.draws))
    found = frozen.act(np.repeat(observation, 20_000, 0), numbers)
    spread = wanted.std(0)
    # the mean of 3 000 has a standard deviation of 0.018 spreads
    np.testing.assert_allclose(found.mean(0), wanted.mean(0), rtol=0, atol=0.09 * spread.max())
    np.testing.assert_allclose(found.std(0), spread, rtol=0.06)


def test_masks_leave_only_legal_actions():
    agent = PPO("MlpPolicy", Room(BOX, spaces.Discrete(3)), n_steps=64, seed=1, device="cpu")
    mask = np.tile([False, True, False], (64, 1))
    for deterministic in (False, True):
        frozen = freeze(agent, deterministic)
        numbers = np.random.default_rng(0).random((64, frozen.draws))
        assert (frozen.act(samples(BOX), numbers, mask) == 1).all()


def test_what_cannot_be_exported_is_asked():
    agent = PPO("MultiInputPolicy", Room(spaces.Dict({"a": BOX}), spaces.Discrete(2)), n_steps=64, device="cpu")
    asked = freeze(agent, deterministic=True)
    assert isinstance(asked, Predictor)
    seen = {"a": samples(BOX)}
    assert (asked.act(seen, None) == agent.predict(seen, deterministic=True)[0]).all()
    tensors = asked.act({"a": torch.from_numpy(seen["a"])}, None)
    assert torch.equal(tensors, torch.from_numpy(agent.predict(seen, deterministic=True)[0]))
    with pytest.raises(SettingError, match=r"a policy needs predict\(\), got 3"):
        freeze(3)


@pytest.mark.parametrize(
    ("number", "action"),
    [
        (0.0, 0),
        (0.25, 2),  # a number on a threshold belongs to the next action; action 1 has no probability
        (0.2499, 0),
        (0.9999, 2),
    ],
)
def test_a_table_passes_from_one_action_to_the_next_at_its_thresholds(number, action):
    table = TablePolicy([[0.25, 0.0, 0.75]])
    assert table.act(np.array([0]), np.array([[number]])).tolist() == [action]
    moved = table.to("cpu").act(torch.tensor([0]), torch.tensor([[number]], dtype=torch.float64))
    assert moved.tolist() == [action]
    assert table.predict(np.array([0]))[0].tolist() == [2]


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ([[0.5, 0.4]], "row 0 of the table must be probabilities that sum to 1"),
        ([[0.5, 0.5], [1.5, -0.5]], "row 1"),
        ([0.5, 0.5], r"must have shape \[S, A\]"),
        ([[float("nan"), 1.0]], "row 0"),
    ],
)
def test_a_table_that_is_none_is_named(table, words):
    with pytest.raises(SettingError, match=words):
        TablePolicy(table)
