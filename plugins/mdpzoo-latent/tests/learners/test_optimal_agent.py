import numpy as np
import pytest
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_latent import plan, signpost, tiger


def test_the_optimal_agent_earns_the_optimum():
    env = mdpzoo.make_sb3("mdpzoo/LatentSignpost-v0", 10)
    agent = mdpzoo.make_agent("belief-optimal", env, seed=0)
    mean, _ = evaluate_policy(agent.learn(100), env, n_eval_episodes=2_000, warn=False)
    # optimum 6.4; a standard deviation of the mean is 0.07
    assert mean == pytest.approx(plan(signpost(), 10).value, abs=0.3)


def test_rows_of_a_batch_have_memories_of_their_own():
    agent = mdpzoo.make_agent("belief-optimal", mdpzoo.make(tiger(horizon=6)), seed=0)
    heard = np.array([[2, 2, 2], [0, 1, 0], [0, 1, 1]])  # of three rows, one step a line; 2: nothing yet
    actions, state = agent.predict(heard[0])
    rows = [agent.predict(heard[0][row : row + 1]) for row in range(3)]
    for step in (1, 2):
        actions, state = agent.predict(heard[step], state, np.zeros(3, bool))
        rows = [agent.predict(heard[step][row : row + 1], rows[row][1], np.zeros(1, bool)) for row in range(3)]
        assert actions.tolist() == [int(each[0][0]) for each in rows]
    assert actions[0] == 2  # heard left twice: open right
    assert actions[1] == 1
    assert actions[2] == 0  # heard both: listen


def test_an_episode_that_starts_forgets():
    agent = mdpzoo.make_agent("belief-optimal", mdpzoo.make(tiger(horizon=6)), seed=0)
    first, state = agent.predict(np.array([2]))
    for _ in range(2):
        _, state = agent.predict(np.array([0]), state, np.array([False]))
    again, _ = agent.predict(np.array([2]), state, np.array([True]))
    assert again.tolist() == first.tolist()


@pytest.mark.parametrize("settings", [{}, {"method": "alpha"}, {"horizon": 4}, {"seconds": 0.0}])
def test_settings_are_those_of_plan(settings):
    agent = mdpzoo.make_agent("belief-optimal", "mdpzoo/Tiger-v0", seed=0, **settings)
    assert agent.policy.plan.horizon == settings.get("horizon", 20)
    assert np.ndim(agent.predict(2)[0]) == 0


def test_a_plan_that_is_too_short_says_so():
    agent = mdpzoo.make_agent("belief-optimal", "mdpzoo/Tiger-v0", horizon=1, seed=0)
    _, state = agent.predict(np.array([2]))
    with pytest.raises(SettingError, match="the plan is for 1 steps"):
        agent.predict(np.array([0]), state, np.array([False]))


def test_it_is_saved_and_loaded(tmp_path):
    agent = mdpzoo.make_agent("belief-optimal", "mdpzoo/Tiger-v0", seed=0)
    agent.save(tmp_path / "agent.zip")
    loaded = mdpzoo.load_agent(tmp_path / "agent.zip")
    assert loaded.predict(np.array([2]))[0].tolist() == agent.predict(np.array([2]))[0].tolist() == [0]


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: mdpzoo.make_agent("belief-optimal", "FrozenLake-v1"), "plans with the model"),
        (lambda: mdpzoo.make_agent("belief-optimal", mdpzoo.make(signpost())), "give a horizon"),
        (lambda: mdpzoo.make_agent("belief-optimal", "mdpzoo/Tiger-v0", method="tre"), "Did you mean 'tree'"),
    ],
)
def test_what_cannot_be_planned_is_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)
