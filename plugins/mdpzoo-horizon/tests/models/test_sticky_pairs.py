"""Sticky models against playing them, and which states can be visited when."""

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo_horizon.analysis.exploration_policies import exploration_policy
from mdpzoo_horizon.models.locks import combination_lock
from mdpzoo_horizon.models.random_models import random_mdp
from mdpzoo_horizon.models.reachability import Rows, first_visits
from mdpzoo_horizon.models.sticky_actions import sticky, sticky_pairs


def random_model(seed, states=6, actions=3):
    return random_mdp(num_states=states, num_actions=actions, branching=2, seed=seed)


@pytest.mark.parametrize("probability", [0.0, 0.25, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_a_sticky_row_mixes_the_rows_of_the_chosen_and_the_last_action(seed, probability):
    model = random_model(seed)
    transitions, rewards = model.to_arrays()
    pairs = sticky_pairs(model).tolist()
    found, paid = sticky(model, probability).to_arrays()
    for here, (state, last) in enumerate(pairs):
        for action in range(3):
            executed = {action: 1.0} if last < 0 else {}
            if last >= 0:
                executed[action] = executed.get(action, 0) + 1 - probability
                executed[last] = executed.get(last, 0) + probability
            wanted = np.zeros(len(pairs))
            mean = 0.0
            for each, share in executed.items():
                for after in range(6):
                    if share * transitions[state, each, after] > 0:
                        wanted[pairs.index([after, each])] += share * transitions[state, each, after]
                mean += share * (transitions[state, each] * rewards[state, each]).sum()
            np.testing.assert_allclose(found[here, action], wanted, atol=1e-12)
            assert (found[here, action] * paid[here, action]).sum() == pytest.approx(mean)


def test_the_first_step_is_never_sticky_and_starts_are_kept():
    model = combination_lock(horizon=3, num_actions=2, seed=1)
    made, pairs = sticky(model, 0.5), sticky_pairs(model)
    assert pairs[made.start > 0].tolist() == [[0, -1]]
    assert made.terminal.tolist() == [bool(model.terminal[state]) for state, _ in pairs]


@pytest.mark.parametrize("probability", [-0.1, 1.0, float("nan")])
def test_a_probability_out_of_range_is_named(probability):
    with pytest.raises(SettingError, match=r"must lie in \[0, 1\)"):
        sticky(random_model(0), probability)


@pytest.mark.parametrize("seed", range(4))
def test_first_visits_are_those_of_searching_step_by_step(seed):
    model = random_model(seed, states=9, actions=2)
    transitions, _ = model.to_arrays()
    horizon, reached = 6, model.start > 0
    wanted = np.full(9, horizon)
    for step in range(horizon):
        wanted[reached & (wanted == horizon)] = step
        reached = (transitions[reached].sum((0, 1)) > 0) | False
    assert first_visits(Rows.of(model), horizon).tolist() == wanted.tolist()


def test_nothing_behind_a_terminal_state_is_visited():
    transitions = np.zeros((4, 1, 4))
    transitions[[0, 1, 2, 3], 0, [1, 2, 2, 3]] = 1
    model = TabularMDP.from_arrays(transitions, np.zeros((4, 1)), terminal=np.array([False, True, False, False]))
    assert first_visits(Rows.of(model), 5).tolist() == [0, 1, 5, 5]


@pytest.mark.parametrize("shape", [(3,), (6, 3), (4, 6, 3), (9, 6, 3)])
def test_an_exploration_policy_has_one_shape_and_sums_to_1(shape):
    given = np.random.default_rng(0).random(shape) + 0.1
    given /= given.sum(-1, keepdims=True)
    found = exploration_policy(given, random_model(0), 4)
    assert found.ndim == 3
    assert found.shape[0] in (1, 4)
    np.testing.assert_allclose(found.sum(2), 1)
    np.testing.assert_allclose(
        np.broadcast_to(found, (4, 6, 3)), np.broadcast_to(given[:4] if given.ndim == 3 else given, (4, 6, 3))
    )


def test_no_exploration_policy_means_a_uniform_one():
    assert exploration_policy(None, random_model(0), 4).tolist() == [[[1 / 3] * 3]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (np.ones((5, 3)) / 3, r"got \[5, 3\]"),
        (np.ones((3, 6, 3)) / 3, r"T = 4"),  # fewer steps than the horizon
        (np.array([0.5, 0.6, -0.1]), "sum to 1"),
        (np.array([0.5, 0.6, 0.1]), "sum to 1"),
    ],
)
def test_an_exploration_policy_that_is_none_is_named(given, words):
    with pytest.raises(SettingError, match=words):
        exploration_policy(given, random_model(0), 4)
