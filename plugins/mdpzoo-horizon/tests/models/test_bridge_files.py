"""BRIDGE's files: read, written, and refused where they break a rule."""

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_horizon import combination_lock, random_mdp, read_bridge, read_exploration, write_bridge

TRANSITIONS = np.array([[1, -1], [0, 1]])
REWARDS = np.array([[0.5, 1.0], [0.0, -2.0]], np.float32)


class Trap:
    """What a pickle runs when it is read."""

    def __reduce__(self):
        return (pytest.fail, ("the states were unpickled",))


def written(path, **arrays):
    np.savez(path, **({"transitions": TRANSITIONS, "rewards": REWARDS} | arrays))
    return path


def test_minus_one_is_the_end(tmp_path):
    model = read_bridge(written(tmp_path / "small.npz")).model
    assert model.successors.tolist() == [1, 2, 0, 1, 2, 2]
    assert model.rewards.tolist() == [0.5, 1.0, 0.0, -2.0, 0.0, 0.0]
    assert model.terminal.tolist() == [False, False, True]
    assert model.start.tolist() == [1.0, 0.0, 0.0]


def test_pickled_states_are_never_read(tmp_path):
    trap = np.array([Trap(), Trap()], dtype=object)
    path = tmp_path / "trap.npz"
    np.savez(path, allow_pickle=True, transitions=TRANSITIONS, rewards=REWARDS, states=trap)
    assert read_bridge(path).model.num_states == 3


@pytest.mark.parametrize(
    ("arrays", "sentence"),
    [
        ({"transitions": np.array([[1, -2], [0, 1]])}, r"transitions must lie in -1..1, got -2"),
        ({"transitions": np.array([[1, 2], [0, 1]])}, r"transitions must lie in -1..1, got 2"),
        ({"transitions": np.array([1, 0])}, r"transitions must be numbers of shape \[S, A\]"),
        ({"transitions": TRANSITIONS.astype(float)}, "transitions must be numbers"),
        ({"rewards": REWARDS[:, :1]}, r"rewards must have shape \[2, 2\]"),
        ({"rewards": np.full((2, 2), np.nan)}, "rewards must be finite"),
        ({"screens": np.zeros((1, 2, 2), np.uint8)}, "screens must be uint8"),
        ({"screens": np.zeros((1, 2, 2, 3), np.uint8), "screen_mapping": np.array([0, 1])}, "must lie in 0..0, got 1"),
        ({"screen_mapping": np.array([0, 1, 1])}, "one row for each of the 2 states"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, arrays, sentence):
    with pytest.raises(InstanceError, match=rf"^broken.npz: .*{sentence}"):
        read_bridge(written(tmp_path / "broken.npz", **arrays))


def test_a_file_without_rewards_is_refused(tmp_path):
    np.savez(tmp_path / "half.npz", transitions=TRANSITIONS)
    with pytest.raises(InstanceError, match="half.npz has no array 'rewards'"):
        read_bridge(tmp_path / "half.npz")


def test_a_published_file_is_written_as_it_was_read(tmp_path, data):
    path = data / "bridge" / "freeway_10_fs30" / "consolidated.npz"
    write_bridge(tmp_path / "again.npz", read_bridge(path))
    with np.load(path) as one, np.load(tmp_path / "again.npz") as other:
        assert sorted(one.files) == sorted(other.files) == ["rewards", "screen_mapping", "screens", "transitions"]
        for name in one.files:
            np.testing.assert_array_equal(one[name], other[name])
            assert one[name].dtype == other[name].dtype
            assert one[name].flags.f_contiguous == other[name].flags.f_contiguous


def test_screens_can_be_left_unread(data):
    path = data / "bridge" / "freeway_10_fs30" / "consolidated.npz"
    assert read_bridge(path, screens=False).screens is None
    assert read_bridge(path).screens.shape == (263, 210, 160, 3)


def test_a_model_of_ours_becomes_a_bridge_file_and_comes_back(tmp_path):
    lock = combination_lock(5, 3, seed=4)
    write_bridge(tmp_path / "lock.npz", lock)
    again = read_bridge(tmp_path / "lock.npz").model
    np.testing.assert_array_equal(again.successors, lock.successors)
    np.testing.assert_array_equal(again.rewards, lock.rewards)


def test_what_a_bridge_file_cannot_hold_is_refused(tmp_path):
    with pytest.raises(SettingError, match="deterministic models with one start; write this one with model.save"):
        write_bridge(tmp_path / "no.npz", random_mdp())
    inexact = random_mdp(branching=1)  # deterministic, with rewards of 53 bits
    with pytest.raises(SettingError, match="float32 rewards; round them first"):
        write_bridge(tmp_path / "no.npz", inexact)
    assert not (tmp_path / "no.npz").exists()


def test_an_exploration_policy_is_read_and_scaled(tmp_path):
    policy = np.random.default_rng(0).dirichlet(np.ones(3), (4, 6)).astype(np.float32)
    np.save(tmp_path / "policy.npy", policy)
    found = read_exploration(tmp_path / "policy.npy")
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, policy, atol=1e-7)
    np.testing.assert_allclose(found.sum(2), 1, rtol=0, atol=1e-15)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (np.full((4, 6, 3), 0.5, np.float32), "must be non-negative and sum to 1"),
        (np.full((6, 3), 1 / 3), r"must hold probabilities of shape \[T, S \+ 1, A\]"),
        (np.full((4, 6, 3), np.nan), "must be non-negative and sum to 1"),
        (np.array([Trap()], dtype=object), "cannot be read as a NumPy array"),
    ],
)
def test_what_is_no_exploration_policy_is_refused(tmp_path, policy, sentence):
    np.save(tmp_path / "policy.npy", policy, allow_pickle=True)
    with pytest.raises(InstanceError, match=sentence):
        read_exploration(tmp_path / "policy.npy")
    with pytest.raises(InstanceError, match="cannot be read"):
        read_exploration(tmp_path / "missing.npy")


def test_a_state_may_have_no_screen(tmp_path):
    screens = {"screens": np.zeros((1, 2, 2, 3), np.uint8), "screen_mapping": np.array([0, -1])}
    assert read_bridge(written(tmp_path / "some.npz", **screens)).screen_mapping.tolist() == [0, -1]
