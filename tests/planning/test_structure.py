import itertools

import numpy as np
import pytest

from mdpzoo.planning.structure import end_components, lead_to, strong_components
from tests.planning.random_models import dense, random_model


def reaches(edges):
    """Which state reaches which, itself included."""
    found = np.eye(len(edges), dtype=bool) | edges
    for _ in edges:
        found = found | (found.astype(int) @ found.astype(int) > 0)
    return found


def small_model(seed):
    kinds = ("sparse", "deterministic", "terminal", "multichain", "absorbing")
    while (model := random_model(seed, kinds[seed % 5])[0]).num_states > 7:
        seed += 1000
    return model


def test_strong_components_are_those_of_mutual_reach():
    for seed in range(100):
        model, _ = random_model(seed, ("sparse", "deterministic", "terminal", "multichain", "absorbing")[seed % 5])
        law, _ = dense(model)
        both = reaches(law.sum(1) > 0)
        every = np.ones(model.num_states * model.num_actions, bool)
        label, count = strong_components(model.offsets, model.successors, every, model.terminal)
        assert np.array_equal(label[:, None] == label, both & both.T)
        assert sorted(set(label)) == list(range(count))


def test_end_components_are_the_largest_of_all_that_there_are():
    for seed in range(60):
        model = small_model(seed)
        law, _ = dense(model)
        states = model.num_states
        largest = np.zeros(states, int)  # how many states the largest end component around a state has
        for inside in itertools.product([False, True], repeat=states):
            chosen = np.array(inside)
            stays = (law[:, :, ~chosen].sum(2) == 0) & ~model.terminal[:, None] & chosen[:, None]
            edges = (law > 0)[:, :, :] & stays[:, :, None]
            together = reaches(edges.any(1))[np.ix_(chosen, chosen)].all()
            if chosen.any() and stays.any(1)[chosen].all() and together:
                largest[chosen] = np.maximum(largest[chosen], chosen.sum())
        label, _, allowed = end_components(model.offsets, model.successors, model.terminal)
        member = allowed.reshape(states, -1).any(1)
        assert np.array_equal(member, largest > 0), seed
        assert np.array_equal(np.bincount(label)[label][member], largest[member]), seed


def test_a_policy_that_is_led_reaches_its_target():
    for seed in range(60):
        model = small_model(seed)
        label, count, allowed = end_components(model.offsets, model.successors, model.terminal)
        member = allowed.reshape(model.num_states, -1).any(1)
        targets = np.full(count, -1)
        targets[label[member]] = np.flatnonzero(member)
        policy = np.zeros(model.num_states, int)
        lead_to(model.offsets, model.successors, model.probabilities, allowed, label, targets, policy)
        chain = dense(model)[0][np.arange(model.num_states), policy] > 0
        for state in np.flatnonzero(member):
            assert reaches(chain)[state, targets[label[state]]]
            if targets[label[state]] != state:
                assert allowed[state * model.num_actions + policy[state]]


@pytest.mark.parametrize("states", [1, 200_000])
def test_a_long_way_does_not_exhaust_the_stack(states):
    successors = np.minimum(np.arange(states) + 1, states - 1).astype(np.int32)
    ends = np.zeros(states, bool)
    label, count = strong_components(np.arange(states + 1), successors, np.ones(states, bool), ends)
    assert count == states
    assert len(set(label)) == states
