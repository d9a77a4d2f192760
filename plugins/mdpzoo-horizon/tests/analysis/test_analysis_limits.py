"""Ties, limits, wrong arguments and trivial cases of the analysis."""

import math

import gymnasium
import numpy as np
import pytest

from mdpzoo.errors import SettingError, UnknownNameError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import combination_lock, effective_horizon, random_mdp


def near_tie():
    """Going up pays 0.6 at once; going on pays 0.2, 0.5 or 1.1, which a third each is 0.6000000000000001."""
    successors = np.array([2, 1, 1, 2, 2, 2, 2, 2, 2])
    rewards = np.array([0.6, 0, 0, 0.2, 0.5, 1.1, 0, 0, 0])
    return TabularMDP(np.arange(10), successors, np.ones(9), rewards, np.eye(1, 3)[0], np.arange(3) == 2)


def test_a_tie_that_roundings_break_is_told():
    found = effective_horizon(near_tie(), 2)
    assert (found.min_k, found.min_k_bitwise) == (2, 1)
    assert found.warnings == ("with no tolerance for ties min_k is 1, not 2: rounding errors break ties",)
    careless = effective_horizon(near_tie(), 2, ties=0)
    assert careless.min_k == 1
    assert len(careless.warnings) == 1
    assert "rounding errors may decide" in careless.warnings[0]


def test_where_no_lookahead_that_was_tried_solves_it_the_report_says_so():
    found = effective_horizon("CliffWalking-v1", 50, max_lookahead=3)
    assert found.min_k is found.epw is None
    assert found.warnings == ("no lookahead up to 3 solves the model; raise max_lookahead",)
    assert found.samples == (math.inf,) * 3
    assert found.effective_horizon == 50  # trying everything is always possible


def test_the_horizon_is_the_environments_limit_where_none_is_given():
    env = gymnasium.make("FrozenLake-v1", is_slippery=False, max_episode_steps=9)
    assert effective_horizon(env).horizon == 9
    assert effective_horizon(env, 20).horizon == 20


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({}, "no time limit; give a horizon"),
        ({"horizon": 0}, "horizon must be a whole number of at least 1, got 0"),
        ({"horizon": 5, "max_lookahead": 0}, "max_lookahead must be a whole number of at least 1, got 0"),
        ({"horizon": 5, "tolerance": 1}, r"tolerance must lie in \[0, 1\), got 1"),
        ({"horizon": 5, "ties": -1e-9}, r"ties must lie in \[0, 1\), got -1e-09"),
        ({"horizon": 5, "loss": math.nan}, "loss must be at least 0, got nan"),
    ],
)
def test_wrong_arguments_are_named(arguments, sentence):
    with pytest.raises(SettingError, match=sentence):
        effective_horizon(combination_lock(4), **arguments)


def test_what_cannot_be_analysed_is_named():
    with pytest.raises(UnknownNameError, match="unknown environment 'FrozenPond-v1'"):
        effective_horizon("FrozenPond-v1", 10)
    with pytest.raises(SettingError, match="expected a model, an environment, an id or a file"):
        effective_horizon(17, 10)


def test_one_action_and_no_reward_are_trivial():
    one = TabularMDP.from_arrays(np.ones((1, 1, 1)), np.ones((1, 1)))
    found = effective_horizon(one, 5)
    assert (found.min_k, found.epw, found.effective_horizon, found.optimal_return) == (1, 1, 1, 5)
    nothing = TabularMDP.from_arrays(np.full((2, 2, 2), 0.5), np.zeros((2, 2)))
    assert effective_horizon(nothing, 5).stochastic_effective_horizon == 1


def test_an_episode_that_ends_before_it_begins_is_worth_nothing():
    over = TabularMDP.from_arrays(np.ones((1, 2, 1)), np.ones((1, 2)), terminal=[True])
    found = effective_horizon(over, 3)
    assert (found.optimal_return, found.random_return, found.min_k, found.covering_length) == (0, 0, 1, 0)


def test_states_that_cannot_be_reached_change_nothing():
    base = random_mdp(num_states=5, num_actions=2, branching=2)
    law, rewards = base.to_arrays()
    padded = np.zeros((9, 2, 9))
    padded[:5, :, :5], padded[5:, :, 5:] = law, np.eye(4)[:, None]
    far = np.full((9, 2, 9), 1e6)  # rewards nobody earns
    far[:5, :, :5] = rewards
    one, other = effective_horizon(base, 6), effective_horizon(TabularMDP.from_arrays(padded, far), 6)
    assert one.num_states == other.num_states == 5
    for name in ("optimal_return", "random_return", "min_k", "epw", "greedy_returns", "full_gaps"):
        assert getattr(one, name) == pytest.approx(getattr(other, name))


@pytest.mark.parametrize("actions", [3, 7, 10])
def test_where_all_policies_earn_the_same_they_do_so_to_the_last_bit(actions):
    # sums of ten tenths, weighted with thirds, come out above or below 1 in the last bit
    same = TabularMDP.from_arrays(np.full((2, actions, 2), 0.5), np.full((2, actions), 0.1))
    found = effective_horizon(same, 10)
    assert found.worst_return == found.random_return == found.optimal_return
