"""Locks, random models, sticky actions and model files."""

import numpy as np
import pytest

import mdpzoo
from mdpzoo.checks import run_checks
from mdpzoo.errors import InstanceError, SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon import (
    combination_lock,
    effective_horizon,
    random_mdp,
    read_bridge,
    read_model,
    sticky,
    sticky_pairs,
)
from mdpzoo_horizon.plugin import mdpzoo_environments


def test_the_lock_opens_to_its_right_actions_only():
    lock = combination_lock(horizon=6, num_actions=4, seed=9)
    successors = lock.successors.reshape(7, 4)
    right = [int(np.flatnonzero(successors[s] == s + 1)[0]) for s in range(5)]
    assert (successors[:6] != 6).sum() == 5  # every other action ends the episode
    assert 0 not in right
    assert len(set(right)) > 1
    paid = np.argwhere(lock.expected_rewards > 0)
    assert paid.tolist() == [[5, paid[0, 1]]]
    assert paid[0, 1] != 0


def test_a_seed_is_a_lock_and_another_is_another():
    one, same, other = (combination_lock(20, 3, seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.successors, same.successors)
    assert (one.successors != other.successors).any()


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"num_actions": 1}, {"seed": -1}])
def test_a_lock_that_cannot_be_is_refused(wrong):
    with pytest.raises(SettingError, match=f"{next(iter(wrong))} must be at least"):
        combination_lock(**wrong)


def test_random_models_take_their_draws_in_the_order_that_is_documented():
    generator = np.random.default_rng(0)
    law, successors = generator.dirichlet(np.ones(5), 200), generator.integers(50, size=(200, 5))
    rewards = generator.random((50, 4))
    dense = np.zeros((200, 50))
    np.add.at(dense, (np.repeat(np.arange(200), 5), successors.ravel()), law.ravel())
    transitions, _ = random_mdp().to_arrays()
    np.testing.assert_allclose(transitions.reshape(200, 50), dense, rtol=0, atol=1e-15)
    np.testing.assert_allclose(random_mdp().expected_rewards, rewards, rtol=1e-14)
    sparse = random_mdp(reward_density=0.02).expected_rewards
    np.testing.assert_allclose(sparse, rewards < 0.02, rtol=0, atol=1e-14)


@pytest.mark.parametrize("wrong", [{"num_states": 0}, {"branching": 0}, {"reward_density": 1.5}, {"seed": -1}])
def test_a_random_model_that_cannot_be_is_refused(wrong):
    with pytest.raises(SettingError):
        random_mdp(**wrong)


def test_a_row_of_a_sticky_model_is_a_mixture_of_two_actions():
    model = random_mdp(num_states=4, num_actions=3, branching=2)
    made, pairs = sticky(model, 0.25), sticky_pairs(model)
    (transitions, _), (base, _) = made.to_arrays(), model.to_arrays()
    for number, (state, last) in enumerate(pairs):
        for action in range(3):
            shares = {action: 1.0} if last in (-1, action) else {action: 0.75, last: 0.25}
            law = np.zeros(len(pairs))
            for executed, share in shares.items():
                for after in range(4):
                    if base[state, executed, after] > 0:
                        into = np.flatnonzero((pairs == (after, executed)).all(1))[0]
                        law[into] += share * base[state, executed, after]
            np.testing.assert_allclose(transitions[number, action], law, atol=1e-15)
    assert made.start.tolist() == [1.0] + [0.0] * (len(pairs) - 1)
    assert pairs[0].tolist() == [0, -1]


def test_sticky_rewards_are_those_of_the_executed_action():
    # reward = the action's number; the second step repeats the first action with probability 1/4
    always = TabularMDP.from_arrays(np.ones((1, 2, 1)), np.array([[0.0, 1.0]]))
    made = sticky(always, 0.25)
    # best: 1, then 1 for sure; worst: 0, then 0; choosing 1 after 0 earns 0.75
    assert effective_horizon(made, 2).optimal_return == 2
    state = np.flatnonzero((sticky_pairs(always) == (0, 0)).all(1))[0]
    assert made.expected_rewards[state].tolist() == [0.0, 0.75]


def test_actions_that_are_never_sticky_change_no_value():
    model = combination_lock(6, 3)
    plain, made = effective_horizon(model, 6), effective_horizon(sticky(model, 0.0), 6)
    for name in ("optimal_return", "random_return", "min_k", "epw", "greedy_returns", "gaps"):
        assert getattr(made, name) == pytest.approx(getattr(plain, name))


def test_the_rows_of_terminal_states_may_lead_anywhere():
    # state 1 is terminal; its row leads back to 0, which nobody enters otherwise
    ends = TabularMDP(np.arange(3), [1, 0], np.ones(2), np.ones(2), [1.0, 0.0], [False, True])
    made = sticky(ends, 0.5)
    assert made.terminal.tolist() == [False, True]
    assert effective_horizon(made, 5).optimal_return == 1


@pytest.mark.parametrize("wrong", [-0.1, 1.0, float("nan")])
def test_a_probability_of_sticky_actions_must_be_one(wrong):
    with pytest.raises(SettingError, match=r"must lie in \[0, 1\)"):
        sticky(combination_lock(), wrong)


def test_both_kinds_of_files_are_told_apart(tmp_path, data):
    model = random_mdp(num_states=5)
    model.save(tmp_path / "ours.npz")
    again = read_model(tmp_path / "ours.npz")
    np.testing.assert_array_equal(again.probabilities, model.probabilities)
    bridge = data / "bridge" / "freeway_10_fs30" / "consolidated.npz"
    np.testing.assert_array_equal(read_model(bridge).successors, read_bridge(bridge).model.successors)


def test_an_archive_of_something_else_is_no_model(tmp_path):
    np.savez(tmp_path / "other.npz", weights=np.ones(3))
    with pytest.raises(InstanceError, match="other.npz is not a model: it has neither"):
        read_model(tmp_path / "other.npz")
    with pytest.raises(InstanceError, match="cannot be read as a NumPy archive"):
        read_model(tmp_path / "missing.npz")


@pytest.mark.parametrize(
    ("id", "settings"), [(spec.id, each) for spec in mdpzoo_environments() for each in ({}, *spec.variants)]
)
def test_the_environments_and_their_variants_pass_the_conformance_kit(id, settings):
    assert [each for each in run_checks(id, **settings) if each.failure is not None] == []


def test_a_file_is_an_environment(data):
    env = mdpzoo.make(read_model(str(data / "bridge" / "freeway_10_fs30" / "consolidated.npz")))
    assert env.reset(seed=0) == (0, {})
    assert env.observation_space.n == 198  # 197 and the end
