import time

import numpy as np
import pytest

from mdpzoo_latent import signpost, tiger
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.planning.alpha_vectors import earlier, last_stage, limited
from mdpzoo_latent.planning.processes import process_of


def stages_of(model, horizon, discount=1.0):
    process, found = process_of(model), [last_stage(process_of(model))]
    for _ in range(horizon):
        found.append(earlier(process, found[-1], discount))
    return process, found


def looked_ahead(process, stage, discount, x, belief):
    """The value one step before a stage, by trying every action and observation."""
    best = -np.inf
    for action in range(process.num_actions):
        total = belief @ process.rewards[x, action]
        for branch in process.branches(x, action):
            total += discount * stage[process.targets[branch]].value(process.pushed(belief, branch))
        best = max(best, total)
    return best


@pytest.mark.parametrize("model", [signpost(penalty=1.0), tiger(), latent_random(contexts=3, states=2, seed=5)])
@pytest.mark.parametrize("discount", [1.0, 0.7])
def test_a_stage_is_one_step_of_looking_ahead(model, discount):
    process, stages = stages_of(model, 3, discount)
    for belief in np.random.default_rng(0).dirichlet(np.ones(process.num_hidden), 30):
        for x in range(process.num_visible):
            for before, after in zip(stages[1:], stages[:-1], strict=True):
                expected = looked_ahead(process, after, discount, x, belief)
                assert before[x].value(belief) == pytest.approx(expected, abs=1e-9)


def test_values_are_convex_in_the_belief():
    _, stages = stages_of(latent_random(contexts=3, states=2, seed=5), 4)
    generator = np.random.default_rng(1)
    one, other = generator.dirichlet(np.ones(3), (2, 200))
    for each in stages[-1]:
        assert (each.value((one + other) / 2) <= (each.value(one) + each.value(other)) / 2 + 1e-12).all()


def test_the_action_is_that_of_the_best_vector():
    _, stages = stages_of(tiger(), 1)
    actions = [stages[1][0].action(np.array([p, 1 - p])) for p in (0.01, 0.5, 0.99)]
    assert actions == [1, 0, 2]  # open left if the tiger is surely right, listen, open right


@pytest.mark.parametrize("model", [signpost(penalty=1.0), latent_random(contexts=3, states=2, seed=5)])
def test_limited_sets_are_exact_at_their_beliefs_and_below_elsewhere(model):
    process, stages = stages_of(model, 3)
    beliefs = np.vstack([np.eye(process.num_hidden), np.full((1, process.num_hidden), 1 / process.num_hidden)])
    few = limited(process, stages[2], 1.0, beliefs)
    others = np.random.default_rng(2).dirichlet(np.ones(process.num_hidden), 100)
    for some, every in zip(few, stages[3], strict=True):
        np.testing.assert_allclose(some.value(beliefs), every.value(beliefs), atol=1e-9)
        assert (some.value(others) <= every.value(others) + 1e-9).all()
        assert len(some.vectors) <= len(beliefs)


def test_no_time_gives_no_stage():
    process = process_of(signpost())
    assert earlier(process, last_stage(process), 1.0, deadline=time.process_time()) is None
