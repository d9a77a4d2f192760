"""Making things by id."""

import gymnasium
import numpy as np
import pettingzoo
import pytest
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.vec_env import VecEnv

import mdpzoo
from mdpzoo.errors import MissingExtraError, SettingError, UnknownNameError
from mdpzoo.front import require
from tests.toys import Cards, coin_walk


def test_a_prefix_makes_gymnasium_import_the_zoo():
    assert mdpzoo.make("mdpzoo:mdpzoo/RiverSwim-v0").spec.id == "mdpzoo/RiverSwim-v0"
    assert gymnasium.make_vec("mdpzoo:mdpzoo/RiverSwim-v0", 3).num_envs == 3


def test_every_face_has_its_type():
    assert isinstance(mdpzoo.make("mdpzoo/RiverSwim-v0"), gymnasium.Env)
    assert isinstance(mdpzoo.make_vec("mdpzoo/RiverSwim-v0", 2), gymnasium.vector.VectorEnv)
    assert isinstance(mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2), VecEnv)
    assert isinstance(mdpzoo.make_parallel("mdpzoo/MatrixGame-v0"), pettingzoo.ParallelEnv)
    assert isinstance(mdpzoo.make_aec("mdpzoo/MatrixGame-v0"), pettingzoo.AECEnv)


@pytest.mark.parametrize("mode", ["next_step", "SAME_STEP", AutoresetMode.DISABLED])
def test_an_autoreset_mode_may_be_named(mode):
    envs = mdpzoo.make_vec("mdpzoo/RiverSwim-v0", 2, autoreset_mode=mode)
    assert isinstance(envs.metadata["autoreset_mode"], AutoresetMode)
    assert envs.metadata["autoreset_mode"].name.lower() == str(getattr(mode, "name", mode)).lower()


@pytest.mark.parametrize(
    ("limit", "steps"),
    [
        (None, 200),  # the spec's own
        (7, 7),  # the caller's
    ],
)
def test_a_time_limit_is_the_specs_unless_the_caller_says_otherwise(limit, steps):
    settings = {} if limit is None else {"max_episode_steps": limit}
    single = mdpzoo.make("mdpzoo/RiverSwim-v0", **settings)
    envs = mdpzoo.make_vec("mdpzoo/RiverSwim-v0", 2, **settings)
    single.reset(seed=0)
    envs.reset(seed=0)
    for step in range(1, steps + 1):
        assert single.step(0)[3] == (step == steps)
        assert envs.step(np.zeros(2, int))[3].all() == (step == steps)


def test_minus_one_lifts_the_limit():
    envs = mdpzoo.make_vec("mdpzoo/RiverSwim-v0", 1, max_episode_steps=-1)
    envs.reset(seed=0)
    assert not any(envs.step(np.zeros(1, int))[3].item() for _ in range(250))


def test_another_librarys_environment_stays_on_its_own_terms():
    assert mdpzoo.make_vec("CartPole-v1", 2).num_envs == 2
    with pytest.raises(SettingError, match="is not rules of the zoo"):
        mdpzoo.make_vec("CartPole-v1", 2, output="torch")


@pytest.mark.parametrize(
    ("make", "id", "named"),
    [
        (mdpzoo.make, "mdpzoo/RiverSwin-v0", "Did you mean 'mdpzoo/RiverSwim-v0'"),
        (mdpzoo.make_parallel, "mdpzoo/MatrixGame", "Did you mean 'mdpzoo/MatrixGame-v0'"),
        (mdpzoo.make_aec, "zzz", "See: mdpzoo list environments"),
    ],
)
def test_a_wrong_id_is_one_sentence_with_a_remedy(make, id, named):
    with pytest.raises(UnknownNameError) as told:
        make(id)
    assert named in str(told.value)


def test_an_agent_takes_an_id_or_an_environment():
    by_id = mdpzoo.make_agent("q-learning", "mdpzoo/RiverSwim-v0", seed=0)
    by_env = mdpzoo.make_agent("q-learning", mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 4), seed=0)
    assert by_id.n_envs == 1
    assert by_env.n_envs == 4


@pytest.mark.parametrize(("agent", "setting", "said"), [
    ("q-learning", {"seed": -1}, "seed must be at least 0, got -1"),  # the range of every agent
    ("dqn", {"gamma": 1.5}, r"gamma must lie in \[0, 1\], got 1.5"),  # of its spec
])  # fmt: skip
def test_an_agent_is_not_made_with_a_setting_outside_the_range_of_its_spec(agent, setting, said):
    with pytest.raises(SettingError, match=said):
        mdpzoo.make_agent(agent, "mdpzoo/RiverSwim-v0", **setting)


def test_a_seat_may_be_taken_by_id_or_at_a_table_that_is_laid():
    class Still:
        def predict(self, observation, state=None, episode_start=None, deterministic=False):
            return np.int64(0), state

    for game in ("mdpzoo/MatrixGame-v0", mdpzoo.make_parallel("mdpzoo/MatrixGame-v0")):
        env = mdpzoo.seat(game, "player_0", Still())
        env.reset(seed=0)
        assert env.step(0)[1] == 1.0  # both show heads: the first player wins


def test_a_missing_package_says_what_to_type():
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo\[sb3\]'"):
        require("no_such_package_at_all", "sb3")


def test_rules_need_no_id():
    model = coin_walk()
    assert mdpzoo.make(model).unwrapped.rules is model
    envs = mdpzoo.make_vec(model, 3, max_episode_steps=4)
    assert envs.num_envs == 3
    single = mdpzoo.make(model, max_episode_steps=2)
    single.reset(seed=0)
    assert [single.step(0)[3] for _ in range(2)] == [False, True]
    assert mdpzoo.make_sb3(model, 2).num_envs == 2
    assert mdpzoo.make(Cards(3)).reset(seed=0)[0]["action_mask"].all()


@pytest.mark.parametrize(
    ("rules", "settings", "named"),
    [
        (3, {}, "expected an id, a model or a problem, got 3"),
        (coin_walk(), {"render": "human"}, "Did you mean 'render_mode'?"),
    ],
)
def test_what_is_no_rules_is_refused(rules, settings, named):
    with pytest.raises(SettingError) as refused:
        mdpzoo.make(rules, **settings)
    assert named in str(refused.value)


@pytest.mark.parametrize(("typed", "meant"), [("mdpzoo/TPS-v0", "mdpzoo/TSP-v0"), ("Frozenlake-v1", "FrozenLake-v1")])
def test_a_mistyped_id_is_answered_with_the_nearest_of_anybodys(typed, meant):
    with pytest.raises(UnknownNameError, match=f"Did you mean '{meant}'?"):
        mdpzoo.make(typed)


@pytest.mark.parametrize("make", [mdpzoo.make_vec, mdpzoo.make_sb3])
def test_a_setting_that_rules_do_not_have_is_refused_in_batches_too(make):
    with pytest.raises(SettingError, match="unknown setting 'max_steps'. Did you mean 'max_episode_steps'?"):
        make(coin_walk(), 2, max_steps=5)
