"""SQIRL's shared network: what its heads learn, and that nothing is bootstrapped past the end of an episode."""

import numpy as np
import pytest
import torch
from gymnasium.spaces import Discrete

from mdpzoo.errors import SettingError
from mdpzoo_horizon.algorithms.shallow_q_iteration import Samples, Window
from mdpzoo_horizon.algorithms.shared_network import SharedLearner, SharedNetwork

FAST = SharedNetwork(hidden=(32,), learning_rate=1e-2, batch_size=16, epochs=4_000)


def learner(heads, settings=FAST, actions=1):
    return SharedLearner(settings, Discrete(4), actions, heads, 2, np.random.default_rng(0))


def two_episodes():
    """The first ends in state 3 with 4; the second goes from state 1 with 2 to state 2, which pays 8 at the limit."""
    return Window(
        observations=np.array([[3, 1], [0, 2]]),
        actions=np.zeros((2, 2), int),
        rewards=np.array([[4.0, 2.0], [0.0, 8.0]]),
        alive=np.array([[True, True], [False, True]]),
    )


def test_nothing_is_bootstrapped_past_the_end_of_an_episode():
    fitted, count = learner(heads=2).learn(two_episodes(), 0)
    values = fitted.values(np.array([3, 1, 2]))[:, 0]
    # head 2: 4 and nothing after the end, 2 + 8 one step later, 8 and nothing after the limit
    np.testing.assert_allclose(values, [4.0, 10.0, 8.0], atol=0.3)
    assert count == 4_000 * 3 // 16


def test_the_first_head_learns_the_return_to_go():
    fitted, _ = learner(heads=1).learn(two_episodes(), 0)
    np.testing.assert_allclose(fitted.values(np.array([3, 1, 2]))[:, 0], [4.0, 10.0, 8.0], atol=0.3)


def test_the_last_head_alone_is_frozen():
    learning = learner(heads=3, actions=2)
    learning.module[-1].bias.data = torch.arange(6.0)
    learning.module[-1].weight.data.zero_()
    np.testing.assert_array_equal(learning._frozen().values(np.arange(4)), [[4.0, 5.0]] * 4)


def test_a_frozen_head_does_not_go_on_learning():
    learning = learner(heads=2, settings=SharedNetwork(epochs=100))
    fitted, _ = learning.learn(two_episodes(), 0)
    before = fitted.values(np.arange(4))
    learning.learn(two_episodes(), 0)
    np.testing.assert_array_equal(fitted.values(np.arange(4)), before)


@pytest.mark.parametrize("name", ["learning_rate", "batch_size", "epochs", "clip"])
def test_settings_out_of_range_are_refused(name):
    with pytest.raises(SettingError, match=f"{name} must be positive, got 0"):
        SharedNetwork(**{name: 0})


def test_a_single_timestep_is_not_fitted():
    samples = Samples(np.zeros(1, int), np.zeros(1, int), np.zeros(1))
    with pytest.raises(SettingError, match="use regressor='network'"):
        SharedNetwork().fit(samples, Discrete(4), 1, np.random.default_rng(0))
