import numpy as np
import pytest

from mdpzoo.models import TabularMDP
from mdpzoo.planning import solve_finite_horizon
from mdpzoo_latent import plan, signpost, tiger
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.planning.bounds import bounds_of
from mdpzoo_latent.planning.processes import process_of


def test_the_informed_values_are_those_of_each_context():
    model = latent_random(contexts=3, states=3, seed=2)
    informed = bounds_of(process_of(model), 5, 1.0).informed
    for context in range(3):
        table = TabularMDP.from_arrays(model.transitions[context], model.rewards[context])
        np.testing.assert_allclose(informed[5, :, context], solve_finite_horizon(table, 5).values[0], rtol=1e-12)


@pytest.mark.parametrize("model", [signpost(penalty=1.0), latent_random(states=3, seed=4), tiger()])
@pytest.mark.parametrize("discount", [1.0, 0.8])
def test_the_value_lies_between_the_bounds_at_every_belief(model, discount):
    process = process_of(model)
    bounds = bounds_of(process, 4, discount)
    stages = plan(model, 4, discount, method="alpha").stages
    beliefs = np.random.default_rng(0).dirichlet(np.ones(process.num_hidden), 50)
    for left in range(5):
        for x in range(process.num_visible):
            value = stages[left][x].value(beliefs)
            assert (value <= beliefs @ bounds.informed[left, x] + 1e-9).all()
            assert (value >= (beliefs @ bounds.blind[left, x].T).max(1) - 1e-9).all()


def test_with_one_step_to_go_the_lower_bound_is_the_value():
    process = process_of(latent_random(seed=1))
    bounds = bounds_of(process, 1, 1.0)
    np.testing.assert_array_equal(bounds.blind[1, :, : process.num_actions], process.rewards)


def test_blind_policies_are_worth_what_their_actions_earn():
    model = latent_random(contexts=2, states=3, seed=3)
    bounds = bounds_of(process_of(model), 3, 1.0)
    for policy in range(bounds.blind.shape[2]):
        for context in range(2):
            values = np.zeros(3)
            for left in (1, 2, 3):
                chosen = bounds.actions[left, :, policy]
                moves = model.transitions[context, np.arange(3), chosen]
                values = model.rewards[context, np.arange(3), chosen] + moves @ values
            np.testing.assert_allclose(bounds.blind[3, :, policy, context], values)
