import gymnasium
import numpy as np
import pytest
from gymnasium.spaces import Discrete
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.vec_env import DummyVecEnv

import mdpzoo
from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.experiments.evaluation import Evaluation, evaluate, evaluate_saved


class Fixed(gymnasium.Env):
    """Episodes of a fixed length; each pays its length at its end."""

    observation_space, action_space = Discrete(2), Discrete(2)

    def __init__(self, length):
        self.length = length

    def reset(self, *, seed=None, options=None):
        self.steps = 0
        return 0, {}

    def step(self, action):
        self.steps += 1
        ended = self.steps == self.length
        return 0, float(self.length) if ended else 0.0, ended, False, {"illegal": ended and self.length == 1}


class Idle:
    """Always plays 0."""

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return np.zeros(len(observation), np.int64), state


class Asked(Idle):
    """Notes the masks that it is told."""

    masks = None

    def predict(self, observation, state=None, episode_start=None, deterministic=False, action_masks=None):
        self.masks = action_masks
        return action_masks.argmax(1), state


@pytest.mark.filterwarnings("ignore:. of . episodes did not end")
@pytest.mark.parametrize(
    ("episodes", "lengths", "cut"),
    [
        (2, [3, 1], 1),  # the endless row is cut after three steps, the other ends by itself
        (4, [1, 1, 3, 3], 2),
    ],
)
def test_a_continuing_task_is_cut_at_max_steps(episodes, lengths, cut):
    envs = DummyVecEnv([lambda: Fixed(0), lambda: Fixed(1)])  # a length of 0 is never reached
    result = evaluate(Idle(), envs, episodes, max_steps=3)
    assert (sorted(result.lengths), result.cut) == (sorted(lengths), cut)


def test_a_cut_is_told_and_needs_a_positive_limit():
    with pytest.warns(UserWarning, match="1 of 1 episodes did not end within 5 steps"):
        evaluate(Idle(), DummyVecEnv([lambda: Fixed(0)]), 1, max_steps=5)
    with pytest.raises(SettingError, match="max_steps must be at least 1, got 0"):
        evaluate(Idle(), DummyVecEnv([lambda: Fixed(1)]), 1, max_steps=0)


@pytest.mark.parametrize(
    ("episodes", "lengths"),
    [
        (2, [1, 9]),  # one each, though the short row ends nine episodes meanwhile
        (5, [1, 1, 9, 9, 9]),  # the last row takes what is left over
        (1, [9]),
    ],
)
@pytest.mark.parametrize("monitored", [False, True])
def test_every_row_plays_its_share(episodes, lengths, monitored):
    wrap = Monitor if monitored else lambda env: env
    envs = DummyVecEnv([lambda: wrap(Fixed(1)), lambda: wrap(Fixed(9))])
    found = evaluate(Idle(), envs, episodes)
    assert sorted(found.lengths.tolist()) == lengths
    assert sorted(found.returns.tolist()) == lengths  # an episode pays its length
    assert found.illegal == lengths.count(1)


def test_progress_is_told_in_episodes():
    told = []
    evaluate(Idle(), make_vec_env(lambda: Fixed(2), 2), 4, advance=told.append)
    assert told == [2, 4]


def test_no_episodes_are_refused():
    with pytest.raises(SettingError, match="at least 1, got 0"):
        evaluate(Idle(), make_vec_env(lambda: Fixed(2), 1), 0)


def test_the_interval_covers_the_mean_as_often_as_it_says():
    # 300 intervals of 40 normal numbers; percentile bootstrap covers a little less than 95 %: 0.935, error 0.014
    samples = np.random.default_rng(0).normal(3.0, 2.0, (300, 40))
    intervals = np.array([Evaluation(row, row.astype(int), 0).interval() for row in samples])
    covered = (intervals[:, 0] <= 3.0) & (intervals[:, 1] >= 3.0)
    assert 0.89 < covered.mean() < 0.98
    assert intervals[0].tolist() == list(Evaluation(samples[0], samples[0].astype(int), 0).interval())


def test_whoever_asks_for_masks_is_told_those_of_the_current_states():
    agent = Asked()
    found = evaluate(agent, mdpzoo.make_sb3("mdpzoo/TSP-v0", 3, num_nodes=5), 3)
    assert found.illegal == 0
    assert agent.masks.shape == (3, 5)


def test_maskable_ppo_is_told_the_masks(monkeypatch):
    from sb3_contrib import MaskablePPO

    envs = mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=5)
    agent = mdpzoo.make_agent("maskable-ppo", envs, n_steps=8, batch_size=16)
    told, original = [], MaskablePPO.predict

    def predict(self, observation, state=None, episode_start=None, deterministic=False, action_masks=None):
        told.append(action_masks)
        return original(self, observation, state, episode_start, deterministic, action_masks)

    monkeypatch.setattr(MaskablePPO, "predict", predict)
    assert evaluate(agent, envs, 2).illegal == 0
    assert told[0].shape == (2, 5)
    assert not told[0].all()  # the first node is visited


def test_a_saved_agent_plays_where_it_has_learnt_unless_told_otherwise(tmp_path):
    envs = mdpzoo.make_sb3("mdpzoo/RiverSwim-v0", 2, length=4, max_episode_steps=10)
    mdpzoo.make_agent("q-learning", envs, seed=0).learn(50).save(tmp_path / "agent.zip")
    found = evaluate_saved(tmp_path / "agent.zip", 3, seed=5)
    assert (found.agent, found.environment) == ("q-learning", "mdpzoo/RiverSwim-v0")
    assert found.result.lengths.tolist() == [10, 10, 10]
    settings = {"max_episode_steps": 7}
    assert evaluate_saved(tmp_path / "agent.zip", 2, environment_settings=settings).result.lengths.tolist() == [7, 7]
    with pytest.raises(CheckpointError, match="does not fit"):  # a river of six states
        evaluate_saved(tmp_path / "agent.zip", 3, environment="mdpzoo/RiverSwim-v0")


def test_the_same_seed_plays_the_same_episodes(tmp_path):
    mdpzoo.make_agent("nearest-neighbour", mdpzoo.make_sb3("mdpzoo/TSP-v0", 2, num_nodes=6)).save(
        tmp_path / "agent.zip"
    )
    returns = [evaluate_saved(tmp_path / "agent.zip", 4, seed=seed).result.returns.tolist() for seed in (1, 1, 2)]
    assert returns[0] == returns[1] != returns[2]
