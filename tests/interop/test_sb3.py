"""What Stable-Baselines3 sees: its own contract of vector environments, and masks."""

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from sb3_contrib.common.maskable.utils import get_action_masks, is_masking_supported
from stable_baselines3.common.env_util import is_wrapped
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv, VecMonitor, VecNormalize

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.interop.sb3 import BatchedVecEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from tests.toys import Cards, coin_walk


def cards(rows=3, **settings):
    same_step = {"autoreset_mode": AutoresetMode.SAME_STEP, "statistics": True}
    return BatchedVecEnv(TensorVectorEnv(Cards(), rows, **same_step, **settings))


def played(envs, steps):
    """Plays the first legal action for so many steps and returns the last one's outcome."""
    observation = envs.reset()
    for _ in range(steps):
        outcome = envs.step(observation["action_mask"].argmax(1))
        observation = outcome[0]
    return outcome


def test_the_end_of_an_episode_is_told_as_sb3_wants_it():
    envs = cards()
    envs.seed(4)
    values = envs.reset()["values"].copy()
    envs.seed(4)
    observation, rewards, dones, infos = played(envs, 4)
    assert dones.all()
    assert rewards.dtype == np.float32
    for row, info in enumerate(infos):
        assert info["TimeLimit.truncated"] is False
        assert not info["terminal_observation"]["action_mask"].any()
        assert info["episode"]["l"] == 4
        assert info["episode"]["r"] == pytest.approx(values[row].sum())
    assert observation["action_mask"].all()  # a fresh episode has begun


def test_a_truncated_episode_is_told_from_a_finished_one():
    _, _, dones, infos = played(cards(max_episode_steps=2), 2)
    assert dones.all()
    assert all(info["TimeLimit.truncated"] for info in infos)
    _, _, dones, infos = played(cards(max_episode_steps=4), 4)  # both at once: the rules ended it
    assert not any(info["TimeLimit.truncated"] for info in infos)


def test_infos_of_different_rows_are_different_objects():
    infos = played(cards(), 1)[3]
    assert len({id(info) for info in infos}) == 3
    assert infos == [{}, {}, {}]


def test_an_illegal_action_is_told_in_its_rows_info():
    envs = cards(2)
    envs.reset()
    envs.step(np.array([0, 0]))
    _, rewards, dones, infos = envs.step(np.array([0, 1]))
    assert (dones.tolist(), rewards[0]) == ([True, False], -1)
    assert infos[0]["illegal"] is True
    assert "illegal" not in infos[1]


def test_masks_reach_maskable_ppo_row_by_row():
    envs = cards()
    assert is_masking_supported(envs)  # before the first reset, too
    envs.reset()
    envs.step(np.array([0, 1, 2]))
    assert get_action_masks(envs).tolist() == [[row != card for card in range(4)] for row in range(3)]
    assert envs.env_method("action_masks", indices=2)[0].tolist() == [True, True, False, True]


def test_seeds_are_used_once_and_then_the_streams_go_on():
    envs = cards()
    envs.seed(7)
    first, second = envs.reset()["values"].copy(), envs.reset()["values"].copy()
    assert (first != second).any()
    envs.seed(7)
    assert (envs.reset()["values"] == first).all()
    assert (envs.reset()["values"] == second).all()


def test_no_monitor_is_needed_and_sb3s_own_wrappers_fit():
    envs = cards()
    assert is_wrapped(mdpzoo.make("CartPole-v1"), Monitor) is False
    assert all(envs.env_is_wrapped(Monitor))
    with pytest.warns(UserWarning, match="already wrapped with a `Monitor`"):  # SB3 knows that it is not needed
        assert played(VecMonitor(cards()), 4)[2].all()
    normalised = VecNormalize(cards(), norm_obs_keys=["values"])
    assert abs(normalised.reset()["values"]).max() <= 10


def test_rows_share_their_rules_and_cannot_be_changed_one_by_one():
    envs = cards()
    assert envs.get_attr("num_envs") == [3, 3, 3]
    with pytest.raises(AttributeError, match="make a new environment"):
        envs.set_attr("rules", Cards(9))
    with pytest.raises(AttributeError):
        envs.get_attr("no_such_thing")


def test_a_vector_environment_of_another_mode_is_refused():
    with pytest.raises(SettingError, match="use mdpzoo.make_sb3"):
        BatchedVecEnv(TensorVectorEnv(coin_walk().batched(), 2))


def test_make_sb3_takes_gymnasiums_own_environments_too():
    envs = mdpzoo.make_sb3("CartPole-v1", 2)
    assert isinstance(envs, DummyVecEnv)
    assert all(envs.env_is_wrapped(Monitor))
    assert envs.reset().shape == (2, 4)


def test_pictures_of_all_rows_come_as_sb3_asks_for_them():
    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=5, render_mode="rgb_array")
    envs.reset()
    assert envs.render_mode == "rgb_array"
    assert envs.render().ndim == 3  # SB3 tiles them
    assert len(envs.get_images()) == 2
    assert cards().get_images() == [None, None, None]
