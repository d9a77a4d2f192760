"""The optimal agent earns what the planner says, in every face and after it was saved."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.experiments.evaluation import evaluate
from mdpzoo.interop.finite_agents import table_behind, time_limit
from mdpzoo.planning.tasks import solve_task


@pytest.mark.parametrize(
    ("id", "settings"),
    [
        ("mdpzoo/RiverSwim-v0", {"max_episode_steps": 15}),  # the limit changes what is best: turn back late
        ("FrozenLake-v1", {}),  # Gymnasium's own, by its table
        ("mdpzoo/CombinationLock-v0", {"horizon": 4}),
    ],
)
def test_it_returns_the_optimum_up_to_chance(id, settings):
    envs = mdpzoo.make_sb3(id, 16, **settings)
    agent = mdpzoo.make_agent("optimal", envs, seed=0)
    envs.seed(1)
    returns = evaluate(agent, envs, 1_600).returns
    task = solve_task(table_behind(envs), time_limit(envs))
    error = max(returns.std() / 40, 1e-6)
    assert abs(returns.mean() - task.optimum) < 4 * error
    assert task.optimum >= task.random


def test_it_counts_the_steps_of_each_episode():
    agent = mdpzoo.make_agent("optimal", mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2, max_episode_steps=15), seed=0)
    early, state = agent.predict(np.array([1, 1]))
    assert early.tolist() == [1, 1]  # there is time to swim up
    for _ in range(13):
        _, state = agent.predict(np.array([1, 1]), state, np.zeros(2, bool))
    late, _ = agent.predict(np.array([0, 0]), state, np.array([False, True]))
    assert late.tolist() == [0, 1]  # the last step of one episode, the first of another
    assert int(agent.predict(0)[0]) == 1  # a single observation


def test_a_saved_one_plays_alike(tmp_path):
    envs = mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2, max_episode_steps=15)
    agent = mdpzoo.make_agent("optimal", envs, seed=0)
    agent.save(tmp_path / "agent.zip")
    again = mdpzoo.load_agent(tmp_path / "agent.zip")
    assert again.policy.plan.tolist() == agent.policy.plan.tolist()


def test_without_a_model_there_is_no_optimum():
    with pytest.raises(SettingError, match="agent 'optimal'"):
        mdpzoo.make_agent("optimal", mdpzoo.make_sb3("mdpzoo/TidalSwim-v0", 1))


@pytest.mark.parametrize(
    ("id", "settings", "limit"),
    [
        ("FrozenLake-v1", {}, 100),
        ("mdpzoo/RiverSwim-v0", {}, 200),
        ("mdpzoo/RandomMDP-v0", {}, None),
        ("mdpzoo/RandomMDP-v0", {"max_episode_steps": 9}, 9),
    ],
)
def test_time_limits_are_found_through_every_face(id, settings, limit):
    assert time_limit(mdpzoo.make(id, **settings)) == limit
    assert time_limit(mdpzoo.make_sb3(id, 2, **settings)) == limit


def test_tables_are_found_through_every_face():
    for made in (
        mdpzoo.make("FrozenLake-v1"),
        mdpzoo.make_sb3("FrozenLake-v1", 2),
        mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2),
    ):
        assert table_behind(made).num_actions in (2, 4)
    assert table_behind(mdpzoo.make("CartPole-v1")) is None
    assert table_behind(None) is None
