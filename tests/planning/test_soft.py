import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax

from mdpzoo.errors import SettingError
from mdpzoo.planning import solve_discounted, solve_soft_discounted, solve_soft_finite_horizon
from tests.planning.random_models import dense, random_model
from tests.toys import coin_walk


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), discount=st.sampled_from([0.5, 0.9, 0.99]), heat=st.sampled_from([0.01, 0.3, 10]))
def test_soft_values_solve_their_equation_within_the_bound(seed, discount, heat):
    model, scale = random_model(seed)
    heat *= scale
    found = solve_soft_discounted(model, discount, heat, 1e-6 * scale)
    law, means = (each.astype(float) for each in dense(model))
    truth = found.values
    for _ in range(4000 if discount > 0.9 else 400):  # 0.99^4000 is 4e-18
        truth = np.where(model.terminal, 0, heat * logsumexp((means + discount * law @ truth) / heat, axis=1))
    assert found.error_bound <= 1e-6 * scale
    assert np.abs(found.values - truth).max() <= found.error_bound + 1e-11 * np.abs(truth).max()
    wanted = softmax((means + discount * law @ truth) / heat, axis=1)
    live = ~model.terminal
    # the error of q / temperature bounds that of the probabilities
    assert np.abs(found.policy - wanted)[live].max(initial=0) <= 2.1 * found.error_bound / heat + 1e-9


def test_the_limit_of_no_temperature_is_the_plain_value():
    for seed in range(20):
        model, scale = random_model(seed)
        plain = solve_discounted(model, 0.9, 1e-7 * scale)
        heat = 1e-5 * scale
        soft = solve_soft_discounted(model, 0.9, heat, 1e-7 * scale)
        # between the plain value and temperature log(A) / (1 - 0.9) more
        more = soft.values - plain.values
        slack = plain.error_bound + soft.error_bound
        assert (more >= -slack).all()
        assert (more <= heat * np.log(model.num_actions) * 10 + slack).all()


def test_one_action_leaves_nothing_to_be_soft_about():
    model, _ = random_model(0, "one")
    law = np.ones((1, 1, 1))
    model = type(model).from_arrays(law, np.ones((1, 1)))
    assert solve_soft_discounted(model, 0.5, 3.0).values[0] == pytest.approx(2)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), horizon=st.integers(1, 5))
def test_soft_values_over_a_horizon(seed, horizon):
    model, scale = random_model(seed)
    found = solve_soft_finite_horizon(model, horizon, 0.3 * scale)
    law, means = dense(model)
    values = np.zeros(model.num_states)
    for step in reversed(range(horizon)):
        worth = (means + law @ values).astype(float) / (0.3 * scale)
        values = np.where(model.terminal, 0, 0.3 * scale * logsumexp(worth, axis=1))
        assert np.abs(found.values[step] - values).max() <= 2 * found.error_bound <= 1e-10 * scale
        live = ~model.terminal
        assert np.allclose(found.policy[step][live], softmax(worth, axis=1)[live], atol=1e-9)


@pytest.mark.parametrize("heat", [0, -1, float("nan"), float("inf")])
def test_a_temperature_that_is_none_is_refused(heat):
    with pytest.raises(SettingError, match="temperature must be a positive number"):
        solve_soft_discounted(coin_walk(), 0.9, heat)
