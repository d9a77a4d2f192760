from itertools import product

import numpy as np
import pytest

from mdpzoo.models import LatentMDP
from mdpzoo_latent import signpost, solve_memoryless
from mdpzoo_latent.environments.random_contexts import latent_random


def value_of(model, policy):
    """The value of actions ``[H, S]``, forwards."""
    occupancy, total = model.weights[:, None] * model.start, 0.0
    states = np.arange(model.num_states)
    for choice in policy:
        total += (occupancy * model.rewards[:, states, choice]).sum()
        occupancy = np.einsum("ms,mst->mt", occupancy, model.transitions[:, states, choice])
    return total


@pytest.mark.parametrize("seed", range(4))
def test_it_is_the_best_of_all_policies_tried_one_by_one(seed):
    model = latent_random(states=2, actions=2, contexts=3, seed=seed, horizon=3)
    every = [np.reshape(choice, (3, 2)) for choice in product(range(2), repeat=6)]
    found = solve_memoryless(model)
    assert found.value == pytest.approx(max(value_of(model, policy) for policy in every), abs=1e-12)
    assert value_of(model, found.policy) == pytest.approx(found.value, abs=1e-12)
    assert found.upper == pytest.approx(found.value, abs=1e-9)


def test_without_memory_a_signpost_is_not_worth_a_look():
    assert solve_memoryless(signpost(), 9).value == pytest.approx(4.5)
    assert solve_memoryless(signpost(penalty=1.0), 9).value == pytest.approx(0)


def test_a_search_that_is_cut_off_says_how_much_better_it_may_get():
    model = latent_random(states=4, actions=3, contexts=3, seed=0, horizon=5)
    found = solve_memoryless(model, seconds=0.0)
    assert found.value <= found.upper
    assert value_of(model, found.policy) == pytest.approx(found.value, abs=1e-12)


def test_one_context_needs_no_memory():
    model = latent_random(contexts=1, seed=1)
    one = LatentMDP(model.models)
    assert solve_memoryless(one, 5).upper == pytest.approx(solve_memoryless(one, 5).value, abs=1e-9)
