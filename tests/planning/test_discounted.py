import subprocess
import sys

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import solve_discounted
from mdpzoo.planning.discounted import METHODS
from tests.planning.random_models import KINDS, optimal_values, policy_values, random_model

DISCOUNTS = (0.5, 0.9, 0.99, 0.999, 0.9999, 0.0)


def sparse_model(states):
    """Section 7 of the method sheet: successors first, then their law, then rewards."""
    generator = np.random.default_rng(0)
    successors = generator.integers(states, size=(4 * states, 5))
    law = generator.dirichlet(np.ones(5), 4 * states)
    rewards = np.repeat(generator.random((states, 4)).ravel(), 5)
    start, terminal = np.eye(1, states)[0], np.zeros(states, bool)
    return TabularMDP(np.arange(0, 20 * states + 1, 5), successors.ravel(), law.ravel(), rewards, start, terminal)


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_holds_on_every_kind_of_model(kind):
    for seed in range(50):  # ten kinds: 500 models
        model, scale = random_model(seed, kind)
        discount = DISCOUNTS[seed % len(DISCOUNTS)]
        found = solve_discounted(model, discount, 1e-5 * scale)
        truth = optimal_values(model, discount)
        assert found.error_bound <= 1e-5 * scale
        assert np.abs(found.values - truth).max() <= found.error_bound, (seed, discount)
        earned = policy_values(model, discount, found.policy)
        assert (truth - earned).max() <= found.policy_loss, (seed, discount)
        assert np.abs(found.values - earned).max() <= found.error_bound, (seed, discount)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_keeps_its_bound(method):
    for seed in range(60):
        model, scale = random_model(seed)
        discount = (0.5, 0.9, 0.99)[seed % 3]
        found = solve_discounted(model, discount, 1e-7 * scale, method)
        assert found.error_bound <= 1e-7 * scale
        assert np.abs(found.values - optimal_values(model, discount)).max() <= found.error_bound


def test_the_bound_holds_when_only_rounding_is_left():
    # tolerances near the least that can be certified, where a bound without its rounding term would be 0 and wrong
    wrong_without = 0
    for seed in range(100):
        model, scale = random_model(seed)
        discount, tolerance = 0.99, 1e-9 * scale
        found = solve_discounted(model, discount, tolerance, "value-iteration")
        for _ in range(4):
            try:
                found = solve_discounted(model, discount, tolerance, "value-iteration")
            except SettingError:
                break
            tolerance /= 10
        gap = float(np.abs(found.values - optimal_values(model, discount)).max())
        assert gap <= found.error_bound
        wrong_without += gap > 0
    assert wrong_without > 50  # the comparison sees differences that small


@pytest.mark.parametrize(("states", "value"), [(10_000, 82.388265011), (100_000, 81.618326696)])
def test_the_sheets_random_sparse_model(states, value):
    found = solve_discounted(sparse_model(states), 0.99)
    assert found.error_bound <= 1e-6
    assert abs(found.values[0] - value) <= found.error_bound + 5e-10  # the sheet prints nine decimals


def test_terminal_states_take_part_in_the_bounds():
    # one state, reward 1, ends for certain: the value is 1, not 1 / (1 - g), which bounds without the end would prove
    law = np.array([[[0.0, 1.0]], [[0.0, 1.0]]])
    model = TabularMDP.from_arrays(law, np.ones((2, 1)), None, np.array([False, True]))
    found = solve_discounted(model, 0.99)
    assert abs(found.values[0] - 1) <= found.error_bound
    assert found.values[1] == 0


def test_rows_that_sum_to_one_but_for_a_billionth_are_taken_as_they_stand():
    # v = s + g s v with s = 1 + 9e-10, so v = s / (1 - g s), 0.09 more than 1 / (1 - g)
    model = TabularMDP([0, 1], [0], [1 + 9e-10], [1.0], [1.0], [False])
    found = solve_discounted(model, 0.9999, 1e-6)
    total = np.longdouble(1 + 9e-10)
    truth = total / (1 - np.longdouble(0.9999) * total)
    assert abs(truth - 10_000) > 0.08
    assert abs(found.values[0] - truth) <= found.error_bound


@pytest.mark.parametrize("method", sorted(METHODS))
def test_ties_go_to_the_lowest_action(method):
    law = np.full((3, 4, 3), 1 / 3)
    rewards = np.tile([0.0, 1.0, 1.0, 1.0], (3, 1))
    assert solve_discounted(TabularMDP.from_arrays(law, rewards), 0.9, method=method).policy.tolist() == [1, 1, 1]


def test_a_deterministic_chain_is_solved_in_a_few_sweeps():
    # reward 1 for ever at the far end: v(s) = g^(n - 1 - s) / (1 - g); plain passes would take 1800
    states = 3000
    here = np.arange(states)
    successors = np.stack([np.maximum(here - 1, 0), np.minimum(here + 1, states - 1)], 1).ravel()
    rewards = np.zeros(2 * states)
    rewards[-1] = 1
    model = TabularMDP(
        np.arange(2 * states + 1),
        successors,
        np.ones(2 * states),
        rewards,
        np.eye(1, states)[0],
        np.zeros(states, bool),
    )
    found = solve_discounted(model, 0.99)
    assert np.abs(found.values - 0.99 ** (states - 1 - here) / 0.01).max() <= found.error_bound
    assert found.sweeps < 20


def test_a_model_of_terminal_states_only_is_worth_nothing():
    model = TabularMDP.from_arrays(np.ones((1, 2, 1)), np.ones((1, 2)), None, np.array([True]))
    assert solve_discounted(model, 0.9).values.tolist() == [0]


def test_the_same_arguments_give_the_same_bits():
    model = sparse_model(1000)
    one, other = solve_discounted(model, 0.95), solve_discounted(model, 0.95)
    assert np.array_equal(one.values, other.values)
    assert (one.error_bound, one.sweeps) == (other.error_bound, other.sweeps)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"discount": 1}, "use solve_finite_horizon or solve_average"),  # no discount
        ({"discount": 1.5}, "lie in [0, 1), got 1.5"),
        ({"discount": -0.1}, "lie in [0, 1), got -0.1"),
        ({"discount": float("nan")}, "got nan"),
        ({"discount": 1 - 1e-16}, "too near to 1"),  # rounding could be worth more than what is left
        ({"discount": 0.9, "tolerance": 0}, "positive number, got 0"),
        ({"discount": 0.9, "tolerance": float("inf")}, "positive number, got inf"),
        ({"discount": 0.9, "method": "gauss-siedel"}, "Did you mean 'gauss-seidel'"),
        ({"discount": 0.99, "tolerance": 1e-16}, "below what double precision can certify"),
    ],
)
def test_a_wrong_argument_is_refused_with_the_remedy(arguments, named):
    with pytest.raises(SettingError) as refused:
        solve_discounted(sparse_model(50), **arguments)
    assert named in str(refused.value)


def test_the_tolerance_that_a_refusal_names_can_be_had():
    model, _ = random_model(3, "dense")
    with pytest.raises(SettingError, match="set it to") as refused:
        solve_discounted(model, 0.999, 1e-300)
    named = float(str(refused.value).split("set it to ")[1].split()[0])
    assert solve_discounted(model, 0.999, named).error_bound <= named


def test_importing_mdpzoo_does_not_import_the_planners():
    code = "import sys, mdpzoo; assert not {'numba', 'mdpzoo.planning'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
