"""What the best, the worst and the random policy of a task earn: by hand, and against simulations."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning.tasks import solve_task

# One state, two actions that pay 1 and 3.
LEVER = TabularMDP.from_arrays(np.ones((1, 2, 1)), [[1.0, 3.0]])


def corridor(length, slip=0.0):
    """Walk to the right end, which pays 1 and ends; the other action stays."""
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2, length))
    for state in range(length):
        transitions[state, 0, state] = 1.0
        transitions[state, 1, min(state + 1, length - 1)] = 1.0 - slip
        transitions[state, 1, state] += slip
    rewards[:, :, -1] = 1.0
    return TabularMDP.from_arrays(transitions, rewards, None, np.arange(length) == length - 1)


def test_a_task_without_end_earns_its_gain():
    found = solve_task(LEVER, None)
    assert (found.criterion, found.policy.tolist()) == ("average", [[1]])
    values = [found.optimum, found.random, found.worst, found.gain]
    assert values == pytest.approx([3.0, 2.0, 1.0, 3.0])


def test_a_time_limit_makes_it_a_return_and_leaves_the_gain():
    found = solve_task(LEVER, 10)
    assert found.criterion == "return"
    assert [found.optimum, found.random, found.worst, found.gain] == pytest.approx([30.0, 20.0, 10.0, 3.0])


def test_what_a_corridor_pays_depends_on_the_time_there_is():
    # Four steps lead to the end. Of 4 uniform actions all must go right: 1/16; of 5 at least four: 6/32.
    assert solve_task(corridor(5), 3).optimum == 0.0
    for limit, random in ((4, 1 / 16), (5, 6 / 32)):
        found = solve_task(corridor(5), limit)
        assert (found.optimum, found.random, found.worst, found.gain) == (1.0, pytest.approx(random), 0.0, None)


def test_episodes_that_end_by_themselves_need_no_limit():
    lock = mdpzoo.make("mdpzoo/CombinationLock-v0", horizon=6, num_actions=3).unwrapped.rules
    found = solve_task(lock, None)
    assert found.criterion == "return"
    assert found.optimum == pytest.approx(1.0)
    assert found.random == pytest.approx(3.0**-6)
    assert len(found.policy) == 1


def test_episodes_that_may_last_for_ever_need_a_limit():
    # Without a limit the worst policy of the corridor stays for ever, which pays 0, and all others arrive: solved.
    assert solve_task(corridor(4), None).random == pytest.approx(1.0)
    rewards = np.array([[1.0, 0.0], [0.0, 0.0]])  # staying pays 1 each step, for ever
    transitions = np.array([[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]])
    endless = TabularMDP.from_arrays(transitions, rewards, None, [False, True])
    with pytest.raises(SettingError, match="need not end within 16384 steps; give max_episode_steps"):
        solve_task(endless, None)


def test_a_table_that_does_not_fit_is_refused():
    with pytest.raises(SettingError, match="take more than 20,000,000 values"):
        solve_task(corridor(30), 1_000_000)
