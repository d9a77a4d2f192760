import gymnasium
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from stable_baselines3.common.env_checker import check_env as check_env_sb3

import mdpzoo
from mdpzoo.errors import IllegalActionError, MdpzooError
from mdpzoo_example.rivers import LEFT, RIGHT, river_swim

ID = "mdpzoo/RiverSwim-v0"
SEED, STEPS, LIMIT, ROWS = 11, 60, 7, 3


def arrays(model):
    """The textbook's ``[S, A, S]`` transitions and rewards."""
    shape = (model.num_states * model.num_actions, model.num_states)
    transitions, rewards = np.zeros(shape), np.zeros(shape)
    rows = np.repeat(np.arange(shape[0]), np.diff(model.offsets))
    transitions[rows, model.successors], rewards[rows, model.successors] = model.probabilities, model.rewards
    return (each.reshape(model.num_states, model.num_actions, -1) for each in (transitions, rewards))


@pytest.mark.parametrize("length", [2, 3, 6, 40])
def test_every_row_is_a_probability_distribution(length):
    transitions, _ = arrays(river_swim(length=length))
    np.testing.assert_allclose(transitions.sum(2), 1, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("state", "action", "law"),
    [
        (0, LEFT, [1, 0, 0, 0, 0, 0]),  # the bank holds the swimmer
        (3, LEFT, [0, 0, 1, 0, 0, 0]),  # the current helps: left always succeeds
        (0, RIGHT, [0.4, 0.6, 0, 0, 0, 0]),  # nothing to be driven back to
        (3, RIGHT, [0, 0, 0.05, 0.6, 0.35, 0]),  # back, nowhere, on
        (5, RIGHT, [0, 0, 0, 0, 0.4, 0.6]),  # nothing further up
    ],
)
def test_the_rows_are_those_of_the_figure(state, action, law):
    transitions, _ = arrays(river_swim())
    np.testing.assert_allclose(transitions[state, action], law, rtol=0, atol=1e-15)


def test_only_left_in_the_first_and_right_in_the_last_state_earn_anything():
    transitions, rewards = arrays(river_swim())
    expected = np.zeros((6, 2))
    expected[0, LEFT], expected[5, RIGHT] = 5 / 1000, 1
    np.testing.assert_allclose((transitions * rewards).sum(2), expected, rtol=0, atol=1e-15)


def test_swimming_right_for_ever_earns_the_gain_of_the_birth_death_chain():
    # detailed balance: m1 = m0 0.6 / 0.05, m[s+1] = m[s] 0.35 / 0.05 up to m4, m5 = m4 0.35 / 0.4
    weights = np.array([1, 12, 12 * 7, 12 * 7**2, 12 * 7**3, 12 * 7**3 * 0.875])
    transitions, _ = arrays(river_swim())
    stationary = weights / weights.sum()
    np.testing.assert_allclose(stationary @ transitions[:, RIGHT], stationary, rtol=1e-12)
    envs = mdpzoo.make_vec(ID, 256, max_episode_steps=-1)
    envs.reset(seed=0)
    right = np.full(256, RIGHT)
    rewards = [envs.step(right)[1].mean() for _ in range(600)][100:]
    # 500 x 256 rewards of variance under 1/4, correlated over some 50 steps: standard deviation about 0.01
    assert np.mean(rewards) == pytest.approx(stationary[5], abs=0.04)


@pytest.mark.parametrize("settings", [{"length": 1}, {"swim": (0.5, 0.5, 0.5)}, {"lenght": 4}])
def test_a_wrong_setting_is_refused_in_one_sentence(settings):
    with pytest.raises(MdpzooError) as caught:
        mdpzoo.make(ID, **settings)
    assert "\n" not in str(caught.value)
    assert 20 < len(str(caught.value)) < 160


def test_an_action_that_does_not_exist_is_refused():
    env = mdpzoo.make(ID).unwrapped
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match=r"0\.\.1, got 2"):
        env.step(2)


def test_gymnasium_and_stable_baselines_find_nothing_to_complain_about():
    check_env(gymnasium.make(f"mdpzoo:{ID}").unwrapped)
    check_env_sb3(mdpzoo.make(ID))


def test_an_episode_is_cut_after_two_hundred_steps():
    env = mdpzoo.make(ID)
    env.reset(seed=0)
    flags = [env.step(RIGHT)[2:4] for _ in range(200)]
    assert flags == [(False, False)] * 199 + [(False, True)]


@pytest.fixture(scope="module")
def actions():
    return np.random.default_rng(5).integers(2, size=(ROWS, STEPS))


@pytest.fixture(scope="module")
def expected(actions):
    """What each of three single environments shows: start, then (observation, reward, terminated, truncated)."""
    rows = []
    for row in range(ROWS):
        env = mdpzoo.make(ID, max_episode_steps=LIMIT)
        trace = [int(env.reset(seed=SEED + row)[0])]
        for action in actions[row]:
            observation, reward, terminated, truncated, _ = env.step(int(action))
            trace.append((int(observation), float(reward), terminated, truncated))
            if terminated or truncated:
                trace.append(int(env.reset()[0]))
        rows.append(trace)
    return rows


@pytest.mark.parametrize("output", ["numpy", "torch"])
@pytest.mark.parametrize("mode", ["next_step", "same_step", "disabled"])
def test_a_row_of_a_vector_environment_is_the_single_environment_of_its_seed(mode, output, actions, expected):
    envs = mdpzoo.make_vec(ID, ROWS, output=output, autoreset_mode=mode, max_episode_steps=LIMIT)
    traces = [[int(each)] for each in envs.reset(seed=SEED)[0]]
    for step in range(STEPS):
        seen, rewards, terminated, truncated, infos = envs.step(actions[:, step])
        done = np.asarray(terminated) | np.asarray(truncated)
        last = infos["final_obs"] if mode == "same_step" and done.any() else seen
        for row, trace in enumerate(traces):
            trace.append((int(last[row]), float(rewards[row]), bool(terminated[row]), bool(truncated[row])))
        if not done.any():
            continue
        assert done.all()
        if mode == "next_step":
            seen, rewards, terminated, truncated, _ = envs.step(actions[:, step])
            assert not any(np.asarray(each).any() for each in (rewards, terminated, truncated))
        elif mode == "disabled":
            seen, _ = envs.reset(options={"reset_mask": done})
        for row, trace in enumerate(traces):
            trace.append(int(seen[row]))
    assert traces == expected


def test_a_row_for_stable_baselines_is_the_single_environment_of_its_seed(actions, expected):
    envs = mdpzoo.make_sb3(ID, ROWS, max_episode_steps=LIMIT)
    envs.seed(SEED)
    traces = [[int(each)] for each in envs.reset()]
    for step in range(STEPS):
        seen, rewards, dones, infos = envs.step(actions[:, step])
        for row, trace in enumerate(traces):
            last = infos[row]["terminal_observation"] if dones[row] else seen[row]
            cut = infos[row].get("TimeLimit.truncated", False)
            # the reward has gone through float32, which holds 0.005 to 9 digits
            trace.append((int(last), round(float(rewards[row]), 8), bool(dones[row] and not cut), cut))
            if dones[row]:
                assert infos[row]["episode"]["l"] == LIMIT
                trace.append(int(seen[row]))
    assert traces == expected
