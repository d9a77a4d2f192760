import numpy as np
import pytest

from mdpzoo_latent import BeliefFilter, plan, signpost, tiger
from mdpzoo_latent.environments.random_contexts import latent_random


@pytest.mark.parametrize("method", ["tree", "alpha"])
@pytest.mark.parametrize("model", [signpost(), latent_random(contexts=3, states=2, seed=1), tiger()])
def test_the_memorys_belief_is_the_filters(model, method):
    policy, seen = plan(model, 4, method=method).policy, BeliefFilter(model)
    state = model.initial(np.random.default_rng(0).random)
    memory = policy.start(model.observe(state))
    np.testing.assert_allclose(memory.belief, seen.start(model.observe(state)))
    draw = np.random.default_rng(1).random
    for step in range(3):
        action = step % model.num_actions
        state, _, _ = model.step(state, action, draw)
        memory = policy.advance(memory, action, model.observe(state))
        np.testing.assert_allclose(memory.belief, seen.update(action, model.observe(state)), atol=1e-9)
        assert memory.left == 3 - step


def value_by_histories(policy, model, memory, left):
    """The exact value of a policy from a memory on, by following every history; of latent MDPs only."""
    action = policy.action(memory)
    total = memory.belief @ model.rewards[:, memory.visible, action]
    if left > 1:
        masses = memory.belief @ model.transitions[:, memory.visible, action]
        for after in np.flatnonzero(masses):
            ahead = policy.advance(memory, action, int(after))
            total += masses[after] * value_by_histories(policy, model, ahead, left - 1)
    return total


@pytest.mark.parametrize("method", ["tree", "alpha"])
@pytest.mark.parametrize("seed", range(3))
def test_the_policys_exact_value_is_the_plans(method, seed):
    model = latent_random(states=2, seed=seed)
    found = plan(model, 5, method=method)
    value = value_by_histories(found.policy, model, found.policy.start(0), 5)
    assert value == pytest.approx(found.value, abs=1e-9)


@pytest.mark.parametrize("most", [1, 10, 60])
@pytest.mark.parametrize("seed", range(3))
def test_an_unfinished_plans_policy_is_worth_its_lower_bound(most, seed):
    model = latent_random(states=3, seed=seed)
    found = plan(model, 5, most_nodes=most)
    value = value_by_histories(found.policy, model, found.policy.start(0), 5)
    assert not found.exact
    assert found.lower - 1e-9 <= value <= found.upper + 1e-9


def test_below_the_tree_one_policy_is_followed_to_the_end():
    policy = plan(signpost(penalty=1.0), 6, most_nodes=1).policy
    memory = policy.start(0)
    followers = []
    for _ in range(4):
        memory = policy.advance(memory, 0, 0)
        followers.append(memory.follower)
    assert memory.node == -1
    assert len(set(followers)) == 1
    assert followers[0] >= 0
