"""Algorithm 1 of SQIRL over records: backups, windows and the order of its steps."""

import numpy as np
import pytest
from gymnasium.spaces import Discrete

from mdpzoo_horizon.algorithms.regressors import Histogram
from mdpzoo_horizon.algorithms.shallow_q_iteration import (
    Window,
    fit_window,
    informative,
    last_step,
    reusable,
    sequential_fitting,
    shortened,
)


def two_steps():
    """Three episodes of two steps; the third ends after its first."""
    return Window(
        observations=np.array([[0, 0, 0], [1, 1, 0]]),
        actions=np.array([[0, 0, 1], [0, 1, 0]]),
        rewards=np.array([[1.0, 1.0, 3.0], [4.0, 8.0, 0.0]]),
        alive=np.array([[True, True, True], [True, True, False]]),
    )


def test_a_backup_takes_the_best_seen_action_and_nothing_after_an_end():
    values = fit_window(two_steps(), Histogram(), Discrete(3), 3, np.random.default_rng(0)).values(np.arange(2))
    # at step 1: Q(1, 0) = 4, Q(1, 1) = 8; at step 0: action 0 earns 1 + 8 in both episodes, action 1 ends with 3
    np.testing.assert_array_equal(values[0], [9.0, 3.0, -np.inf])
    assert np.isneginf(values[1]).all()  # state 1 was not seen at step 0


def test_with_lookahead_one_the_returns_themselves_are_regressed():
    values = fit_window(shortened(two_steps(), 1), Histogram(), Discrete(3), 3, np.random.default_rng(0)).values(
        np.arange(1)
    )
    # (1 + 4 + 1 + 8) / 2 and 3
    np.testing.assert_array_equal(values, [[7.0, 3.0, -np.inf]])


@pytest.mark.parametrize(
    ("first", "expected"),
    [(0, 2), (7, 9), (8, 9), (9, 9)],  # cut at the horizon of 10
)
def test_the_window_ends_at_the_horizon(first, expected):
    assert last_step(first, lookahead=3, horizon=10) == expected


def test_episodes_that_did_what_was_fixed_can_be_used_again():
    window = reusable(two_steps(), np.array([0, 1, 1]))
    # the first did 0 as was fixed, the second did not do 1, the third did
    np.testing.assert_array_equal(window.rewards, [[4.0, 0.0]])
    np.testing.assert_array_equal(window.alive, [[True, False]])


def test_equal_returns_say_nothing():
    window = two_steps()
    assert informative(window)
    window.rewards[:] = 0.0
    assert not informative(window)
    window.rewards[0, 0] = 1.0
    window.alive[0, 0] = False  # it never reached the window
    assert not informative(window)


def test_sequential_fitting_goes_on_from_a_step_and_stops_where_no_episode_lives():
    window, kept = two_steps(), []
    fitting = sequential_fitting(
        lambda _, number: f"values of {number}", lambda *pair: kept.append(pair), horizon=6, lookahead=2, first=3
    )
    assert next(fitting) == (3, 4)
    assert fitting.send(window) == (4, 5)
    window.alive[0] = False
    with pytest.raises(StopIteration):
        fitting.send(window)
    assert kept == [(3, "values of 3")]
