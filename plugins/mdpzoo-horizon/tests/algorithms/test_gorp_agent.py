import gymnasium
import numpy as np
import pytest
import torch
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.model_env import ModelEnv
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import GORP
from mdpzoo_horizon.algorithms.gorp_agent import OpenLoopPolicy
from mdpzoo_horizon.models.locks import combination_lock
from mdpzoo_horizon.models.model_files import read_model


def rows(model, num_envs, limit):
    settings = {"autoreset_mode": AutoresetMode.SAME_STEP, "max_episode_steps": limit, "statistics": True}
    return CompiledVectorEnv(model.batched(), num_envs, **settings)


def score(agent):
    return evaluate_policy(agent, agent.env, n_eval_episodes=1, warn=False)[0]


def reference(model, horizon, lookahead, episodes, seed):
    """GORP written down once more, one episode after the other: the plan, and the steps it took."""
    draws, prefix, taken, actions = np.random.default_rng(seed), [], 0, model.num_actions
    for first in range(horizon):
        length = min(lookahead, horizon - first)
        means, alive = [], False
        for index in range(actions**length):
            sequence = [index // actions ** (length - 1 - place) % actions for place in range(length)]
            total = 0.0
            for _ in range(episodes):
                state = 0
                for step in range(horizon):
                    fixed = (prefix + sequence)[step : step + 1]
                    action = fixed[0] if fixed else int(draws.integers(actions))
                    alive |= step >= first
                    state, reward, ended = model.step(state, action, draws.random)
                    total += reward * (step >= first)
                    taken += 1
                    if ended:
                        break
            means.append(total)
        if not alive:
            break
        prefix.append(int(np.argmax(means)) // actions ** (length - 1))
    return prefix, taken


@pytest.mark.parametrize(
    ("episodes", "expected"),
    [
        # prod_{j=1}^{T-1} [1 - (1 - A^-j)^m], A = 2, T = 4: (1 - 2^-7)(1 - .75^7)(1 - .875^7)
        (7, (1 - 2.0**-7) * (1 - 0.75**7) * (1 - 0.875**7)),
        (20, (1 - 2.0**-20) * (1 - 0.75**20) * (1 - 0.875**20)),
    ],
)
def test_gorp_opens_the_lock_as_often_as_the_formula_says(episodes, expected):
    model, opened = combination_lock(4, 2, 1), 0
    envs = rows(model, 2 * episodes, 4)
    for seed in range(150):
        agent = GORP(env=envs, seed=seed, episodes=episodes).learn(10**6)
        opened += agent.policy.answer.actions.tolist() == [1, 1, 1, 1]
    deviation = np.sqrt(expected * (1 - expected) / 150)
    assert opened / 150 == pytest.approx(expected, abs=4 * deviation)


@pytest.mark.parametrize("lookahead", [1, 2, 3])
def test_a_deterministic_model_without_chance_gives_the_plan_of_the_reference(lookahead):
    # two states, action 1 moves on; every action but the first pays little at once, so returns differ clearly
    rewards = [[0.0, 1.0, 0.3], [2.0, 0.0, 0.1], [0.0, 0.0, 0.0]]
    moves = np.zeros((3, 3, 3))
    for state, following in enumerate([(0, 1, 0), (0, 1, 2), (2, 2, 2)]):
        for action, successor in enumerate(following):
            moves[state, action, successor] = 1.0
    model = TabularMDP.from_arrays(moves, rewards)
    plan, taken = reference(model, 3, lookahead, 200, 0)
    agent = GORP(env=rows(model, 50, 3), seed=0, lookahead=lookahead, episodes=200).learn(10**6)
    assert agent.policy.answer.actions.tolist() == plan
    assert agent.steps_of_episodes == taken  # T steps in each episode


def test_ties_go_to_the_first_sequence():
    model = TabularMDP.from_arrays([[[1.0]] * 3], [[0.0, 0.0, 0.0]])
    agent = GORP(env=rows(model, 6, 4), seed=0, episodes=2).learn(10**6)
    assert agent.policy.answer.actions.tolist() == [0, 0, 0, 0]
    assert agent.num_timesteps == 4 * 3 * 2 * 4  # T steps are fixed from A m episodes of T steps


def test_the_maze_is_solved_with_one_episode_each(data):
    model = read_model(str(data / "bridge" / "maze_easy_l0_30_fs1" / "consolidated.npz"))
    agent = GORP(env=rows(model, 9, 30), seed=0, episodes=1).learn(10**6)
    assert score(agent) == pytest.approx(10.0)
    assert agent.steps_of_episodes <= 2 * 5_265  # the reference's runs


def test_where_m_is_not_given_the_steps_are_shared_out_and_used_up():
    envs = make_vec_env(lambda: gymnasium.wrappers.TimeLimit(ModelEnv(combination_lock(4, 2, 1)), 4), 2)
    agent = mdpzoo.make_agent("gorp", envs, seed=0).learn(4_000)
    assert agent.num_timesteps == 4_000
    assert agent.policy.passes_ended > 1
    assert score(agent) == 1.0


def test_a_saved_plan_comes_back_and_goes_on(tmp_path):
    envs = rows(combination_lock(4, 2, 1), 8, 4)
    agent = GORP(env=envs, seed=0, lookahead=2).learn(5_000)
    agent.save(tmp_path / "agent.zip")
    loaded = GORP.load(tmp_path / "agent.zip", env=agent.env)
    assert loaded.policy.answer.actions.tolist() == agent.policy.answer.actions.tolist()
    assert score(loaded) == 1.0
    loaded.learn(800, reset_num_timesteps=False)
    assert loaded.num_timesteps == 5_800


def test_the_counter_is_the_state_and_past_the_plan_action_0_is_played_or_any():
    agent = GORP(env=rows(combination_lock(4, 3, 1), 3, 4), seed=0, episodes=200).learn(10**6)
    state = (np.array([0, 3, 4]),)
    actions, after = agent.predict(np.zeros(3, int), state, deterministic=True)
    plan = agent.policy.answer.actions.tolist()
    assert actions.tolist() == [plan[0], plan[3], 0]
    assert after[0].tolist() == [1, 4, 5]
    assert state[0].tolist() == [0, 3, 4]
    drawn = {int(agent.predict(np.zeros(3, int), state)[0][2]) for _ in range(60)}
    assert drawn == {0, 1, 2}


def test_too_many_sequences_are_refused():
    with pytest.raises(SettingError, match=r"lookahead 30 means 2\^30 sequences"):
        GORP(env=rows(combination_lock(4, 2, 1), 1, 4), lookahead=30)


def test_a_plan_is_played_whatever_a_dictionary_of_observations_holds():
    space = spaces.Dict({"one": spaces.Box(0, 1, (2,)), "other": spaces.Discrete(3)})
    policy = OpenLoopPolicy(space, spaces.Discrete(4, start=1), 3)
    policy.draft.actions[:2] = torch.tensor([2, 3])
    seen = {"one": np.zeros((5, 2), np.float32), "other": np.zeros(5, np.int64)}
    actions, state = policy.predict(seen, (np.array([0, 1, 2, 3, 0]),), deterministic=True)
    assert actions.tolist() == [3, 4, 1, 1, 3]  # past the plan action 0, counted from the space's start
    assert state[0].tolist() == [1, 2, 3, 4, 1]


def test_a_complete_plan_in_a_damaged_file_is_named():
    agent = GORP(env=rows(combination_lock(4, 2, 1), 8, 4), seed=0).learn(100)
    agent.policy.steps_fixed = 4  # a pass that has fixed its last step begins anew before anything is saved
    agent._pass = agent._collection = None
    with pytest.raises(SettingError, match="the saved plan is complete; use reset_num_timesteps=True"):
        agent.learn(100, reset_num_timesteps=False)
