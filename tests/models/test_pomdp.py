import numpy as np
import pytest
from gymnasium.vector import AutoresetMode

import mdpzoo
from mdpzoo.errors import IllegalActionError, SettingError
from mdpzoo.interop.shells.compiled_vector import CompiledVectorEnv
from mdpzoo.interop.shells.tensor_vector import TensorVectorEnv
from mdpzoo.models import TabularPOMDP
from mdpzoo.models.outcomes import threshold_rows

RANDOM = np.random.default_rng(1)
KERNEL, EMISSIONS = RANDOM.dirichlet(np.ones(3), (3, 2)), RANDOM.dirichlet(np.ones(4), (2, 3))
REWARDS, START = RANDOM.random((3, 2)), [0.2, 0.3, 0.5]
FIRST = RANDOM.dirichlet(np.ones(4), 3)


def a_pomdp(first=FIRST, horizon=5):
    return TabularPOMDP(KERNEL, EMISSIONS, REWARDS, START, first, horizon)


@pytest.mark.parametrize("shell", [CompiledVectorEnv, TensorVectorEnv])
@pytest.mark.parametrize("first", [None, FIRST])
def test_a_row_walks_as_the_single_environment_with_its_seed(shell, first):
    envs = shell(a_pomdp(first).batched(), 4, reveal="always", autoreset_mode=AutoresetMode.SAME_STEP)
    observations, infos = envs.reset(seed=[5, 6, 7, 8])
    single = mdpzoo.make(a_pomdp(first), reveal="always")
    observation, info = single.reset(seed=7)
    for step in range(23):
        assert (int(observations[2]), int(infos["hidden_state"][2])) == (observation, info["hidden_state"])
        observations, rewards, terminated, _, infos = envs.step(np.full(4, step % 2))
        observation, reward, ended, _, info = single.step(step % 2)
        assert (float(rewards[2]), bool(terminated[2])) == (reward, ended)
        assert ended == (step % 5 == 4)
        if ended:
            observation, info = single.reset()


def test_without_first_emissions_one_more_observation_stands_for_nothing():
    assert a_pomdp(None).observation_space.n == 5
    assert mdpzoo.make(a_pomdp(None)).reset(seed=0)[0] == 4
    assert a_pomdp().observation_space.n == 4


def test_frequencies_are_those_of_the_arrays():
    envs = mdpzoo.make_vec(a_pomdp(), 20_000, reveal="always")
    _, infos = envs.reset(seed=0)
    before = infos["hidden_state"]
    assert np.bincount(before) / 20_000 == pytest.approx(START, abs=0.015)  # four standard deviations
    observations, rewards, _, _, infos = envs.step(np.ones(20_000, int))
    after = infos["hidden_state"]
    np.testing.assert_array_equal(rewards, REWARDS[before, 1])
    assert np.bincount(after[before == 2]) / (before == 2).sum() == pytest.approx(KERNEL[2, 1], abs=0.02)
    assert np.bincount(observations[after == 0], minlength=4) / (after == 0).sum() == pytest.approx(
        EMISSIONS[1, 0], abs=0.03
    )


def test_impossible_outcomes_are_never_drawn_whatever_rounding_does():
    rows = np.array([[0.0, 0.1, 0.2, 0.7, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0], [0.3, 0.0, 0.7 - 1e-16, 0.0, 0.0]])
    limits = threshold_rows(rows)
    largest = np.nextafter(1.0, 0.0)
    assert (limits <= largest).sum(1).tolist() == [3, 0, 2]
    assert (limits <= 0.0).sum(1).tolist() == [1, 0, 0]


def test_the_batch_reports_illegal_actions_and_the_single_environment_raises():
    envs = mdpzoo.make_vec(a_pomdp(), 2)
    envs.reset(seed=0)
    _, _, terminated, _, infos = envs.step(np.array([0, 2]))
    assert infos["illegal"].tolist() == terminated.tolist() == [False, True]
    env = mdpzoo.make(a_pomdp())
    env.reset(seed=0)
    with pytest.raises(IllegalActionError, match="got 2"):
        env.unwrapped.step(2)


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: TabularPOMDP(KERNEL[0], EMISSIONS, REWARDS, START), "transitions must have 3 axes"),
        (lambda: TabularPOMDP(KERNEL[:, :, :2], EMISSIONS, REWARDS, START), "sum to 1"),
        (lambda: TabularPOMDP(KERNEL, EMISSIONS[:, :2], REWARDS, START), r"shape \[2, 3, O\]"),
        (lambda: TabularPOMDP(KERNEL, EMISSIONS, REWARDS[:2], START), r"of shape \[3, 2\]"),
        (lambda: TabularPOMDP(KERNEL, EMISSIONS, REWARDS * np.nan, START), "rewards must be finite"),
        (lambda: TabularPOMDP(KERNEL, EMISSIONS, REWARDS, [1.0]), r"start must have shape \[3\]"),
        (lambda: TabularPOMDP(KERNEL, EMISSIONS, REWARDS, [0.5, 0.6, -0.1]), "start must be probabilities"),
        (lambda: a_pomdp(FIRST[:2]), r"first must have shape \[3, 4\]"),
        (lambda: a_pomdp(horizon=True), "horizon must be a whole number"),
        (lambda: TabularPOMDP("x", EMISSIONS, REWARDS, START), "rectangular array of numbers"),
    ],
)
def test_arrays_that_cannot_be_are_refused_in_one_sentence(build, sentence):
    with pytest.raises(SettingError, match=sentence) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_another_horizon_keeps_the_rest():
    longer = a_pomdp().with_horizon(9)
    assert longer.horizon == 9
    np.testing.assert_array_equal(longer.emissions, EMISSIONS)
