import copy

import gymnasium
import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import IllegalActionError, ResetNeededError, SettingError
from mdpzoo_adversarial.control.robots import ROBOTS, Parameters, robot_env

mujoco = pytest.importorskip("mujoco")
OWN, OTHER = "protagonist", "adversary"


def make(robot="Hopper", **settings):
    return mdpzoo.make_parallel(f"mdpzoo/Adversarial{robot}-v0", **settings)


def play(game, steps, pull, seed=0):
    """The states of some steps with the controller still and a constant pull in [-1, 1]."""
    game.reset(seed=seed)
    still = np.zeros(game.action_space(OWN).shape, np.float32)
    states = []
    for _ in range(steps):
        if not game.agents:
            break
        game.step({OWN: still, OTHER: np.asarray(pull, np.float32)})
        states.append(game.state())
    return np.array(states)


@pytest.mark.parametrize("robot", ROBOTS)
def test_every_axis_that_is_offered_moves_the_robot(robot):
    game = make(robot, force=5.0)
    size = game.action_space(OTHER).shape[0]
    still = play(game, 5, np.zeros(size))
    for axis in range(size):
        assert np.abs(play(game, 5, np.eye(size)[axis]) - still).max() > 1e-4


@pytest.mark.parametrize(("robot", "axes"), [("Hopper", "y"), ("Walker2d", "xyz"), ("Swimmer", "xz")])
def test_an_axis_in_which_a_force_does_nothing_is_refused(robot, axes):
    with pytest.raises(SettingError, match="does not move"):
        make(robot, axes=axes)


def test_the_dead_axis_is_dead():
    env = robot_env(ROBOTS["Hopper"])
    states = []
    for force in (0.0, 50.0):
        env.reset(seed=0)
        for _ in range(10):
            env.data.xfrc_applied[4, 1] = force
            env.step(np.zeros(3))
        states.append(env.data.qpos.copy())
    assert np.array_equal(*states)


@pytest.mark.parametrize("robot", ["Hopper", "Ant"])
def test_a_force_ends_with_its_step_and_shows_in_no_observation(robot):
    game = make(robot)
    game.reset(seed=0)
    full = {OWN: np.zeros(game.action_space(OWN).shape), OTHER: np.ones(game.action_space(OTHER).shape)}
    game.step(full)
    assert not game.env.data.xfrc_applied.any()
    game.env.data.xfrc_applied[:] = 1.0
    game.reset()
    assert not game.env.data.xfrc_applied.any()
    inner = game.env
    assert game.observation_space(OWN).shape == (
        inner.data.qpos.size + inner.data.qvel.size - (2 if robot == "Ant" else 1),
    )


def test_ants_reward_does_not_see_the_force():
    game = make("Ant")
    game.reset(seed=0)
    _, _, _, _, infos = game.step({OWN: np.zeros(8), OTHER: np.ones(3)})
    assert infos[OWN]["reward_contact"] == 0


def test_without_force_it_is_gymnasiums_robot():
    game, theirs = make(), gymnasium.make("Hopper-v5")
    seen, _ = game.reset(seed=3)
    expected, _ = theirs.reset(seed=3)
    generator = np.random.default_rng(0)
    for _ in range(30):
        assert np.array_equal(seen[OWN], expected)
        action = generator.uniform(-1, 1, 3).astype(np.float32)
        seen, rewards, ended, _, _ = game.step({OWN: action, OTHER: np.zeros(2)})
        expected, reward, terminated, *_ = theirs.step(action)
        assert rewards == {OWN: reward, OTHER: -reward}
        assert ended[OWN] == terminated
        if terminated:
            break


def test_the_same_seed_gives_the_same_trajectory():
    game = make("Walker2d")
    first, second = play(game, 20, [1, 0, 0, 1], seed=5), play(game, 20, [1, 0, 0, 1], seed=5)
    assert np.array_equal(first, second)
    assert not np.array_equal(first, play(game, 20, [1, 0, 0, 1], seed=6))


def compiled_with(robot, body, factor):
    """A model whose body was compiled with other masses of its geoms."""
    env = robot_env(robot)
    spec = mujoco.MjSpec.from_file(env.fullpath)
    for geom in spec.body(body).geoms:
        volume_density = geom.density
        geom.density = volume_density * factor
    return spec.compile()


@pytest.mark.parametrize(
    ("robot", "body", "factor"),
    [("Hopper", "torso", 3.0), ("Walker2d", "torso", 0.5), ("InvertedPendulum", "pole", 4.0)],
)
def test_a_changed_mass_agrees_with_a_model_compiled_with_it(robot, body, factor):
    env, expected = robot_env(ROBOTS[robot]), compiled_with(ROBOTS[robot], body, factor)
    Parameters(env).set({f"mass:{body}": factor})
    model = env.model
    for name in ("body_mass", "body_inertia", "body_subtreemass", "dof_M0", "dof_invweight0", "body_invweight0"):
        np.testing.assert_allclose(getattr(model, name), getattr(expected, name), rtol=1e-12, err_msg=name)
    states, generator = [], np.random.default_rng(0)
    controls = generator.uniform(-1, 1, (100, model.nu))
    for each in (model, expected):
        data = mujoco.MjData(each)
        data.qpos[:] = env.init_qpos
        for control in controls:
            data.ctrl[:] = control
            mujoco.mj_step(each, data)
        states.append(np.concatenate([data.qpos, data.qvel]))
    np.testing.assert_allclose(states[0], states[1], atol=1e-10)


def test_parameters_are_factors_of_nominal_values_and_survive_resets():
    game = make(parameters={"gravity": 0.5, "friction": 2.0, "mass:torso": 1.5, "actuators": 0.8})
    plain = gymnasium.make("Hopper-v5").unwrapped.model
    game.reset(seed=0)
    model = game.env.model
    torso = model.body("torso").id
    assert model.opt.gravity[2] == 0.5 * plain.opt.gravity[2]
    assert np.array_equal(model.geom_friction[:, 0], 2 * plain.geom_friction[:, 0])
    assert model.body_mass[torso] == pytest.approx(1.5 * plain.body_mass[torso])
    assert np.array_equal(model.actuator_gear, 0.8 * plain.actuator_gear)
    game.set_parameters({"friction": 3.0})
    assert model.opt.gravity[2] == plain.opt.gravity[2]
    assert model.body_mass[torso] == plain.body_mass[torso]
    assert np.array_equal(model.geom_friction[:, 0], 3 * plain.geom_friction[:, 0])


def test_a_single_body_overrides_all_masses_together():
    game = make(parameters={"mass:torso": 3.0, "masses": 2.0})
    plain = gymnasium.make("Hopper-v5").unwrapped.model
    ratios = game.env.model.body_mass[1:] / plain.body_mass[1:]
    assert ratios.tolist() == pytest.approx([3, 2, 2, 2])


def test_a_copy_is_another_simulator_with_the_same_settings():
    game = make(force=7.0, bodies=["torso"], axes="x", parameters={"friction": 2.0}, max_cycles=9)
    other = copy.deepcopy(game)
    assert other.env is not game.env
    assert (other.force, other.bodies, other.axes, other.max_cycles) == (7.0, ["torso"], "x", 9)
    assert np.array_equal(play(game, 9, [1.0]), play(other, 9, [1.0]))
    other.set_parameters({})
    assert not np.array_equal(other.env.model.geom_friction, game.env.model.geom_friction)


def test_an_episode_is_cut_at_max_cycles_and_then_needs_a_reset():
    game = make("HalfCheetah", max_cycles=3)
    game.reset(seed=0)
    full = {name: np.zeros(game.action_space(name).shape) for name in game.possible_agents}
    ends = [game.step(full)[3][OWN] for _ in range(3)]
    assert ends == [False, False, True]
    with pytest.raises(ResetNeededError):
        game.step(full)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"bodies": ["fot"]}, "Did you mean 'foot'"),
        ({"bodies": ["foot", "foot"]}, "named once"),
        ({"axes": "q"}, "axes must be some of"),
        ({"force": -1.0}, "force must lie in"),
        ({"parameters": {"frction": 1.0}}, "Did you mean 'friction'"),
        ({"parameters": {"friction": 0.0}}, "must be a positive number"),
        ({"max_cycles": 0}, "max_cycles"),
    ],
)
def test_settings_out_of_range_are_refused(settings, words):
    with pytest.raises(SettingError, match=words):
        make(**settings)


def test_actions_that_are_none_are_refused():
    game = make()
    game.reset(seed=0)
    with pytest.raises(IllegalActionError, match="action of adversary must be 2 finite numbers"):
        game.step({OWN: np.zeros(3), OTHER: np.array([np.nan, 0])})
    with pytest.raises(SettingError, match="'adversary' is missing"):
        game.step({OWN: np.zeros(3)})


def test_robots_with_other_parameters_are_gymnasium_environments():
    env = gymnasium.make("mdpzoo/RobustMuJoCo-v0", robot="Hopper", parameters={"mass:torso": 2.0})
    plain = gymnasium.make("Hopper-v5")
    assert env.unwrapped.model.body("torso").mass == pytest.approx(2 * plain.unwrapped.model.body("torso").mass)
    assert env.spec.max_episode_steps == 1000
    with pytest.raises(SettingError, match="Did you mean 'Hopper'"):
        mdpzoo.make("mdpzoo/RobustMuJoCo-v0", robot="Hoper")
