import subprocess
import sys

import numpy as np
import pytest
from stable_baselines3.common.callbacks import CheckpointCallback, EvalCallback
from stable_baselines3.common.evaluation import evaluate_policy
from stable_baselines3.common.logger import configure

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.protocols import Transitions
from mdpzoo_example.q_learning import QLearning
from mdpzoo_example.q_values import backup
from mdpzoo_example.rivers import river_swim

ID = "mdpzoo/RiverSwim-v0"
DISCOUNT = 0.95


@pytest.fixture
def river():
    return mdpzoo.make_sb3(ID, 4)


def exact_values(model, discount):
    """``[S, A]`` action values of the optimal policy, by policy iteration with exact linear solves."""
    states, actions = model.num_states, model.num_actions
    transitions, rewards = np.zeros((states * actions, states)), np.zeros(states * actions)
    rows = np.repeat(np.arange(states * actions), np.diff(model.offsets))
    transitions[rows, model.successors] = model.probabilities
    np.add.at(rewards, rows, model.probabilities * model.rewards)
    policy = np.zeros(states, int)
    while True:
        chosen = np.arange(states) * actions + policy
        values = np.linalg.solve(np.eye(states) - discount * transitions[chosen], rewards[chosen])
        table = (rewards + discount * transitions @ values).reshape(states, actions)
        if (policy == table.argmax(1)).all():
            return table
        policy = table.argmax(1)


def one(state, action, reward, following, terminated):
    return Transitions(*(np.array([each]) for each in (state, action, reward, following, terminated, terminated)))


@pytest.mark.parametrize(
    ("terminated", "expected"),
    [
        (False, 2.5),  # 2 + 0.25 (1 + 0.5 x 6 - 2)
        (True, 1.75),  # 2 + 0.25 (1 - 2): nothing is earned after the end
    ],
)
def test_one_backup_is_the_textbooks(terminated, expected):
    table = np.array([[2.0, 0.0], [6.0, 5.0]])
    after = backup(table, one(0, 0, 1.0, 1, terminated), step_size=0.25, discount=0.5)
    np.testing.assert_array_equal(after, [[expected, 0.0], [6.0, 5.0]])
    assert table[0, 0] == 2.0


def test_the_same_state_in_two_environments_is_backed_up_twice():
    steps = Transitions(*(np.array(each) for each in ([0, 0], [0, 0], [1.0, 1.0], [0, 0], [True, True], [True, True])))
    # 0 -> 0.5 -> 0.75
    assert backup(np.zeros((1, 1)), steps, step_size=0.5, discount=1.0)[0, 0] == 0.75


def test_the_backup_needs_neither_torch_nor_stable_baselines():
    code = "import sys; import mdpzoo_example.q_values; assert not {'torch', 'stable_baselines3'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_q_learning_finds_the_optimal_policy_of_the_river(seed):
    envs = mdpzoo.make_sb3(ID, 8)
    agent = mdpzoo.make_agent(
        "q-learning", envs, seed=seed, discount=DISCOUNT, initial_value=20.0, learning_rate=0.05
    ).learn(40_000)
    exact = exact_values(river_swim(), DISCOUNT)
    np.testing.assert_array_equal(agent.policy.table.argmax(1), exact.argmax(1))
    np.testing.assert_allclose(agent.policy.table.max(1).values, exact.max(1), rtol=0.1)


def test_the_same_seed_learns_the_same_table():
    tables = []
    for seed in (3, 3, 4):
        agent = mdpzoo.make_agent("q-learning", mdpzoo.make_sb3(ID, 4), seed=seed).learn(800)
        tables.append(agent.policy.table.numpy())
    np.testing.assert_array_equal(tables[0], tables[1])
    assert (tables[0] != tables[2]).any()


def test_epsilon_falls_from_its_first_to_its_last_value(river):
    agent = mdpzoo.make_agent("q-learning", river, seed=0, epsilon=(1.0, 0.0), initial_value=0.0)
    observations = np.zeros(4_000, int)  # the greedy action is the first, 0
    for progress, share in ((1.0, 0.5), (0.5, 0.25), (0.0, 0.0)):  # of random actions, half are 1
        agent._current_progress_remaining = progress
        assert agent.act(observations).mean() == pytest.approx(share, abs=0.04)  # 5 standard deviations


def test_a_truncated_episode_is_bootstrapped_from_its_last_observation(river):
    agent = mdpzoo.make_agent("q-learning", river, seed=0)
    told = []
    agent.observe, agent.act = told.append, np.ones_like  # always right
    agent.learn(4 * 200)
    assert told[-1].ended.all()
    assert not told[-1].terminated.any()
    # next_observations holds the last observation of the old episode; the new one starts in state 0
    assert told[-1].next_observations.tolist() != agent._last_obs.tolist() == [0, 0, 0, 0]


def test_a_saved_agent_comes_back_equal_and_goes_on(river, tmp_path):
    agent = mdpzoo.make_agent("q-learning", river, seed=0, discount=0.9, epsilon=(0.5, 0.1)).learn(400)
    agent.save(tmp_path / "agent.zip")
    for loaded in (
        QLearning.load(tmp_path / "agent.zip", env=river),
        mdpzoo.load_agent(tmp_path / "agent.zip"),
        mdpzoo.load_agent(tmp_path / "agent.zip", env=river),
    ):
        np.testing.assert_array_equal(loaded.policy.table, agent.policy.table)
        np.testing.assert_array_equal(loaded.predict(np.arange(6))[0], agent.predict(np.arange(6))[0])
        assert (loaded.discount, tuple(loaded.epsilon), loaded.num_timesteps) == (0.9, (0.5, 0.1), 400)
        loaded.learn(80, reset_num_timesteps=False)
        assert loaded.num_timesteps == 480


@pytest.mark.filterwarnings("ignore::tqdm.TqdmExperimentalWarning")
def test_callbacks_logger_and_progress_bar_work(river, tmp_path, capfd):
    agent = mdpzoo.make_agent("q-learning", river, seed=0)
    agent.set_logger(configure(str(tmp_path), ["csv"]))
    calls = [
        EvalCallback(mdpzoo.make_sb3(ID, 1), eval_freq=100, n_eval_episodes=1, verbose=0),
        CheckpointCallback(100, str(tmp_path / "saved")),
    ]
    agent.learn(1_600, callback=calls, log_interval=4, progress_bar=True)
    agent.logger.close()
    assert len(list((tmp_path / "saved").glob("*.zip"))) == 4  # every 100 steps of 4 environments
    log = (tmp_path / "progress.csv").read_text().splitlines()
    assert {"rollout/ep_rew_mean", "rollout/ep_len_mean", "time/fps", "eval/mean_reward"} <= set(log[0].split(","))
    assert mdpzoo.load_agent(next((tmp_path / "saved").glob("*.zip"))).num_timesteps in (400, 800, 1200, 1600)
    assert "1,600/1,600" in "".join(capfd.readouterr())


def test_a_callback_can_stop_learning_and_the_step_before_counts(river):
    agent = mdpzoo.make_agent("q-learning", river, seed=0)
    agent.learn(4_000, callback=lambda scope, _: agent.num_timesteps < 40)
    assert agent.num_timesteps == 40


def test_evaluate_policy_takes_the_agent(river):
    agent = mdpzoo.make_agent("q-learning", ID, seed=0)
    # an untrained table prefers action 0 everywhere: 200 times 0.005
    assert evaluate_policy(agent, river, n_eval_episodes=2)[0] == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"discont": 0.9}, "Did you mean 'discount'"),  # misspelt
        ({"discount": 1.5}, r"discount must lie in \[0, 1\], got 1.5"),
        ({"learning_rate": -1.0}, "learning_rate must lie in"),
        ({"epsilon": (2.0, 0.1)}, "epsilon must lie in"),
    ],
)
def test_a_wrong_setting_is_refused(river, settings, sentence):
    with pytest.raises(SettingError, match=sentence):
        mdpzoo.make_agent("q-learning", river, **settings)


def test_an_environment_with_other_spaces_is_refused():
    with pytest.raises(SettingError, match="agent 'q-learning' observes Discrete spaces"):
        mdpzoo.make_agent("q-learning", "CartPole-v1")
