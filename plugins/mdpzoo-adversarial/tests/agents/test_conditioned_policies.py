import gymnasium
import numpy as np
import pytest
import torch
from gymnasium.spaces import Box
from stable_baselines3 import SAC

import mdpzoo
from mdpzoo.policies import freeze
from mdpzoo_adversarial.agents.conditioned_policies import HIGH, LOW, ConditionedPolicy, IdlePolicy, TemperatureScale
from mdpzoo_adversarial.agents.tempered_policy import TemperedPolicy

SCALE = TemperatureScale(0.05, 0.001)


@pytest.fixture(scope="module")
def network():
    env = mdpzoo.seat("mdpzoo/AdversarialCartPole-v0", "protagonist", IdlePolicy(Box(-1, 1, (2,))))

    class Wider(gymnasium.ObservationWrapper):
        observation_space = Box(-9, 9, (5,), np.float32)

        def observation(self, seen):
            return np.append(seen, np.float32(0))

    return freeze(SAC("MlpPolicy", Wider(env), policy_kwargs={"net_arch": [16]}, seed=0).policy)


@pytest.mark.parametrize(("temperature", "z"), [(0.05, 1.0), (0.001, 0.0), (1e-300, LOW), (1e300, HIGH)])
def test_temperatures_are_shown_between_0_and_1(temperature, z):
    assert SCALE.show(temperature) == pytest.approx(z)


def test_what_is_shown_is_read_back():
    temperatures = np.geomspace(1e-5, 1.0, 7)
    shown = torch.tensor([SCALE.show(each) for each in temperatures], dtype=torch.float64)
    np.testing.assert_allclose(SCALE.read(shown), temperatures, rtol=1e-12)


def test_the_extended_space_holds_what_is_shown():
    space = TemperatureScale.extend(Box(-2, 3, (2, 2)))
    assert space.shape == (5,)
    assert (space.low[-1], space.high[-1], space.low[0]) == (LOW, HIGH, -2)


def test_a_policy_shown_a_temperature_is_the_network_of_the_longer_observation(network):
    policy, seen = (
        ConditionedPolicy(network, (4,), 0.5),
        np.random.default_rng(0).normal(size=(3, 4)).astype(np.float32),
    )
    numbers = np.random.default_rng(1).random((3, network.draws))
    longer = np.hstack([seen, np.full((3, 1), 0.5, np.float32)])
    assert np.array_equal(policy.act(seen, numbers), network.act(longer, numbers))
    on_tensors = policy.to("cpu").act(torch.from_numpy(seen), torch.from_numpy(numbers))
    np.testing.assert_allclose(on_tensors, policy.act(seen, numbers), atol=1e-5)
    assert np.abs(policy.act(seen, numbers) - ConditionedPolicy(network, (4,), 1.0).act(seen, numbers)).max() > 1e-6


def test_predict_takes_one_observation_or_many(network):
    policy, seen = ConditionedPolicy(network, (4,), 0.5, seed=0), np.zeros((3, 4), np.float32)
    assert policy.predict(seen)[0].shape == (3, 1)
    assert policy.predict(seen[0])[0].shape == (1,)
    certain = policy.predict(seen, deterministic=True)[0]
    assert np.array_equal(certain, policy.predict(seen, deterministic=True)[0])
    assert not np.array_equal(policy.predict(seen)[0], policy.predict(seen)[0])


def test_a_share_of_the_force_limits_the_actions(network):
    policy, seen = ConditionedPolicy(network, (4,), 0.5, seed=0), np.zeros((50, 4), np.float32)
    policy.share = 0.1
    assert np.abs(policy.predict(seen)[0]).max() == pytest.approx(0.1)
    assert np.abs(policy.act(seen, np.random.default_rng(0).random((50, 2)))).max() == pytest.approx(0.1)


def test_an_idle_player_plays_zero():
    idle = IdlePolicy(Box(-1, 1, (2,)))
    assert not idle.act(np.ones((3, 4)), None).any()
    assert idle.act(torch.ones(3, 4), None).shape == (3, 2)
    assert idle.predict(np.ones((3, 4)))[0].shape == (3, 2)


def test_the_tempered_actors_losses_have_each_samples_own_temperature():
    """The gradient of SB3's loss with ent_coef 1 is that of mean(b log mu - Q), written out."""
    settings = {"scale": SCALE, "net_arch": [8]}
    model = SAC(TemperedPolicy, "Pendulum-v1", ent_coef=1.0, policy_kwargs=settings, seed=0)
    obs = torch.randn(6, 3)  # the last coordinate plays the temperature
    torch.manual_seed(0)
    actions, scaled = model.actor.action_log_prob(obs)
    torch.manual_seed(0)
    plain = super(type(model.actor), model.actor).action_log_prob(obs)
    assert torch.equal(actions, plain[0])
    expected = (0.001 * (0.05 / 0.001) ** obs[:, -1]) * plain[1]
    torch.testing.assert_close(scaled, expected)


class QuadraticBandit(gymnasium.Env):
    """One action a, reward -c (a - 0.3)^2; the observation is the temperature as it is shown."""

    observation_space, action_space, curvature = Box(LOW, HIGH, (1,)), Box(-1, 1, (1,)), 4.0

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        temperature = np.exp(self.np_random.uniform(np.log(SCALE.last), np.log(SCALE.first)))
        self.shown = np.array([SCALE.show(temperature)], np.float32)
        return self.shown, {}

    def step(self, action):
        return self.shown, -self.curvature * float(action[0] - 0.3) ** 2, True, False, {}


def test_learned_deviations_are_those_of_the_closed_form_at_every_temperature():
    """exp(-c a^2 / b) is a Gaussian of variance b / (2 c), as in the linear-quadratic game."""
    model = SAC(
        TemperedPolicy, QuadraticBandit(), ent_coef=1.0, policy_kwargs={"scale": SCALE, "net_arch": [32, 32]},
        learning_rate=1e-3, learning_starts=200, batch_size=128, seed=0,
    )  # fmt: skip
    model.learn(1_500)
    found = []
    for temperature in (0.05, 0.01, 0.002):
        shown = torch.tensor([[SCALE.show(temperature)]], dtype=torch.float32)
        with torch.no_grad():
            mean, log_deviation, _ = model.actor.get_action_dist_params(shown)
        found.append(float(log_deviation.exp() * (1 - torch.tanh(mean) ** 2)))  # in units of the action
    assert found == sorted(found, reverse=True)
    assert found == pytest.approx([(each / 8) ** 0.5 for each in (0.05, 0.01, 0.002)], rel=0.35)
