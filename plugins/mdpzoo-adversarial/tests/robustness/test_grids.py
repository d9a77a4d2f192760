import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_adversarial import protagonist_returns, robustness_grid, worst_case

CART, PENDULUM = "mdpzoo/AdversarialCartPole-v0", "mdpzoo/AdversarialInvertedPendulum-v0"


class Feedback:
    """Linear feedback on cart position, speed, angle and angular velocity."""

    draws = 0

    def __init__(self, gains):
        self.gains = np.array(gains, np.float32)

    def act(self, observations, numbers, masks=None):
        return np.clip(observations @ self.gains, -1, 1)[:, None].astype(np.float32)

    def to(self, device):
        return self

    def predict(self, observation, state=None, episode_start=None, deterministic=False):
        return self.act(np.asarray(observation), None), state


STEADY = Feedback([0.1, 0.2, 3.0, 0.5])  # keeps the nominal pole up for the whole 500 steps


class Pull:
    """Pulls at the pole with all its force to one side."""

    draws = 0

    def act(self, observations, numbers, masks=None):
        return np.tile(np.array([1.0, 0.0], np.float32), (len(observations), 1))

    def to(self, device):
        return self


def test_returns_are_the_protagonists_and_whole_episodes():
    assert protagonist_returns(CART, STEADY, None, 5, 0).tolist() == [500.0] * 5
    assert protagonist_returns(CART, STEADY, Pull(), 5, 0).max() < 100
    assert protagonist_returns(CART, STEADY, None, 2, 0, {"max_cycles": 7}).tolist() == [7.0, 7.0]


def test_a_grid_holds_what_each_cell_earns():
    axes = {"gravity": [9.8, 60.0], "pole_length": [0.5, 1.0, 2.0]}
    grid = robustness_grid(CART, STEADY, axes, episodes=3, seed=1)
    assert grid.returns.shape == (2, 3, 3)
    assert grid.names == ("gravity", "pole_length")
    expected = protagonist_returns(CART, STEADY, None, 3, 1, {"gravity": 60.0, "pole_length": 1.0})
    assert grid.returns[1, 1].tolist() == expected.tolist()
    assert grid.means[0, 0] == 500.0 > grid.worst


def test_factors_of_a_robots_parameters_are_a_grid_too():
    pytest.importorskip("mujoco")
    grid = robustness_grid(PENDULUM, STEADY, {"mass:pole": [1.0, 30.0]}, episodes=1, settings={"max_cycles": 60})
    assert grid.returns.shape == (2, 1)
    assert grid.means[0] != grid.means[1]


def test_a_fresh_adversary_is_worse_for_the_controller_than_none():
    quick = {"policy_kwargs": {"net_arch": [16]}, "learning_starts": 100, "batch_size": 64, "learning_rate": 3e-3}
    found = worst_case(CART, STEADY, 1_200, episodes=5, sac=quick, update_every=2)
    assert found.returns.shape == (5,)
    assert found.returns.mean() < 250 < protagonist_returns(CART, STEADY, None, 5, 1).mean()
    again = protagonist_returns(CART, STEADY, found.adversary, 5, 1)
    assert again.tolist() == found.returns.tolist()


@pytest.mark.parametrize(
    ("axes", "words"),
    [
        ({}, "one or two parameters"),
        ({"gravity": []}, "one or two parameters"),
        ({"gravity": [1], "force": [1], "pole_mass": [1]}, "one or two parameters"),
        ({"grvity": [1.0]}, "has no parameter 'grvity'"),
        ({"pole_mass": [-1.0]}, "pole_mass must lie in"),
    ],
)
def test_grids_that_are_none_are_refused(axes, words):
    with pytest.raises(SettingError, match=words):
        robustness_grid(CART, STEADY, axes)


def test_an_adversary_without_force_changes_nothing():
    assert protagonist_returns(CART, STEADY, Pull(), 2, 0, {"adversary_force": 0.0}).tolist() == [500.0, 500.0]
