import sys

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import MissingExtraError, SettingError

ID = "mdpzoo/TiltedPendulum-v0"


def test_gravity_keeps_its_size_and_turns():
    model = mdpzoo.make(ID, tilt=30.0).unwrapped.model
    np.testing.assert_allclose(model.opt.gravity, [9.81 / 2, 0, -9.81 * np.sqrt(3) / 2])


def test_without_a_tilt_it_is_gymnasiums_own():
    import gymnasium

    ours, theirs = mdpzoo.make(ID, tilt=0.0), gymnasium.make("InvertedPendulum-v5")
    assert (ours.reset(seed=3)[0] == theirs.reset(seed=3)[0]).all()
    for _ in range(20):
        push = np.array([0.3], np.float32)
        assert (ours.step(push)[0] == theirs.step(push)[0]).all()


def test_a_tilted_rail_pulls_the_cart_down():
    env = mdpzoo.make(ID, tilt=5.0)
    env.reset(seed=0)
    for _ in range(5):
        seen, *_ = env.step(np.zeros(1, np.float32))
    assert seen[0] > 0.001


def test_it_stops_at_its_limit_in_every_face():
    env = mdpzoo.make(ID, max_episode_steps=3)
    env.reset(seed=0)
    assert [env.step(np.zeros(1, np.float32))[3] for _ in range(3)] == [False, False, True]
    assert mdpzoo.make_vec(ID, 2, autoreset_mode="same_step").reset(seed=0)[0].shape == (2, 4)
    envs = mdpzoo.make_sb3(ID, 2)
    envs.seed(0)
    assert envs.reset().shape == (2, 4)


def test_wrong_arguments_are_named():
    with pytest.raises(SettingError, match=r"tilt must lie in \[-45, 45\] degrees, got 90"):
        mdpzoo.make(ID, tilt=90)
    with pytest.raises(SettingError, match="unknown setting .tild."):
        mdpzoo.make(ID, tild=1)
    with pytest.raises(SettingError, match="is not rules of the zoo: it runs on device='cpu' with output='numpy'"):
        mdpzoo.make_vec(ID, 2, output="torch")


def test_without_mujoco_it_says_what_to_install(monkeypatch):
    for name in [each for each in sys.modules if each.startswith("gymnasium.envs.mujoco")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "mujoco", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo-example\[mujoco\]'"):
        mdpzoo.make(ID)
