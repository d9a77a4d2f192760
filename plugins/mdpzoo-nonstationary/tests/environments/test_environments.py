import gymnasium
import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import MdpzooError, SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import diameter, solve_average
from mdpzoo_nonstationary import continuing, noisy, permuted, piecewise
from mdpzoo_nonstationary.environments.grid_switches import grid_switch
from mdpzoo_nonstationary.environments.random_switches import random_switch
from mdpzoo_nonstationary.environments.river_switches import (
    action_swap_switch,
    reward_switch,
    river,
    river_swim_switch,
)
from mdpzoo_nonstationary.environments.schedules import change_points


@pytest.mark.parametrize("length", [4, 6, 20])
@pytest.mark.parametrize("build", [river_swim_switch, action_swap_switch])
def test_both_sides_of_the_river_have_the_gain_of_the_formula(build, length):
    for model in build(length).models:
        # detailed balance of always swimming: the last state has 11/12 / (1 - 12^-n) of the time, 0.99 a step
        assert solve_average(model, 1e-10).gain == pytest.approx(0.9075 / (1 - 12.0**-length), abs=1e-8)


def test_the_mirror_reverses_states_and_keeps_actions():
    first, second = (model.to_arrays()[0] for model in river_swim_switch(5).models)
    np.testing.assert_array_equal(second, first[::-1, :, ::-1])


def test_swapping_exchanges_the_actions():
    first, second = (model.to_arrays()[0] for model in action_swap_switch(5).models)
    np.testing.assert_array_equal(second, first[:, ::-1])


def test_rewards_change_sides_and_transitions_stay():
    first, second = reward_switch().models
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert solve_average(second, 1e-10).gain == pytest.approx(0.9)
    assert first.expected_rewards.argmax() == 10  # state 5, action 0
    assert second.expected_rewards.argmax() == 1  # state 0, action 1


def test_random_tables_are_those_of_their_seed_and_differ_between_segments():
    one, same, other = random_switch(seed=1), random_switch(seed=1), random_switch(seed=2)
    for a, b, c in zip(one.models, same.models, other.models, strict=True):
        np.testing.assert_array_equal(a.probabilities, b.probabilities)
        assert (a.probabilities != c.probabilities).any()
    assert len({each.probabilities[0] for each in one.models}) == 5


@pytest.mark.parametrize("size", [3, 4, 7])
def test_the_goal_can_be_reached_in_every_grid(size):
    for model in grid_switch(size, segments=4, seed=size).models:
        solution = solve_average(model, 1e-8)
        # the goal pays once a round trip, which is at least size + 1 steps long: size - 1 columns, the goal and back
        assert 0 < solution.gain < 1 / size
        assert np.ptp(solution.gains) == pytest.approx(0, abs=1e-7)  # nobody is locked in, not even inside the wall


@pytest.mark.parametrize(
    ("changes", "points", "period"),
    [
        ([3, 8], [3, 8], 0),
        ({"every": 5}, [5, 10], 15),  # three models take turns
        ({"count": 2, "seed": 0, "until": 3}, [1, 2], 0),  # the only two steps there are
    ],
)
def test_schedules_are_lists_or_recipes(changes, points, period):
    assert change_points(changes, 3) == (points, period)


def test_geometric_changes_have_the_given_mean_and_end():
    points, _ = change_points({"mean": 100, "seed": 3, "until": 100_000}, 2)
    lengths = np.diff([0, *points])
    assert max(points) < 100_000
    assert np.mean(lengths) == pytest.approx(100, rel=0.15)  # 1000 lengths: a standard deviation of 3 %


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"changes": {"evry": 5}}, "Did you mean 'every'"),
        ({"changes": {"every": 0}}, "'every', a whole number of at least 1"),
        ({"changes": {"count": 9, "until": 9}}, "count must be below until"),
        ({"changes": [9, 3]}, "ascending order"),
        ({"changes": [-3]}, "at least 1, got -3"),
        ({"length": 1}, "length must be at least 2"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_sentence(settings, sentence):
    with pytest.raises(MdpzooError, match=sentence) as caught:
        mdpzoo.make("mdpzoo/RiverSwimSwitch-v0", **settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "build",
    [
        lambda: random_switch(states=1),
        lambda: random_switch(concentration=0.0),
        lambda: grid_switch(size=2),
        lambda: grid_switch(slip=0.7),
        lambda: river(right=0.9, back=0.2),
        lambda: permuted(river(), [0, 0]),
        lambda: noisy(river(), 1.0),
        lambda: piecewise(["CartPole-v1"], []),
        lambda: piecewise([river(5), river(6)], [3]),
        lambda: piecewise([TabularMDP.from_arrays([[[0.5, 0.4]], [[1, 0]]], [[0], [0]])], [3]),
    ],
)
def test_models_that_cannot_be_are_refused_in_one_sentence(build):
    with pytest.raises(SettingError) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_any_tabular_gymnasium_environment_becomes_piecewise():
    lake = TabularMDP.from_gymnasium("FrozenLake-v1")
    model = piecewise(["FrozenLake-v1", permuted(lake, [2, 3, 0, 1])], [50])
    env = mdpzoo.make(model, reveal="always")
    env.reset(seed=0)
    for step in range(100):
        _, _, terminated, _, info = env.step(step % 4)
        if terminated:
            _, info = env.reset()
        assert info["segment"] == (step + 1 >= 50)


def test_a_continuing_lake_pays_the_reward_of_an_episode_over_its_length():
    lake = TabularMDP.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=False))
    # the shortest way to the present has 6 steps and pays 1 at its end, where the next way begins
    assert solve_average(continuing(lake), 1e-10).gain == pytest.approx(1 / 6)
    assert not continuing(lake).terminal.any()
    unchanged = river()
    assert continuing(unchanged) is unchanged


def test_noise_makes_every_state_reachable_and_keeps_the_mean_reward_share():
    mixed = noisy(river(), 0.2)
    transitions, _ = mixed.to_arrays()
    assert transitions.min() == pytest.approx(0.2 / 6)
    np.testing.assert_allclose(mixed.expected_rewards, 0.8 * river().expected_rewards, atol=1e-12)
    assert np.isfinite(diameter(mixed))
