import itertools

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import evaluate, occupancy, solve_finite_horizon
from tests.planning.random_models import dense, policy_values, random_model
from tests.toys import coin_walk


def random_policy(seed, model, stochastic, horizon=None):
    generator = np.random.default_rng(seed + 1)
    steps = () if horizon is None else (horizon,)
    if stochastic:
        return generator.dirichlet(np.ones(model.num_actions), (*steps, model.num_states))
    return generator.integers(model.num_actions, size=(*steps, model.num_states))


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), discount=st.sampled_from([0.0, 0.5, 0.9, 0.999]), stochastic=st.booleans())
def test_a_policys_values_lie_within_their_bound(seed, discount, stochastic):
    model, scale = random_model(seed)
    policy = random_policy(seed, model, stochastic)
    found = evaluate(model, policy, discount=discount, tolerance=1e-6 * scale)
    assert found.error_bound <= 1e-6 * scale
    assert np.abs(found.values - policy_values(model, discount, policy)).max() <= found.error_bound


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), discount=st.sampled_from([0.0, 0.5, 0.9, 0.999]), stochastic=st.booleans())
def test_discounted_visits_flow_and_pay_the_value(seed, discount, stochastic):
    model, scale = random_model(seed)
    policy = random_policy(seed, model, stochastic)
    found = occupancy(model, policy, discount=discount)
    law, means = dense(model)
    states = found.visits.sum(1)
    live = ~model.terminal
    # what is in a state: its start, and what flows in, discounted
    flow = model.start + discount * np.einsum("sa,sat->t", found.visits, law)
    assert found.error_bound <= 1e-6
    assert np.abs((states - flow)[live]).sum() <= 2 * found.error_bound
    assert (states[~live] == 0).all()
    paid = (found.visits * means).sum()
    assert abs(paid - model.start @ policy_values(model, discount, policy)) <= found.error_bound * scale * (1 + 1e-9)


def test_visits_add_up_to_the_discounted_time():
    model, _ = random_model(1, "sparse")  # no terminal states: 1 / (1 - 0.9) steps
    visits = occupancy(model, np.zeros(model.num_states, int), discount=0.9).visits
    assert visits.sum() == pytest.approx(10, abs=1e-6)
    assert (visits[:, 1:] == 0).all()


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 6), stochastic=st.booleans(), stationary=st.booleans())
def test_values_over_a_horizon_are_those_of_plain_matrices(seed, horizon, stochastic, stationary):
    model, scale = random_model(seed)
    steps = None if stationary else horizon
    if not stationary and horizon == model.num_states and not stochastic and model.num_actions == model.num_states:
        return  # a square of whole numbers has its own test
    policy = random_policy(seed, model, stochastic, steps)
    law, means = dense(model)
    found = evaluate(model, policy, horizon=horizon)
    visits = occupancy(model, policy, horizon=horizon)
    values, paid = np.zeros(model.num_states), 0
    now = np.where(model.terminal, 0, model.start)
    for step in reversed(range(horizon)):
        each = policy if stationary else policy[step]
        weights = each if stochastic else np.eye(model.num_actions)[each]
        values = (weights * (means + law @ values)).sum(1)
        assert np.abs(found.values[step] - values).max() <= found.error_bound <= 1e-10 * scale
    for step in range(horizon):
        each = policy if stationary else policy[step]
        weights = (each if stochastic else np.eye(model.num_actions)[each]) * ~model.terminal[:, None]
        assert np.abs(visits.visits[step] - now[:, None] * weights).sum() <= visits.error_bound + 1e-15 <= 1e-10
        paid += (visits.visits[step] * means).sum()
        now = np.where(model.terminal, 0, np.einsum("sa,sat->t", now[:, None] * weights, law))
    assert paid == pytest.approx(float(model.start @ values), abs=1e-9 * scale)


@pytest.mark.parametrize(
    ("slippery", "horizon", "optimal", "uniform"),
    [
        (False, 20, 1, 0.0124448243),  # the method sheet's section 8
        (True, 50, 0.5459086653, 0.0139351986),
    ],
)
def test_frozen_lake_has_the_sheets_values(slippery, horizon, optimal, uniform):
    model = TabularMDP.from_gymnasium(gymnasium.make("FrozenLake-v1", is_slippery=slippery))
    best = solve_finite_horizon(model, horizon)
    assert model.start @ best.values[0] == pytest.approx(optimal, abs=1e-10)
    even = np.full((model.num_states, 4), 0.25)
    assert model.start @ evaluate(model, even, horizon=horizon).values[0] == pytest.approx(uniform, abs=1e-10)
    earned = evaluate(model, best.policy, horizon=horizon).values
    assert np.abs(earned - best.values).max() <= best.error_bound


@pytest.mark.parametrize("name", ["random a", "random b"])
def test_random_models_have_the_sheets_returns(name):
    generator = np.random.default_rng(0)
    rows, successors = generator.dirichlet(np.ones(5), 200), generator.integers(50, size=(200, 5))
    rewards = generator.random((50, 4))
    rewards = (rewards < 0.02).astype(float) if name == "random b" else rewards
    law = np.zeros((200, 50))
    np.add.at(law, (np.arange(200)[:, None], successors), rows)
    model = TabularMDP.from_arrays(law.reshape(50, 4, 50), rewards)
    optimal, uniform = {"random a": (13.10720293, 7.63641716), "random b": (3.54830745, 0.2993890861)}[name]
    assert solve_finite_horizon(model, 15).values[0, 0] == pytest.approx(optimal, abs=1e-8)
    assert evaluate(model, np.full((50, 4), 0.25), horizon=15).values[0, 0] == pytest.approx(uniform, abs=1e-8)


def test_backward_induction_is_the_best_of_all_policies_of_a_tiny_model():
    model = coin_walk(3)
    found = solve_finite_horizon(model, 2)
    policies = itertools.product(range(2), repeat=4)  # two states that last, two steps
    values = [evaluate(model, np.array([[a, b, 0], [c, d, 0]]), horizon=2).values[0] for a, b, c, d in policies]
    assert np.abs(found.values[0] - np.max(values, 0)).max() <= found.error_bound
    # from state 1: 0.7 to the end at once, 0.3 to state 0, from where two more steps would be needed
    assert found.values[0].tolist() == pytest.approx([0.49, 0.7, 0.0])


def test_a_square_of_whole_numbers_is_actions_by_step():
    model = coin_walk(2)  # 2 states, 2 actions, and 2 steps
    found = evaluate(model, np.array([[1, 0], [0, 0]]), horizon=2)
    assert found.values[0, 0] == pytest.approx(0.7 + 0.3 * 0.2)  # action 1, then action 0


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "either a discount or a horizon"),
        ({"discount": 0.9, "horizon": 3}, "either a discount or a horizon"),
        ({"discount": 1.0}, "use solve_finite_horizon"),
        ({"horizon": 0}, "at least 1, got 0"),
        ({"horizon": 2.5}, "at least 1, got 2.5"),
        ({"discount": 0.9, "tolerance": -1}, "positive number, got -1"),
    ],
)
@pytest.mark.parametrize("asked", [evaluate, occupancy])
def test_wrong_arguments_are_refused(asked, arguments, named):
    with pytest.raises(SettingError) as refused:
        asked(coin_walk(), np.zeros(5, int), **arguments)
    assert named in str(refused.value)


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        (np.zeros(4, int), "must have shape [5] or [5, 2], got [4]"),  # a state short
        (np.zeros(5), "whole numbers, got float64"),
        (np.array([0, 2, 0, 0, 0]), "state 1 must lie in 0..1, got 2"),
        (np.array([0, -1, 0, 0, 0]), "state 1 must lie in 0..1, got -1"),
        (np.full((5, 2), 0.4), "state 0 must not be negative and sum to 1"),
        (np.tile([1.5, -0.5], (5, 1)), "state 0 must not be negative"),
    ],
)
def test_a_policy_of_another_model_is_refused(policy, named):
    with pytest.raises(SettingError) as refused:
        evaluate(coin_walk(), policy, discount=0.9)
    assert named in str(refused.value)


def test_a_terminal_states_action_is_not_looked_at():
    values = evaluate(coin_walk(), np.array([1, 1, 1, 1, -7]), discount=0.9).values
    assert values[4] == 0
