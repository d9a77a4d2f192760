"""What fits is decided exactly, for every number that a file can hold, in both forms, on arrays and on tensors."""

import numpy as np
import pytest
import torch

import mdpzoo
from mdpzoo_combinatorial.baselines.registry import solve
from mdpzoo_combinatorial.instances import CVRPInstance, KnapsackInstance, OPInstance

LINE = [(0, 0), (10, 0), (11, 0), (0, 10)]
ODD = 2**24 + 1  # float32 rounds it to 2**24


def best(env):
    """The best return of all legal plays."""

    def after(actions):
        env.reset(seed=0)
        total, ended = 0.0, False
        for action in actions:
            _, reward, ended, _, _ = env.step(action)
            total += float(reward)
        if ended:
            return total
        return max(after([*actions, int(each)]) for each in np.flatnonzero(env.unwrapped.action_masks()))

    return after([])


FORMS = pytest.mark.parametrize("form", ["direct", "bq"])


@FORMS
def test_a_gram_too_much_makes_a_second_route(form):
    grams = CVRPInstance("grams", [0, 20_000_001, 10_000_001, 30_000_001], 30_000_001, LINE, "EUC_2D")
    assert best(mdpzoo.make("mdpzoo/CVRP-v0", instance=grams, form=form)) == -62  # 20, 22 and 20, each on its own


@FORMS
def test_a_load_that_float32_does_not_hold_still_fits(form):
    grams = CVRPInstance("grams", [0, ODD, ODD], ODD, LINE[:3], "EUC_2D")
    assert best(mdpzoo.make("mdpzoo/CVRP-v0", instance=grams, form=form)) == -42


@FORMS
def test_a_budget_that_float32_does_not_hold_reaches_only_what_it_pays_for(form):
    places = [(0, 0), (ODD, 0), (0, ODD + 1)]
    prizes = OPInstance("far", [0, 1, 2], 2 * ODD + 1, places, "EUC_2D")
    assert best(mdpzoo.make("mdpzoo/OP-v0", instance=prizes, form=form)) == 1


@FORMS
@pytest.mark.parametrize("output", ["numpy", "torch"])
def test_batches_of_arrays_and_tensors_agree_on_what_fits(form, output):
    grams = CVRPInstance("grams", [0, 20_000_001, 10_000_001, 30_000_001], 30_000_001, LINE, "EUC_2D")
    envs = mdpzoo.make_vec("mdpzoo/CVRP-v0", 2, instance=grams, form=form, output=output)
    envs.reset(seed=0)
    chosen = np.array([2, 2]) if output == "numpy" else torch.tensor([2, 2])
    observation = envs.step(chosen)[0]
    second = 4 if form == "direct" else 2  # customer 2 straight on
    assert not bool(observation["action_mask"][0][second])
    assert bool(observation["action_mask"][0][second + 1])  # by the depot


KNAPSACKS = pytest.mark.parametrize(("values", "weights", "capacity", "optimum"), [
    ([5.5, 6, 3], [4, 1.5, 1], 5.5, 11.5),
    ([1, 1], [0.1, 0.2], 0.3, 2),  # 0.1 + 0.2 > 0.3 in floating point
    ([5, 6, 3], [4, 1.5, 1], 5.5, 11),
    ([1, 1], [0.1, 0.2000001], 0.3, 1),  # too heavy by a ten-millionth
])  # fmt: skip


@KNAPSACKS
@FORMS
def test_decimal_weights_are_added_exactly(form, values, weights, capacity, optimum):
    items = KnapsackInstance("items", values, weights, capacity)
    assert best(mdpzoo.make("mdpzoo/Knapsack-v0", instance=items, form=form)) == optimum


@KNAPSACKS
def test_every_exact_solver_proves_the_optimum_within_any_budget(values, weights, capacity, optimum):
    items = KnapsackInstance("items", values, weights, capacity)
    for agent in ("dynamic-programming", "ortools"):
        answer = solve(items, agent, seconds=0.01)
        assert (answer.objective, answer.proven_optimal, answer.decoding) == (optimum, True, None)


@FORMS
def test_a_capacity_of_nothing_is_shown_as_finite_numbers(form):
    empty = CVRPInstance("empty", [0, 0, 0], 0, LINE[:3], "EUC_2D")
    env = mdpzoo.make("mdpzoo/CVRP-v0", instance=empty, form=form)
    observation, _ = env.reset(seed=0)
    assert all(np.isfinite(each).all() for each in observation.values())
    assert env.observation_space.contains(observation)
