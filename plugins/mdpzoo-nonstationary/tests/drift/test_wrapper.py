import gymnasium
import numpy as np
import pytest
from stable_baselines3 import DQN, PPO, SAC
from stable_baselines3.common.env_checker import check_env as check_env_sb3

from mdpzoo.errors import SettingError
from mdpzoo_nonstationary import Drift, RandomWalk, Step, adapt, drifting


def test_cartpoles_derived_numbers_follow_its_parameters():
    env = drifting("CartPole-v1", {"pole_length": Step([2], [1.0, 2.0]), "pole_mass": Step([2], [1.0, 3.0])})
    env.reset(seed=0)
    inner = env.unwrapped
    for _ in range(3):
        env.step(0)
    assert (inner.length, inner.masspole) == (1.0, pytest.approx(0.3))
    assert inner.total_mass == pytest.approx(1.3)
    assert inner.polemass_length == pytest.approx(0.3)


def test_the_change_is_in_force_in_its_own_step():
    plain, heavy = gymnasium.make("Pendulum-v1"), gymnasium.make("Pendulum-v1", g=20.0)
    env = drifting("Pendulum-v1", {"gravity": Step([1], [1.0, 2.0])})
    for each in (plain, heavy, env):
        each.reset(seed=3)
    action = np.zeros(1, np.float32)
    np.testing.assert_array_equal(env.step(action)[0], plain.step(action)[0])
    heavy.unwrapped.state = plain.unwrapped.state.copy()
    np.testing.assert_array_equal(env.step(action)[0], heavy.step(action)[0])


@pytest.mark.parametrize(
    ("clock", "factors"),
    [
        ("run", [2.0, 2.0]),  # neither reset stops it
        ("seed", [2.0, 1.0]),
        ("episode", [1.0, 1.0]),
    ],
)
def test_the_clock_starts_again_when_it_is_told_to(clock, factors):
    env = drifting("Pendulum-v1", {"gravity": Step([3], [1.0, 2.0])}, clock=clock)
    env.reset(seed=0)
    for _ in range(3):
        env.step(np.zeros(1, np.float32))
    found = []
    for seed in (None, 0):
        env.reset(seed=seed)
        found.append(env.factors["gravity"])
    assert found == factors


@pytest.mark.parametrize(
    ("notify", "keys"), [("nothing", set()), ("change", {"drift_change"}), ("value", {"drift_change", "drift"})]
)
def test_info_tells_as_much_as_it_was_told_to(notify, keys):
    env = drifting("Pendulum-v1", {"gravity": Step([1], [1.0, 2.0])}, notify=notify)
    env.reset(seed=0)
    infos = [env.step(np.zeros(1, np.float32))[4] for _ in range(3)]
    assert all(info.keys() == keys for info in infos)
    if keys:
        assert [info["drift_change"] for info in infos] == [False, True, False]
    if "drift" in keys:
        assert [info["drift"]["gravity"] for info in infos] == [1.0, 2.0, 2.0]


def test_the_same_seed_drifts_along_the_same_trajectory():
    traces = []
    for _ in range(2):
        env = drifting("Pendulum-v1", {"mass": RandomWalk(0.1, seed=5)})
        env.reset(seed=1)
        traces.append([env.step(np.full(1, 0.5, np.float32))[0].tolist() for _ in range(50)])
    assert traces[0] == traces[1]


@pytest.mark.parametrize("clock", ["seed", "episode"])
def test_a_clock_that_starts_again_is_no_change(clock):
    env = drifting("CartPole-v1", {"force": Step([2], [1.0, 2.0])}, notify="change", clock=clock)
    for _ in range(2):
        assert not env.reset(seed=0)[1]["drift_change"]
        assert [env.step(0)[4]["drift_change"] for _ in range(4)] == [False, False, True, False]


def test_stable_baselines_finds_nothing_to_complain_about():
    check_env_sb3(drifting("CartPole-v1", {"gravity": Drift(1.0, 2.0, 0, 1000)}))


def test_mujocos_inertias_follow_the_masses_and_the_state_stays():
    pytest.importorskip("mujoco")
    env = drifting("HalfCheetah-v5", {"mass:torso": Step([2], [1.0, 2.0]), "friction": Step([2], [1.0, 0.5])})
    env.reset(seed=0)
    model, data = env.unwrapped.model, env.unwrapped.data
    body = model.body("torso").id
    before = model.body_mass[body], model.body_inertia[body].copy(), model.geom_friction.copy(), model.stat.meanmass
    derived = model.body_invweight0[body].copy()
    for _ in range(2):
        env.step(np.zeros(6, np.float32))
    position = data.qpos.copy()
    env._set()
    np.testing.assert_array_equal(data.qpos, position)  # computing the constants leaves the state alone
    assert model.body_mass[body] == pytest.approx(2 * before[0])
    np.testing.assert_allclose(model.body_inertia[body], 2 * before[1])
    np.testing.assert_allclose(model.geom_friction[:, 0], 0.5 * before[2][:, 0])
    np.testing.assert_allclose(model.geom_friction[:, 1:], before[2][:, 1:])
    assert model.body_subtreemass[0] > sum(model.body_mass) - 1e-9
    assert (model.body_invweight0[body] < derived).any()  # what the solver derives from masses is not stale


def test_an_environment_of_ones_own_takes_a_function():
    set_to = []
    env = drifting("Acrobot-v1", {"wind": (Step([2], [1.0, 4.0]), lambda env, factor: set_to.append(factor))})
    env.reset(seed=0)
    for _ in range(4):
        env.step(0)
    assert set_to == [1.0, 4.0]


@pytest.mark.parametrize(("algorithm", "settings"), [(PPO, {"n_steps": 64}), (DQN, {"learning_starts": 50})])
def test_ppo_and_dqn_run_unchanged_and_the_report_shows_each_change(algorithm, settings):
    env = drifting("CartPole-v1", {"pole_length": Step([200, 400], [1.0, 0.5, 2.0])})
    report = adapt(algorithm("MlpPolicy", env, seed=0, **settings), 640, 64, changes=[200, 400])
    rows = report.around(100)
    assert [row["change"] for row in rows] == [200, 400]
    assert all(np.isfinite([row["before"], row["at"], row["after"]]).all() for row in rows)
    assert report.ends[-1] <= env.clock == 640


def test_sac_adapts_in_short_pieces_and_keeps_its_buffer():
    env = drifting("Pendulum-v1", {"gravity": Step([300], [1.0, 1.5])})
    model = SAC("MlpPolicy", env, seed=0, learning_starts=50, policy_kwargs={"net_arch": [16, 16]})
    report = adapt(model, 400, 100, changes=[300])
    assert model.replay_buffer.size() == 400
    assert model.num_timesteps == 400 == env.clock
    assert len(report.returns) >= 1


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: drifting("CartPole-v1", {"gravty": Step([1], [1, 2])}), "Did you mean 'gravity'"),
        (lambda: drifting("CartPole-v1", {}), "at least one parameter"),
        (lambda: drifting("CartPole-v1", {"gravity": 2.0}), r"must have value\(t\), got float"),
        (lambda: drifting("CartPole-v1", {"gravity": Step([1], [1, 2])}, notify="all"), "unknown notify 'all'"),
        (lambda: drifting("CartPole-v1", {"gravity": Step([1], [1, 2])}, clock="runs"), "Did you mean 'run'"),
        (lambda: drifting("FrozenLake-v1", {"ice": Step([1], [1, 2])}), "has no parameters that are known by name"),
        (lambda: adapt(None, 0, 5), "at least 1, got 0 and 5"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
