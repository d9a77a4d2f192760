import subprocess
import sys

import numpy as np
import pytest
import torch
from gymnasium.spaces import Box, Discrete

from mdpzoo.errors import SettingError
from mdpzoo_horizon.algorithms.gauss_newton import distinct
from mdpzoo_horizon.algorithms.network_regressor import Network
from mdpzoo_horizon.algorithms.regressors import Histogram, Ridge, features
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples, Window
from mdpzoo_horizon.algorithms.shared_network import Replay

STATES = Discrete(5)
LINE = Box(-1.0, 1.0, (3,), np.float32)
PICTURE = Box(0, 255, (3, 20, 24), np.uint8)


def generator():
    return np.random.default_rng(0)


def samples(observations, actions, targets):
    return Samples(np.array(observations), np.array(actions), np.array(targets, float))


def test_the_histogram_is_the_mean_and_knows_nothing_of_what_it_has_not_seen():
    given = samples([0, 0, 0, 3], [1, 1, 0, 1], [2.0, 4.0, -1.0, 7.0])
    values = Histogram().fit(given, STATES, 2, generator()).values(np.array([0, 1, 3]))
    np.testing.assert_array_equal(values, [[-1.0, 3.0], [-np.inf, -np.inf], [-np.inf, 7.0]])


def test_the_histogram_reads_a_space_that_does_not_begin_at_zero():
    fitted = Histogram().fit(samples([7], [0], [1.5]), Discrete(3, start=6), 1, generator())
    np.testing.assert_array_equal(fitted.values(np.array([6, 7])), [[-np.inf], [1.5]])


def test_the_histogram_refuses_a_box_and_says_what_to_use():
    with pytest.raises(SettingError, match="use regressor='network' or 'ridge'"):
        Histogram().blank(LINE, 2)


def test_ridge_is_the_least_squares_solution_as_its_penalty_vanishes():
    draws = generator()
    observations = draws.uniform(-1, 1, (40, 3)).astype(np.float32)
    targets = observations @ [1.0, -2.0, 0.5] + 3.0 + draws.normal(0, 0.1, 40)
    fitted = Ridge(penalty=1e-9).fit(Samples(observations, np.zeros(40, int), targets), LINE, 2, generator())
    design = np.column_stack((observations, np.ones(40)))
    expected = np.linalg.lstsq(design, targets, rcond=None)[0]
    np.testing.assert_allclose(fitted.weights[:, 0], expected, atol=1e-5)
    assert np.isneginf(fitted.values(observations)[:, 1]).all()  # action 1 was never taken


def test_the_penalty_shrinks_the_slope_and_not_the_constant():
    # x = -1, 1 and y = 1, 3: the constant is 2 and the slope 2 / (2 + 2) with a penalty of 2
    given = Samples(np.array([[-1.0], [1.0]], np.float32), np.zeros(2, int), np.array([1.0, 3.0]))
    fitted = Ridge(penalty=2.0).fit(given, Box(-1, 1, (1,)), 1, generator())
    np.testing.assert_allclose(fitted.weights[:, 0], [0.5, 2.0], atol=1e-9)


def test_features_are_one_hot_or_flat_and_bytes_lie_between_0_and_1():
    np.testing.assert_array_equal(features(np.array([2]), Discrete(3)), [[0, 0, 1, 1]])
    flat = features(np.full((1, 3, 20, 24), 51, np.uint8), PICTURE)
    assert flat.shape == (1, 3 * 20 * 24 + 1)
    np.testing.assert_allclose(flat[0, :-1], 0.2)


@pytest.mark.parametrize("few", [512, 0])  # Gauss-Newton steps; Adam
def test_a_network_on_states_fits_their_means(few):
    draws = generator()
    given = Samples(draws.integers(5, size=200), draws.integers(3, size=200), draws.normal(size=200))
    exact = Histogram().fit(given, STATES, 3, draws).values(np.arange(5))
    found = Network(few=few, gradient_steps=3000).fit(given, STATES, 3, draws).values(np.arange(5))
    # means of about 13 samples spread by 0.28
    assert np.abs(found - exact).max() < 0.1


def test_a_network_generalises_from_numbers_where_a_table_could_not():
    draws = generator()
    observations = draws.uniform(-1, 1, (300, 3)).astype(np.float32)
    given = Samples(observations, np.zeros(300, int), 5 * np.abs(observations[:, 0].astype(float)))
    fresh = draws.uniform(-1, 1, (100, 3)).astype(np.float32)
    found = Network(tolerance=1e-4).fit(given, LINE, 1, draws).values(fresh)[:, 0]
    assert np.sqrt(np.mean((found - 5 * np.abs(fresh[:, 0])) ** 2)) < 0.5  # their standard deviation is 1.44


def test_a_network_tells_pictures_apart():
    observations = np.zeros((40, 3, 20, 24), np.uint8)
    bright = np.arange(40) % 2 == 0
    observations[bright, :, 4:10, 4:10] = 255
    given = Samples(observations, np.zeros(40, int), np.where(bright, 3.0, -2.0))
    found = Network().fit(given, PICTURE, 2, generator()).values(observations[:2])
    np.testing.assert_allclose(found[:, 0], [3.0, -2.0], atol=0.3)
    assert np.isneginf(found[:, 1]).all()


def test_a_network_of_constant_targets_gives_the_constant():
    found = Network().fit(samples([0, 1], [0, 1], [4.0, 4.0]), STATES, 2, generator()).values(np.arange(5))
    np.testing.assert_array_equal(found, np.full((5, 2), 4.0))


@pytest.mark.parametrize(
    ("regressor", "space"),
    [
        (Histogram(), STATES),
        (Ridge(), STATES),
        (Ridge(), LINE),
        (Network(), STATES),
        (Network(), LINE),
        (Network(), PICTURE),
    ],
)
def test_what_was_fitted_comes_back_from_its_arrays(regressor, space):
    space.seed(0)
    observations = np.array([space.sample() for _ in range(12)])
    given = Samples(observations, np.arange(12) % 2, np.arange(12.0))
    fitted = regressor.fit(given, space, 3, generator())
    arrays = fitted.arrays()
    blank = regressor.blank(space, 3).arrays()
    assert {name: (each.shape, each.dtype) for name, each in arrays.items()} == {
        name: (each.shape, each.dtype) for name, each in blank.items()
    }
    again = regressor.restore(arrays, space, 3).values(observations)
    np.testing.assert_array_equal(again, fitted.values(observations))


def test_the_same_generator_fits_the_same_network():
    given = samples([0, 1, 2], [0, 1, 0], [1.0, 2.0, 3.0])
    state = torch.get_rng_state()
    first, again = (Network().fit(given, STATES, 2, generator()).arrays()["weights"] for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert torch.equal(torch.get_rng_state(), state)  # nothing was drawn from PyTorch's own generator


def test_samples_of_one_observation_and_action_become_their_mean():
    seen, actions, means, counts = distinct(
        torch.tensor([4, 4, 1]), torch.tensor([0, 0, 0]), torch.tensor([1.0, 3.0, 5.0], dtype=torch.float64)
    )
    assert sorted(zip(seen.tolist(), actions.tolist(), means.tolist(), counts.tolist(), strict=True)) == [
        (1, 0, 5.0, 1.0),
        (4, 0, 2.0, 2.0),
    ]


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: Ridge(penalty=0.0), "penalty must be positive, got 0.0"),
        (lambda: Network(learning_rate=-1.0), "learning_rate must be positive, got -1.0"),
    ],
)
def test_settings_out_of_range_are_refused(build, sentence):
    with pytest.raises(SettingError, match=sentence):
        build()


def test_the_replay_gives_only_steps_from_the_timestep_on_each_alike():
    # two episodes; the second ends after its first step; observation = 10 episode + step
    observations = np.array([[0, 10], [1, 11], [2, 12]])
    alive = np.array([[True, True], [True, False], [True, False]])
    rewards = np.array([[1.0, 5.0], [2.0, 0.0], [4.0, 0.0]])
    replay = Replay(3)
    assert replay.add(Window(observations, np.zeros((3, 2), int), rewards, alive), 0) == 4
    seen, _, _, to_go, following, goes_on = replay.sample(4_000, generator())
    assert {*zip(seen.tolist(), to_go.tolist(), goes_on.tolist(), strict=True)} == {
        (0, 7.0, True),  # 1 + 2 + 4
        (1, 6.0, True),
        (2, 4.0, False),
        (10, 5.0, False),
    }
    assert (following[goes_on] == seen[goes_on] + 1).all()
    counts = np.unique(seen, return_counts=True)[1]
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(4_000 * 3 / 16)  # 5 standard deviations
    later = Window(*(each[1:, :1] for each in (observations + 20, np.zeros((3, 2), int), rewards, alive)))
    assert replay.add(later, 1) == 2
    assert set(replay.sample(1_000, generator())[0].tolist()) == {1, 2, 21, 22}


def test_the_regressions_need_neither_torch_nor_stable_baselines():
    rooms = ("regressors", "shallow_q_iteration", "episode_collection")
    imports = ", ".join(f"mdpzoo_horizon.algorithms.{each}" for each in rooms)
    code = f"import sys; import {imports}; assert not {{'torch', 'stable_baselines3'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
