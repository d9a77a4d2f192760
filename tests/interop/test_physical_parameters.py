import gymnasium
import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.interop.physical_parameters import ATTRIBUTES, named, parameters_of

CLASSIC = ("CartPole-v1", "Pendulum-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Acrobot-v1")


@pytest.mark.parametrize("id", CLASSIC)
def test_every_parameter_of_classic_control_is_there_and_changes_the_next_step(id):
    env = gymnasium.make(id)
    names = ATTRIBUTES[type(env.unwrapped).__name__]
    assert parameters_of(env).keys() == names.keys()
    for name, attribute in names.items():
        after = []
        for factor in (1.0, 1.7):
            fresh = gymnasium.make(id)
            parameter = parameters_of(fresh)[name]
            parameter.set(factor)
            assert getattr(fresh.unwrapped, attribute) == pytest.approx(factor * parameter.nominal)
            fresh.reset(seed=1)
            fresh.action_space.seed(1)
            for _ in range(3):
                seen = fresh.step(fresh.action_space.sample())[0]
            after.append(seen)
        assert (after[0] != after[1]).any(), name


@pytest.mark.parametrize("id", CLASSIC)
def test_a_factor_of_one_is_the_environment_as_it_was(id):
    env, touched = gymnasium.make(id), gymnasium.make(id)
    for parameter in parameters_of(touched).values():
        parameter.set(2.5)
        parameter.set(1.0)
    for each in (env, touched):
        each.reset(seed=3)
        each.action_space.seed(3)
    for _ in range(10):
        np.testing.assert_array_equal(
            env.step(env.action_space.sample())[0], touched.step(touched.action_space.sample())[0]
        )


@pytest.mark.parametrize("id", ["HalfCheetah-v5", "Hopper-v5"])
def test_mujocos_parameters_come_back_to_what_they_were(id):
    pytest.importorskip("mujoco")
    env = gymnasium.make(id)
    env.reset(seed=0)
    model, found = env.unwrapped.model, parameters_of(env)
    names = ("body_mass", "body_inertia", "geom_friction", "dof_damping", "body_invweight0", "dof_M0")
    before = {name: getattr(model, name).copy() for name in names}
    assert {"gravity", "friction", "damping", "masses", "mass:torso"} <= found.keys()
    for parameter in found.values():
        parameter.set(1.9)
    assert (model.body_mass[1:] > before["body_mass"][1:]).all()
    for parameter in found.values():
        parameter.set(1.0)
    for name, value in before.items():
        np.testing.assert_allclose(getattr(model, name), value, rtol=1e-9, err_msg=name)


def test_an_unknown_parameter_is_refused_with_the_nearest():
    with pytest.raises(SettingError, match="Did you mean 'pole_mass'"):
        named(parameters_of(gymnasium.make("CartPole-v1")), "polemass")
    with pytest.raises(SettingError, match="has no parameters that are known by name"):
        parameters_of(gymnasium.make("FrozenLake-v1"))
