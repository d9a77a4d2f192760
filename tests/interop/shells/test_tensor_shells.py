import numpy as np
import pytest
import torch
from gymnasium.vector import AutoresetMode, SyncVectorEnv
from gymnasium.wrappers.vector import RecordEpisodeStatistics

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.shells.batched_vector import autoreset
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.interop.shells.tensor_env import TensorEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo.interop.vector import vector_env
from tests.toys import Cards, coin_walk


def cards(rows=3, **settings):
    return TensorVectorEnv(Cards(), rows, **settings)


def in_turn(observation):
    """The first legal action of every row."""
    return np.asarray(observation["action_mask"]).argmax(1)


def test_row_i_does_not_depend_on_how_many_rows_there_are():
    small, large = cards(2), cards(7)
    first, second = small.reset(seed=5)[0], large.reset(seed=5)[0]
    for _ in range(12):  # three episodes of four cards
        assert (first["values"] == second["values"][:2]).all()
        first, second = small.step(in_turn(first))[0], large.step(in_turn(second))[0]


@pytest.mark.parametrize("mode", list(AutoresetMode))
def test_a_tabular_model_keeps_gymnasiums_own_contract(mode):
    ours = TensorVectorEnv(coin_walk().batched(), 4, autoreset_mode=mode)
    theirs = SyncVectorEnv([lambda: ModelEnv(coin_walk())] * 4, autoreset_mode=mode)
    assert ours.autoreset_mode == theirs.autoreset_mode == ours.metadata["autoreset_mode"]  # TorchRL asks for it
    assert (ours.reset(seed=1)[0] == theirs.reset(seed=1)[0]).all()
    generator = np.random.default_rng(0)
    for _ in range(60):
        action = generator.integers(2, size=4)
        got, wanted = ours.step(action), theirs.step(action)
        for one, other in zip(got[:4], wanted[:4], strict=True):
            assert np.array_equal(one, other)
        done = got[2] | got[3]
        if mode == AutoresetMode.SAME_STEP and done.any():
            assert (got[4]["_final_obs"] == wanted[4]["_final_obs"]).all()
            assert [got[4]["final_obs"][row] for row in np.flatnonzero(done)] == list(wanted[4]["final_obs"][done])
        if mode == AutoresetMode.DISABLED and done.any():
            options = {"reset_mask": done}
            assert (ours.reset(options=options)[0] == theirs.reset(options=options)[0]).all()


def test_an_illegal_action_ends_its_row_and_is_reported():
    envs = cards(2)
    envs.reset(seed=0)
    envs.step(np.array([1, 1]))
    _, reward, terminated, _, infos = envs.step(np.array([1, 2]))  # card 1 is gone
    assert infos["illegal"].tolist() == [True, False]
    assert terminated.tolist() == [True, False]
    assert reward[0] == -1


@pytest.mark.parametrize("action", [-1, 4, 99])
def test_an_action_outside_the_space_is_illegal_too(action):
    envs = cards(1)
    envs.reset(seed=0)
    assert envs.step(np.array([action]))[4]["illegal"].tolist() == [True]


def test_torch_output_stays_on_the_device_with_its_statistics():
    envs = cards(2, output="torch", autoreset_mode=AutoresetMode.SAME_STEP)
    observation, _ = envs.reset(seed=0)
    earned = observation["values"].sum(1)
    for card in range(4):
        _, reward, terminated, truncated, infos = envs.step(torch.full((2,), card))
    assert {type(each) for each in (reward, terminated, truncated, infos["final_obs"]["values"])} == {torch.Tensor}
    assert torch.allclose(infos["episode"]["r"], earned.double())
    assert infos["episode"]["l"].tolist() == [4, 4]
    assert infos["episode"]["t"].dtype == torch.float64
    assert 0 < infos["episode"]["t"].min() < 60


def test_gymnasiums_own_statistics_work_on_numpy_output():
    envs = RecordEpisodeStatistics(cards(2))
    observation, _ = envs.reset(seed=0)
    for _ in range(4):
        observation, *_, infos = envs.step(in_turn(observation))
    assert infos["episode"]["l"].tolist() == [4, 4]


def test_a_limit_truncates_and_the_last_step_may_be_both():
    envs = cards(1, max_episode_steps=4)
    observation, _ = envs.reset(seed=0)
    for _ in range(4):
        observation, _, terminated, truncated, _ = envs.step(in_turn(observation))
    assert (terminated.item(), truncated.item()) == (True, True)  # as Gymnasium's TimeLimit says it
    assert not cards(1, max_episode_steps=-1).reset(seed=0)[1]


def test_seeds_may_be_given_row_by_row_and_none_goes_on():
    envs, other = cards(2), cards(2)
    envs.reset(seed=[8, 9])
    other.reset(seed=8)
    assert (envs.reset(seed=None)[0]["values"] == other.reset()[0]["values"]).all()
    kept = envs.reset(seed=[8, None])[0]["values"]
    assert (kept[0] == cards(1).reset(seed=8)[0]["values"][0]).all()
    assert (kept[1] == other.reset()[0]["values"][1]).all()


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"num_envs": 0}, "num_envs must be a whole number of at least 1, got 0"),
        ({"output": "jax"}, "output must be 'numpy' or 'torch', got 'jax'"),
        ({"max_episode_steps": 0}, "max_episode_steps must be a whole number of at least 1"),
    ],
)
def test_a_wrong_argument_is_named(settings, named):
    with pytest.raises(SettingError, match=named):
        TensorVectorEnv(Cards(), **({"num_envs": 1} | settings))


def test_a_wrong_mode_mask_or_number_of_actions_is_named():
    with pytest.raises(SettingError, match="Did you mean 'same_step'"):
        autoreset("same-step")
    envs = cards(2)
    envs.reset(seed=0)
    with pytest.raises(SettingError, match=r"expected 2 actions, int64 of shape \[2\], got int64 of shape \[3\]"):
        envs.step(np.zeros(3, int))
    with pytest.raises(SettingError, match=r"reset_mask must have shape \[2\]"):
        envs.reset(options={"reset_mask": np.ones(3, bool)})
    with pytest.raises(SettingError, match="expected 2 seeds, got 3"):
        envs.reset(seed=[1, 2, 3])


def test_a_model_without_a_batched_form_gets_gymnasiums_own_vector_environment():
    envs = vector_env("tests.toys:Countdown", 2, autoreset_mode="same_step", max_episode_steps=2)
    assert isinstance(envs, SyncVectorEnv)
    envs.reset(seed=0)
    envs.step(np.zeros(2, int))
    assert envs.step(np.zeros(2, int))[3].all()
    with pytest.raises(SettingError, match="its output is 'numpy', not 'torch'"):
        vector_env("tests.toys:Countdown", 2, output="torch")


def test_the_single_environment_raises_on_illegal_actions_or_ends_as_told():
    env = TensorEnv(Cards())
    env.reset(seed=0)
    env.step(2)
    with pytest.raises(IllegalActionError, match="action 2 is illegal here"):
        env.step(2)
    assert env.step(0)[0]["action_mask"].tolist() == [False, True, False, True]  # nothing was lost
    lenient = TensorEnv(Cards(), illegal="end")
    lenient.reset(seed=0)
    lenient.step(2)
    assert lenient.step(2)[1:] == (-1.0, True, False, {"illegal": True})


def test_samples_of_the_action_space_are_legal():
    env = TensorEnv(Cards(6))
    for seed in range(20):
        env.action_space.seed(seed)
        env.reset(seed=seed)
        done = False
        while not done:
            done = env.step(env.action_space.sample())[2]


@pytest.mark.parametrize("limit", [None, 7])
def test_a_vector_environment_tells_its_time_limit(limit):
    assert mdpzoo.make_vec(coin_walk(), 2, max_episode_steps=limit).max_episode_steps == limit
