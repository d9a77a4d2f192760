import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo.models import LatentMDP, TabularMDP
from mdpzoo.models.latent import show_rewards

RANDOM = np.random.default_rng(0)
KERNELS, REWARDS = RANDOM.dirichlet(np.ones(3), (2, 3, 2)), RANDOM.random((2, 3, 2))


def two_contexts(horizon=4, **settings):
    return LatentMDP.from_arrays(KERNELS, REWARDS, horizon=horizon, **settings)


def test_arrays_come_back_as_given():
    model = two_contexts(weights=[0.25, 0.75], start=[0, 0.5, 0.5])
    np.testing.assert_array_equal(model.transitions, KERNELS)
    np.testing.assert_allclose(model.rewards, REWARDS, rtol=1e-15)
    np.testing.assert_array_equal(model.start, [[0, 0.5, 0.5]] * 2)
    assert (model.num_contexts, model.num_states, model.num_actions) == (2, 3, 2)
    assert model.weights.tolist() == [0.25, 0.75]


def test_the_context_is_drawn_by_its_weight_and_stays_for_the_episode():
    env, found = mdpzoo.make(two_contexts(weights=[0.2, 0.8]), reveal="always"), []
    env.reset(seed=0)
    for _ in range(2_000):
        _, first = env.reset()
        found.append(first["context"])
        assert all(env.step(0)[4] == first for _ in range(4))
    assert np.mean(found) == pytest.approx(0.8, abs=0.03)  # a standard deviation is 0.009


def test_an_episode_terminates_at_the_horizon_and_is_not_truncated():
    env = mdpzoo.make(two_contexts(horizon=3))
    env.reset(seed=0)
    assert [env.step(1)[2:4] for _ in range(3)] == [(False, False), (False, False), (True, False)]


def test_a_model_without_a_horizon_goes_on():
    env = mdpzoo.make(two_contexts(horizon=0))
    env.reset(seed=0)
    assert not any(env.step(1)[2] for _ in range(100))


@pytest.mark.parametrize("shell", [CompiledVectorEnv, TensorVectorEnv])
@pytest.mark.parametrize("horizon", [0, 4])
def test_a_row_walks_as_the_single_environment_with_its_seed(shell, horizon):
    envs = shell(two_contexts(horizon).batched(), 5, reveal="always", autoreset_mode=AutoresetMode.SAME_STEP)
    observations, infos = envs.reset(seed=[10, 11, 12, 13, 14])
    single = mdpzoo.make(two_contexts(horizon), reveal="always")
    observation, info = single.reset(seed=12)
    for step in range(30):
        assert (int(observations[2]), int(infos["context"][2])) == (observation, info["context"])
        observations, rewards, terminated, _, infos = envs.step(np.full(5, step % 2))
        observation, reward, ended, _, info = single.step(step % 2)
        assert (float(rewards[2]), bool(terminated[2])) == (reward, ended)
        if ended:
            observation, info = single.reset()


def test_hindsight_labels_are_as_many_as_episodes():
    envs = mdpzoo.make_sb3(two_contexts(), 3, reveal="end")
    envs.seed(0)
    envs.reset()
    labels = episodes = 0
    for _ in range(40):
        _, _, dones, infos = envs.step(np.zeros(3, int))
        labels += sum("context" in info for info in infos)
        episodes += dones.sum()
    assert labels == episodes == 30


def test_the_context_is_nowhere_unless_asked_for():
    env = mdpzoo.make(two_contexts(weights=[0.5, 0.5]))
    _, info = env.reset(seed=0)
    infos = [info, *(env.step(0)[4] for _ in range(4))]
    assert infos == [{}] * 5
    assert "context" not in repr(env.unwrapped.rules)


def test_terminal_states_end_an_episode_and_absorb_in_the_arrays():
    tables = [TabularMDP.from_arrays(KERNELS[m], REWARDS[m], terminal=[False, False, True]) for m in range(2)]
    model = LatentMDP(tuple(tables))
    np.testing.assert_array_equal(model.transitions[:, 2], np.eye(3)[[[2, 2], [2, 2]]])
    assert (model.rewards[:, 2] == 0).all()
    env = mdpzoo.make(model)
    env.reset(seed=0)
    ended = False
    while not ended:
        state, _, ended, _, _ = env.step(0)
        assert ended == (state == 2)


def test_shown_rewards_tell_what_was_paid():
    model = LatentMDP.from_arrays(KERNELS, np.round(REWARDS), horizon=6)  # rewards 0 and 1
    shown = show_rewards(model)
    assert shown.num_states == 3 * 3  # two rewards, and none yet
    plain, told = mdpzoo.make(model), mdpzoo.make(shown)
    (state, _), (pair, _) = plain.reset(seed=1), told.reset(seed=1)
    assert pair == 6 + state
    for step in range(6):
        state, reward, *_ = plain.step(step % 2)
        pair, same, *_ = told.step(step % 2)
        assert divmod(pair, 3) == (reward, state)
        assert same == reward


def test_the_product_pomdp_walks_the_same_states():
    model = two_contexts(horizon=5)
    product = model.to_pomdp()
    assert product.num_states == 6
    np.testing.assert_allclose(product.transitions.sum(-1), 1)
    np.testing.assert_array_equal(product.transitions[3:, :, :3], 0)  # contexts do not change
    env = mdpzoo.make(product, reveal="always")
    state, info = env.reset(seed=3)
    assert info["hidden_state"] % 3 == state


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: LatentMDP.from_arrays(KERNELS[0], REWARDS), r"shape \[M, S, A, S\]"),
        (lambda: LatentMDP.from_arrays(KERNELS, REWARDS[0]), r"rewards must have shape \[2, 3, 2\]"),
        (lambda: LatentMDP.from_arrays(KERNELS * 2, REWARDS), "must sum to 1"),
        (lambda: LatentMDP.from_arrays([["a"]], REWARDS), "rectangular array of numbers"),
        (lambda: two_contexts(weights=[0.5, 0.6]), "2 positive numbers that sum to 1"),
        (lambda: two_contexts(weights=[1.0, 0.0]), "2 positive numbers"),
        (lambda: two_contexts(start=[1.0, 0.0]), r"start must have shape \[3\] or \[2, 3\]"),
        (lambda: two_contexts(horizon=-1), "horizon must be a whole number"),
        (lambda: two_contexts(horizon=2.5), "horizon must be a whole number"),
        (lambda: LatentMDP(()), "at least one TabularMDP"),
        (lambda: LatentMDP((two_contexts().models[0], 3)), "got int at place 1"),
    ],
)
def test_arrays_that_cannot_be_are_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_contexts_must_end_in_the_same_states():
    tables = [TabularMDP.from_arrays(KERNELS[0], REWARDS[0], terminal=[False, m == 1, True]) for m in range(2)]
    with pytest.raises(SettingError, match="same terminal states, got others at place 1"):
        LatentMDP(tuple(tables))


def test_an_illegal_action_is_refused():
    env = mdpzoo.make(two_contexts())
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match="got 2"):
        env.unwrapped.step(2)
