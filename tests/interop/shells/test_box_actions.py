"""Problems whose actions are vectors, in both shells, alone and in batches."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from tests.toys import Slide

PUSHES = np.random.default_rng(0).uniform(-0.5, 0.5, (40, 3, 2)).astype(np.float32)


def test_compiled_and_dense_rules_take_the_same_vectors():
    faces = [mdpzoo.make_vec(Slide(), 3), TensorVectorEnv(Slide(), 3)]
    first, second = (face.reset(seed=4)[0] for face in faces)
    assert (first == second).all()
    for push in PUSHES:
        ours, theirs = (face.step(push) for face in faces)
        for one, other in zip(ours[:4], theirs[:4], strict=True):
            assert np.array_equal(one, other)


def test_one_environment_is_the_batchs_row():
    one, many = mdpzoo.make(Slide()), mdpzoo.make_vec(Slide(), 3, autoreset_mode="same_step")
    many.reset(seed=4)
    one.reset(seed=6)
    for push in PUSHES:
        seen, reward, ended, _, _ = one.step(push[2])
        found, rewards, terminated, _, infos = many.step(push)
        assert (reward, ended) == (rewards[2], terminated[2])
        assert ((infos["final_obs"][2] if ended else found[2]) == seen).all()
        if ended:
            one.reset()


def test_lists_are_taken_and_whole_numbers_too():
    envs = mdpzoo.make_vec(Slide(), 2)
    envs.reset(seed=0)
    envs.step([[0, 0], [0, 0]])
    envs.step([[0.5, 0.25], [0.0, -0.5]])


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros(3, np.float32),  # one number a row
        np.zeros((3, 3), np.float32),  # three numbers a row
        np.zeros((2, 2), np.float32),  # two rows
        np.zeros((3, 2), bool),  # no numbers
    ],
)
@pytest.mark.parametrize("make", [mdpzoo.make_vec, TensorVectorEnv])
def test_other_shapes_are_refused_in_one_sentence(make, wrong):
    envs = make(Slide(), 3)
    envs.reset(seed=0)
    with pytest.raises(SettingError, match=r"expected 3 actions, float32 of shape \[3, 2\], got"):
        envs.step(wrong)


@pytest.mark.parametrize("wrong", [0.5, [0.1], [[0.1, 0.2]], [True, False], "push"])
def test_one_environment_refuses_them_too(wrong):
    env = mdpzoo.make(Slide())
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match="does not fit the action space"):
        env.step(wrong)


def test_pictures_come_at_the_rules_own_speed():
    assert mdpzoo.make(Slide(), render_mode="rgb_array").metadata["render_fps"] == 17
    assert mdpzoo.make_vec(Slide(), 2, render_mode="rgb_array").metadata["render_fps"] == 17
