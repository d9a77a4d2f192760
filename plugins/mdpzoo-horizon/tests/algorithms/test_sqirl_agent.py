import gymnasium
import numpy as np
import pytest
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import configure

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_horizon import SQIRL
from mdpzoo_horizon.algorithms.regressors import Histogram

ID = "mdpzoo/CombinationLock-v0"
LOCK = {"horizon": 4, "max_episode_steps": 4}


class Line(gymnasium.Env):
    """Walks a line of places, seen as a Box: right pays 1 at the fourth place. Three steps, then the limit."""

    observation_space = gymnasium.spaces.Box(0, 4, (2,), np.float32)
    action_space = gymnasium.spaces.Discrete(2, start=5)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place = 0
        return self._seen(), {}

    def step(self, action):
        assert action in (5, 6)
        self.place = max(0, self.place + (1 if action == 6 else -1))
        return self._seen(), float(self.place == 3), False, False, {}

    def _seen(self):
        return np.array([self.place, 1.0], np.float32)


class Pictures(gymnasium.Env):
    """Two pictures; the action must name the bright half."""

    observation_space = gymnasium.spaces.Box(0, 255, (40, 44, 3), np.uint8)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return self._seen(), {}

    def step(self, action):
        reward = float(action == self.side)
        return self._seen(), reward, False, False, {}

    def _seen(self):
        self.side = int(self.np_random.integers(2))
        picture = np.zeros((40, 44, 3), np.uint8)
        picture[:, 22 * self.side : 22 * self.side + 22] = 255
        return picture


def limited(env, steps):
    return gymnasium.wrappers.TimeLimit(env, steps)


@pytest.fixture
def locks():
    return mdpzoo.make_sb3(ID, 4, **LOCK)


def test_the_counter_is_carried_in_the_state_and_never_changed_in_place(locks):
    agent = SQIRL(env=locks, seed=0, episodes=64).learn(10**6)
    state = (np.array([0, 1, 2, 3]),)
    seen = np.array([0, 1, 2, 3])
    actions, after = agent.predict(seen, state, np.array([False, False, False, False]), deterministic=True)
    assert actions.tolist() == [1, 1, 1, 1]  # with two actions, 1 is always right
    assert after[0].tolist() == [1, 2, 3, 4]
    assert state[0].tolist() == [0, 1, 2, 3]
    _, after = agent.predict(seen, state, np.array([False, True, False, True]), deterministic=True)
    assert after[0].tolist() == [1, 1, 3, 1]
    action, after = agent.predict(0, deterministic=True)  # one observation, no state
    assert (int(action), action.shape, after[0].tolist()) == (1, (), [1])


def test_chance_decides_where_nothing_is_known_unless_it_must_not(locks):
    agent = SQIRL(env=locks, seed=0)
    seen = np.zeros(400, int)
    drawn = agent.predict(seen)[0]
    assert 150 < drawn.sum() < 250  # 5 standard deviations of 400 fair draws
    fixed = agent.predict(seen, deterministic=True)[0]
    assert len(set(fixed.tolist())) == 1


def test_the_horizon_is_the_time_limit_through_wrappers_and_containers():
    lake = gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=17)
    assert SQIRL(env=lake).horizon == 17
    assert SQIRL(env=gymnasium.wrappers.TransformReward(lake, lambda reward: 2 * reward)).horizon == 17
    assert SQIRL(env=make_vec_env(lambda: limited(Line(), 3), 2), regressor="ridge").horizon == 3
    assert SQIRL(env=mdpzoo.make_sb3(ID, 2, horizon=4, max_episode_steps=9)).horizon == 9
    assert SQIRL(env=lake, horizon=6).horizon == 6


def test_without_a_limit_the_horizon_must_be_given():
    with pytest.raises(SettingError, match="no time limit: pass horizon="):
        SQIRL(env=Line(), regressor="ridge")


def test_a_horizon_below_the_limit_counts_exactly_its_steps():
    agent = SQIRL(env=Line(), regressor="ridge", seed=0, horizon=3, episodes=20).learn(10**6)
    # 3 iterations of 20 episodes of 3 steps; the environment itself never ends
    assert (agent.num_timesteps, agent.steps_of_episodes) == (180, 180)


@pytest.mark.parametrize("regressor", ["ridge", "network"])
def test_boxes_are_learnt_and_actions_may_begin_anywhere(regressor, tmp_path):
    agent = SQIRL(env=limited(Line(), 3), regressor=regressor, seed=0, episodes=60).learn(10**6)
    assert evaluate_policy(agent, agent.env, n_eval_episodes=3)[0] == 1.0
    agent.save(tmp_path / "agent")
    loaded = SQIRL.load(tmp_path / "agent")
    seen = np.array([[0, 1], [1, 1], [2, 1]], np.float32)
    state = (np.arange(3),)
    np.testing.assert_array_equal(
        loaded.predict(seen, state, deterministic=True)[0], agent.predict(seen, state, deterministic=True)[0]
    )


def test_pictures_are_learnt_by_a_convolutional_network():
    agent = SQIRL(env=limited(Pictures(), 2), seed=0, episodes=40, policy="CnnPolicy").learn(10**6)
    assert evaluate_policy(agent, agent.env, n_eval_episodes=10)[0] == 2.0


def test_a_saved_agent_comes_back_equal_and_goes_on(locks, tmp_path):
    agent = mdpzoo.make_agent("sqirl", locks, seed=0, lookahead=2).learn(1_000)
    fixed = agent.policy.steps_fixed
    agent.save(tmp_path / "agent.zip")
    for loaded in (
        SQIRL.load(tmp_path / "agent.zip", env=locks),
        mdpzoo.load_agent(tmp_path / "agent.zip", env=locks),
        mdpzoo.load_agent(tmp_path / "agent.zip"),
    ):
        for name, buffer in agent.policy.state_dict().items():
            np.testing.assert_array_equal(loaded.policy.state_dict()[name], buffer)
        assert (loaded.lookahead, loaded.horizon, loaded.num_timesteps) == (2, 4, 1_000)
        loaded.learn(80, reset_num_timesteps=False)
        assert loaded.num_timesteps == 1_080
        assert loaded.policy.passes_ended >= agent.policy.passes_ended
    assert fixed <= 4


def test_an_interrupted_pass_goes_on_where_it_was_and_a_reset_begins_anew(locks):
    whole = SQIRL(env=mdpzoo.make_sb3(ID, 4, **LOCK), seed=0, episodes=100).learn(10**6)
    agent = SQIRL(env=locks, seed=0, episodes=100).learn(200)
    while agent.policy.passes_ended == 0:
        agent.learn(100, reset_num_timesteps=False)
    assert agent.num_timesteps == whole.num_timesteps
    assert agent.policy.answer.choices.tolist() == whole.policy.answer.choices.tolist()
    agent.learn(8)
    assert (agent.num_timesteps, agent.policy.steps_fixed) == (8, 0)


@pytest.mark.filterwarnings("ignore::tqdm.TqdmExperimentalWarning")
def test_callbacks_logger_and_progress_bar_work(locks, tmp_path, capfd):
    agent = mdpzoo.make_agent("sqirl", locks, seed=0)
    agent.set_logger(configure(str(tmp_path), ["csv"]))
    calls = [
        EvalCallback(mdpzoo.make_sb3(ID, 1, **LOCK), eval_freq=100, n_eval_episodes=1, verbose=0),
        CheckpointCallback(100, str(tmp_path / "saved")),
    ]
    agent.learn(1_600, callback=calls, log_interval=50, progress_bar=True)
    agent.logger.close()
    assert len(list((tmp_path / "saved").glob("*.zip"))) == 4  # every 100 steps of 4 environments
    log = (tmp_path / "progress.csv").read_text().splitlines()
    wanted = {"rollout/ep_rew_mean", "rollout/ep_len_mean", "eval/mean_reward", "passes/answer_return"}
    assert wanted <= set(log[0].split(","))
    assert "1,600/1,600" in "".join(capfd.readouterr())


def test_a_callback_can_stop_learning_and_reads_the_infos(locks):
    told = []
    agent = SQIRL(env=locks, seed=0)

    def stops(scope, _):
        told.extend(info for info, done in zip(scope["infos"], scope["dones"], strict=True) if done)
        return agent.num_timesteps < 40

    agent.learn(4_000, callback=stops)
    assert agent.num_timesteps == 40
    assert told
    for info in told:
        assert {"terminal_observation", "TimeLimit.truncated", "episode"} <= info.keys()


def test_the_same_seed_learns_the_same_policy_in_our_environments_and_in_others():
    def lake():
        return make_vec_env(lambda: gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=20), 3)

    tables = [SQIRL(env=lake(), seed=seed).learn(600).policy.draft.choices.tolist() for seed in (3, 3, 4)]
    assert tables[0] == tables[1] != tables[2]
    tables = [SQIRL(env=mdpzoo.make_sb3(ID, 4, **LOCK), seed=seed).learn(600).policy.state_dict() for seed in (3, 3)]
    assert all((tables[0][name] == tables[1][name]).all() for name in tables[0])


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"lookahaed": 2}, "Did you mean 'lookahead'"),  # misspelt
        ({"lookahead": 0}, "lookahead must be at least 1, got 0"),
        ({"episodes": 0}, "episodes must be at least 1, got 0"),
        ({"regressor_settings": {"bins": 3}}, "regressor_settings do not fit 'histogram'"),
        ({"regressor": Histogram(), "regressor_settings": {"bins": 3}}, "pass them to the regressor object instead"),
    ],
)
def test_a_wrong_setting_is_refused(locks, settings, sentence):
    with pytest.raises(SettingError, match=sentence):
        mdpzoo.make_agent("sqirl", locks, **settings)


def test_a_histogram_of_boxes_and_other_actions_are_refused():
    with pytest.raises(SettingError, match="a histogram needs Discrete observations"):
        SQIRL(env=limited(Line(), 3), regressor="histogram")
    with pytest.raises(SettingError, match="acts in Discrete spaces"):
        mdpzoo.make_agent("sqirl", "Pendulum-v1")
    with pytest.raises(SettingError, match="autoreset_mode='same_step'"):
        SQIRL(env=mdpzoo.make_vec(ID, 2))
