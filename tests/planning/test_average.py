import itertools

import numpy as np
import pytest

import mdpzoo
from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import diameter, evaluate_average, solve_average
from tests.planning.random_models import dense, random_model
from tests.toys import coin_walk


def chain_of(model, policy):
    """Rows ``[S, S]`` and rewards ``[S]`` of actions; terminal states stay."""
    law, means = (each.astype(float) for each in dense(model))
    here = np.arange(model.num_states)
    chain, rewards = law[here, policy], means[here, policy]
    chain[model.terminal, model.terminal] = 1
    return chain, rewards


def gains_of(model, policy):
    """The limit of the mean of the chain's powers: that of the lazy chain's, which converge."""
    chain, rewards = chain_of(model, policy)
    power = 0.5 * (np.eye(len(chain)) + chain)
    for _ in range(45):
        power = power @ power
        power /= power.sum(1, keepdims=True)
    return power @ rewards


def tiny_model(seed):
    """Up to 5 states and 3 actions with few successors: periodic, multichain, and now and then terminal."""
    generator = np.random.default_rng(seed)
    states, actions, width = (int(generator.integers(1, most)) for most in (6, 4, 3))
    law = np.zeros((states, actions, states))
    for state, action, _ in itertools.product(range(states), range(actions), range(width)):
        law[state, action, generator.integers(states)] += 1 / width
    start = generator.dirichlet(np.ones(states))
    return TabularMDP.from_arrays(law, generator.normal(size=(states, actions)), start, generator.random(states) < 0.1)


def test_the_gain_is_the_best_of_all_stationary_policies():
    for seed in range(300):
        model = tiny_model(seed)
        every = itertools.product(range(model.num_actions), repeat=model.num_states)
        best = np.max([gains_of(model, np.array(policy)) for policy in every], 0)
        found = solve_average(model)
        assert found.error_bound <= 1e-6
        assert np.abs(found.gains - best).max() <= found.error_bound, seed
        assert found.gain == pytest.approx(model.start @ best, abs=found.error_bound)
        earned = gains_of(model, found.policy)
        assert np.abs(found.gains - earned).max() <= found.error_bound, seed
        evaluated = evaluate_average(model, found.policy)
        assert np.abs(evaluated.gains - earned).max() <= evaluated.error_bound, seed


def test_the_bias_solves_the_policys_equation():
    for seed in range(100):
        model, scale = random_model(seed, ("dense", "sparse", "periodic", "terminal", "multichain")[seed % 5])
        found = solve_average(model, 1e-6 * scale)
        chain, rewards = chain_of(model, found.policy)
        left = found.gains + found.bias
        assert np.abs(left - rewards - chain @ found.bias).max() <= 4e-6 * scale, seed
        assert (found.bias[model.terminal] == 0).all()


def test_a_stochastic_policy_earns_the_mix():
    # two states swapped at every step; each of two actions pays 0 or 1, mixed evenly: 1/2 a step
    law = np.zeros((2, 2, 2))
    law[0, :, 1] = law[1, :, 0] = 1
    model = TabularMDP.from_arrays(law, np.array([[0.0, 1.0], [0.0, 1.0]]))
    assert evaluate_average(model, np.full((2, 2), 0.5)).gain == pytest.approx(0.5, abs=1e-6)
    assert solve_average(model).gain == pytest.approx(1, abs=1e-6)


def test_a_long_ring_which_mixes_slowly_is_solved():
    # 300 states in a ring, reward 300 once a round: 1 a step; relative values fall by 1 a step
    states = 300
    law = np.roll(np.eye(states), 1, axis=1)[:, None, :]
    rewards = np.zeros((states, 1))
    rewards[0] = states
    found = solve_average(TabularMDP.from_arrays(law, rewards))
    assert abs(found.gain - 1) <= found.error_bound
    # bias(0) = 0, bias(1) = bias(0) - 300 + 1, and from there each step costs the gain: bias(s + 1) = bias(s) + 1
    assert found.bias[:3].tolist() == pytest.approx([0, -299, -298], abs=1e-3)


def test_the_best_component_is_walked_to_and_the_worse_one_left():
    # states 0, 1 pay 1 a step for ever, or lead on by action 1 of state 1; states 2, 3 pay 2 in the mean
    law = np.zeros((4, 2, 4))
    law[0, :, 1] = law[1, 0, 0] = law[1, 1, 2] = law[2, :, 3] = law[3, :, 2] = 1
    rewards = np.array([[1, 1], [1, -50], [4, 0], [0, 0]], float)
    found = solve_average(TabularMDP.from_arrays(law, rewards))
    assert np.abs(found.gains - 2).max() <= found.error_bound
    assert found.policy[1] == 1
    assert found.policy[2] == 0


def test_a_gamble_between_components_has_the_mean_gain():
    # from state 0, one half each to a state that pays 3 for ever and to one that ends: 1.5
    law = np.array([[[0, 0.5, 0.5]], [[0, 1, 0]], [[0, 0, 1]]])
    model = TabularMDP.from_arrays(law, np.array([[9.0], [3.0], [7.0]]), None, np.array([False, False, True]))
    found = solve_average(model)
    assert found.gains.tolist() == pytest.approx([1.5, 3, 0], abs=1e-6)
    # bias(0) = 9 - 1.5 + (0 + 0) / 2
    assert found.bias.tolist() == pytest.approx([7.5, 0, 0], abs=1e-5)


def test_river_swim_has_the_gain_and_the_diameter_of_linear_equations():
    model = TabularMDP.from_gymnasium(mdpzoo.make("mdpzoo/RiverSwim-v0"))
    found = solve_average(model)
    assert found.policy.tolist() == [1] * 6
    assert found.gain == pytest.approx(gains_of(model, np.ones(6, int))[0], abs=1e-6)
    assert diameter(model) == pytest.approx(linear_diameter(model), rel=2e-6)


def linear_diameter(model):
    """By trying all policies, each by linear equations; only for tiny models."""
    law, _ = (each.astype(float) for each in dense(model))
    states, here = model.num_states, np.arange(model.num_states)
    longest = 0.0
    for target in range(states):
        best = np.full(states, np.inf)
        for policy in itertools.product(range(model.num_actions), repeat=states):
            chain = law[here, policy]
            chain[target] = 0
            if np.linalg.matrix_rank(np.eye(states) - chain) == states:
                times = np.linalg.solve(np.eye(states) - chain, (here != target).astype(float))
                best = np.minimum(best, np.where(times < -1e-9, np.inf, times))
        longest = max(longest, best.max())
    return longest


def test_the_diameter_is_that_of_linear_equations():
    seen = 0
    for seed in range(60):
        model = tiny_model(seed)
        if not model.terminal.any() and np.isfinite(found := diameter(model)) and model.num_states > 1:
            assert found == pytest.approx(linear_diameter(model), rel=2e-6), seed
            seen += 1
    assert seen >= 10


@pytest.mark.parametrize(
    ("model", "steps"),
    [
        (coin_walk(), np.inf),  # from its terminal state nothing is reached
        (TabularMDP.from_arrays(np.eye(2)[:, None], np.zeros((2, 1))), np.inf),  # two states that stay
        (TabularMDP.from_arrays(np.ones((1, 1, 1)), np.zeros((1, 1))), 0),  # nowhere to go
        (TabularMDP.from_arrays(np.roll(np.eye(7), 1, axis=1)[:, None], np.zeros((7, 1))), 6),  # once around
    ],
)
def test_diameters_that_can_be_told_by_hand(model, steps):
    assert diameter(model) == pytest.approx(steps)


def test_wrong_arguments_are_refused():
    with pytest.raises(SettingError, match="positive number, got 0"):
        solve_average(coin_walk(), 0)
    with pytest.raises(SettingError, match="lie in"):
        diameter(coin_walk(), 2)
    with pytest.raises(SettingError, match="cannot be reached"):
        solve_average(random_model(0, "dense")[0], 1e-300)
