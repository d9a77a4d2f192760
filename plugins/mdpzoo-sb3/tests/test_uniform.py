import numpy as np
import pytest
from gymnasium.spaces import Box, Dict, Discrete, MultiBinary, MultiDiscrete
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo_sb3.uniform import UniformPolicy

SEEN = Box(-1, 1, (2,))
SPACES = [
    Discrete(4),
    Discrete(3, start=-1),
    MultiDiscrete([2, 3, 4]),
    MultiBinary(3),
    Box(np.array([-1, 2], np.float32), np.array([1, 5], np.float32)),
    Box(0, 9, (2, 2), np.int64),
]


@pytest.mark.parametrize("space", SPACES, ids=str)
def test_every_action_lies_in_its_space_and_all_of_it_is_reached(space):
    policy = UniformPolicy(SEEN, space, seed=0)
    actions, _ = policy.predict(np.zeros((4_000, 2), np.float32))
    assert all(space.contains(action.astype(space.dtype)[()]) for action in actions[:100])
    low = space.low if isinstance(space, Box) else getattr(space, "start", 0)
    high = space.high if isinstance(space, Box) else low + getattr(space, "nvec", getattr(space, "n", 2)) - 1
    if isinstance(space, MultiBinary):
        low, high = 0, 1
    np.testing.assert_allclose(actions.min(0), low, atol=0.01)
    np.testing.assert_allclose(actions.max(0), high, atol=0.01)
    # a uniform variable's standard deviation is at most half its range: 4000 of them, 5 deviations
    middle, width = (np.asarray(low, float) + high) / 2, np.asarray(high, float) - low
    assert (np.abs(actions.mean(0) - middle) < 5 * 0.5 * width / np.sqrt(4_000)).all()


@pytest.mark.parametrize("space", [Discrete(3), MultiDiscrete([2, 3]), MultiBinary(2)], ids=str)
def test_illegal_actions_are_never_drawn_and_legal_ones_equally(space):
    widths = {Discrete: [3], MultiDiscrete: [2, 3], MultiBinary: [2, 2]}[type(space)]
    mask = np.concatenate([np.arange(width) != 0 for width in widths])  # the first value of each is illegal
    observed = Dict({"seen": SEEN, "action_mask": Box(0, 1, mask.shape, np.int8)})
    batch = {"seen": np.zeros((3_000, 2), np.float32), "action_mask": np.tile(mask.astype(np.int8), (3_000, 1))}
    actions = UniformPolicy(observed, space, seed=0).predict(batch)[0].reshape(3_000, -1)
    for column, width in zip(actions.T, widths, strict=True):
        shares = np.bincount(column, minlength=width) / 3_000
        np.testing.assert_allclose(shares, [0] + [1 / (width - 1)] * (width - 1), atol=0.05)


def test_an_observation_that_allows_nothing_leaves_every_action_possible():
    observed = Dict({"action_mask": MultiBinary(3)})
    actions, _ = UniformPolicy(observed, Discrete(3), seed=0).predict({"action_mask": np.zeros((50, 3), np.int8)})
    assert set(actions.tolist()) == {0, 1, 2}


def test_one_seed_gives_one_sequence_whatever_the_batches():
    rows = np.zeros((6, 2), np.float32)
    together = UniformPolicy(SEEN, Discrete(100), seed=7).predict(rows)[0]
    policy = UniformPolicy(SEEN, Discrete(100), seed=7)
    np.testing.assert_array_equal([policy.predict(row)[0] for row in rows], together)
    assert (UniformPolicy(SEEN, Discrete(100), seed=8).predict(rows)[0] != together).any()
    assert (UniformPolicy(SEEN, Discrete(100)).predict(rows)[0] != together).any()


def test_a_saved_agent_goes_on_with_the_numbers_that_the_original_draws(toy, tmp_path):
    envs = make_vec_env(lambda: toy(SEEN, Discrete(1000)), 2)
    agent = mdpzoo.make_agent("random", envs, seed=3).learn(20)
    agent.save(tmp_path / "agent.zip")
    loaded = mdpzoo.load_agent(tmp_path / "agent.zip", env=envs)
    rows = np.zeros((5, 2), np.float32)
    np.testing.assert_array_equal(loaded.predict(rows)[0], agent.predict(rows)[0])


def test_the_random_agent_obeys_the_doors_and_has_the_known_value(doors):
    envs = make_vec_env(doors, 4, seed=0)
    agent = mdpzoo.make_agent("random", envs, seed=0).learn(200)
    # 1, 2 or 3 doors open with equal probability: right in (1 + 1/2 + 1/3) / 3 = 11/18 of ten steps; deviation 0.11
    assert evaluate_policy(agent, envs, n_eval_episodes=200)[0] == pytest.approx(110 / 18, abs=0.55)


def test_a_step_that_ends_an_episode_tells_its_own_last_observation(doors):
    envs = make_vec_env(doors, 2, seed=0)
    agent = mdpzoo.make_agent("random", envs, seed=0)
    told = []
    agent.observe = told.append
    agent.learn(24)  # episodes of 10 steps: the tenth and not the ninth ends
    assert [steps.ended.tolist() for steps in told[8:11]] == [[False] * 2, [True] * 2, [False] * 2]
    assert told[9].terminated.all()
    for name in ("seen", "action_mask"):
        np.testing.assert_array_equal(told[8].next_observations[name], told[9].observations[name])
        assert told[9].next_observations[name].shape == told[10].observations[name].shape
    assert (told[9].next_observations["seen"] != told[10].observations["seen"]).any(1).all()  # a new episode


def test_an_unbounded_space_is_refused(toy):
    with pytest.raises(SettingError, match="uniform actions need a finite or bounded action space"):
        mdpzoo.make_agent("random", toy(SEEN, Box(-np.inf, np.inf, (1,))))
