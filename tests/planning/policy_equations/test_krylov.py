import numpy as np
import pytest

from mdpzoo.models import TabularMDP
from mdpzoo.planning import discounted, solve_discounted, sweeps
from mdpzoo.planning.evaluation_sweeps import GAUSS_SEIDEL, JACOBI, KRYLOV, Paces, room_for
from mdpzoo.planning.policy_equations.krylov import accelerate, falling_order
from mdpzoo.planning.rows import Rows
from tests.planning.random_models import KINDS, dense, optimal_values, random_model

COMPARED = ("modified-policy-iteration", "gauss-seidel")


def laid_out(model, discount, policy):
    """A policy's rows, as the solver lays them out at first."""
    rows = Rows.of(model)
    law = room_for(rows)
    sweeps.pick_rows(*rows.table, discount, policy, np.full(model.num_states, -1), *law)
    return law


def neighbours(kind, states=1600):
    """Models in which states lead to their neighbours: a walk with drift, a grid, a ring with random rewards."""
    generator = np.random.default_rng(5)
    here, side = np.arange(states), int(states**0.5)
    terminal = np.zeros(states, bool)
    if kind == "ring":
        successors = (here[:, None, None] + generator.integers(-9, 10, (states, 3, 4))) % states
        law, rewards = generator.dirichlet(np.ones(4), (states, 3)), generator.random((states, 3, 1))
    elif kind == "walk":
        left, right = np.maximum(here - 1, 0), np.minimum(here + 1, states - 1)
        successors = np.stack([np.stack([left, right], 1), np.stack([right, left], 1)], 1)
        law, rewards = np.tile([0.9, 0.1], (states, 2, 1)), np.zeros((states, 2, 1))
        rewards[0, 0], rewards[-1, 1] = 0.005, 1.0
    else:
        column, row = here % side, here // side
        moves = [(1, 0), (0, 1), (-1, 0), (0, -1)]
        to = [np.clip(row + y, 0, side - 1) * side + np.clip(column + x, 0, side - 1) for x, y in moves]
        successors = np.stack([np.stack([to[a], to[(a + 1) % 4], to[a - 1]], 1) for a in range(4)], 1)
        law, rewards = np.tile([0.8, 0.1, 0.1], (states, 4, 1)), np.full((states, 4, 1), -1.0)
        terminal[-1] = kind == "grid"
    if kind == "shuffled":  # no end, and no order in the numbers
        places = generator.permutation(states)
        successors = places[successors][np.argsort(places)]
        rewards = generator.random((states, 4, 1))
    rewards = np.broadcast_to(rewards, successors.shape)
    offsets = np.arange(0, successors.size + 1, successors.shape[2])
    arrays = successors.ravel(), law.ravel(), rewards.ravel(), np.eye(1, states)[0], terminal
    return TabularMDP(offsets, *arrays)


@pytest.mark.parametrize(
    "values",
    [
        [0.0],  # one state
        [1.0, 3.0, 2.0, 3.0],  # a tie goes to the lower number
        [-5.0, -5.0, -5.0],  # all alike
        [1e9, 1e-9, 2e-9, 0.0],  # small distances from the least value beside a large one
        [-1e300, 1e300, 0.0],  # distances beyond single precision
    ],
)
def test_states_are_ordered_by_falling_values(values):
    assert falling_order(np.array(values)).tolist() == np.argsort(-np.array(values), kind="stable").tolist()


def test_a_long_order_is_a_permutation_that_falls_to_single_precision():
    values = np.random.default_rng(0).normal(size=50_000)
    order = falling_order(values)
    assert np.array_equal(np.sort(order), np.arange(50_000))
    assert np.diff(values[order]).max() < 1e-6


def test_acceleration_solves_the_equations_of_a_policy():
    for seed in range(60):
        model, _ = random_model(seed)
        generator = np.random.default_rng(seed)
        policy = generator.integers(model.num_actions, size=model.num_states)
        law = laid_out(model, 0.95, policy)
        chain, rewards = (np.asarray(each, float) for each in dense(model))
        here = np.arange(model.num_states)
        matrix = np.eye(model.num_states) - 0.95 * chain[here, policy] * ~model.terminal
        truth = np.linalg.solve(matrix, rewards[here, policy])
        values = np.zeros(model.num_states)
        for _ in range(5):
            accelerate(law, values, 1e-12, 200)
        assert np.abs(values - truth).max() <= 1e-8 * (1e-300 + np.abs(truth).max()), seed


def test_acceleration_needs_a_fraction_of_the_passes_of_gauss_seidel():
    model = neighbours("ring")
    law = laid_out(model, 0.99, np.zeros(model.num_states, np.int64))
    spare, values = np.zeros((2, model.num_states))
    least, greatest = sweeps.policy_pass(*law[:5], values, spare)
    goal, plain = 1e-4 * (greatest - least), 0
    while greatest - least > goal:
        for turn in range(2):
            sweeps.policy_pass_in_place(*law[:4], law.share, values, turn == 0)
        least, greatest = sweeps.policy_pass(*law[:5], values, spare)
        plain += 2
    values[:] = 0
    passes = accelerate(law, values, 1e-5, 500)
    least, greatest = sweeps.policy_pass(*law[:5], values, spare)
    assert greatest - least < goal
    assert passes < plain / 2


@pytest.mark.parametrize("start", [0.0, np.nan, np.inf])  # nothing left to do, and two starts that cannot be improved
def test_acceleration_that_fails_leaves_the_values_alone(start):
    model = TabularMDP.from_arrays(np.full((3, 1, 3), 1 / 3), np.zeros((3, 1)))
    law = laid_out(model, 0.9, np.zeros(3, np.int64))
    values = np.full(3, start)
    accelerate(law, values, 0.1, 50)
    assert np.array_equal(values, np.full(3, start), equal_nan=True)


def test_rows_laid_out_anew_for_a_few_states_are_those_laid_out_at_once():
    for seed in range(40):
        model, _ = random_model(seed)
        generator = np.random.default_rng(seed)
        rows, picked = Rows.of(model), np.full(model.num_states, -1)
        law = room_for(rows)
        for _ in range(4):
            policy = generator.integers(model.num_actions, size=model.num_states)
            sweeps.pick_rows(*rows.table, 0.9, policy, picked, *law)
        fresh = laid_out(model, 0.9, policy)
        assert np.array_equal(picked, policy)
        for one, other in zip(law, fresh, strict=True):
            assert np.array_equal(one, other)


def test_rows_of_different_lengths_are_filled_up_with_entries_of_no_weight():
    # state 0: one entry by action 0, three by action 1; state 1 is terminal
    offsets, successors = [0, 1, 4, 5, 6, 7, 8], [2, 0, 1, 2, 1, 1, 2, 0]
    law = [1, 0.5, 0.25, 0.25, 1, 1, 1, 1]
    model = TabularMDP(offsets, successors, law, np.ones(8), [1, 0, 0], [False, True, False])
    rows = laid_out(model, 0.5, np.array([0, 0, 1]))
    assert rows.ends.tolist() == [0, 3, 3, 4]
    assert rows.weights.tolist() == [0.5, 0, 0, 0.5]
    assert rows.scale.tolist() == [2, 0, 2]
    rows = laid_out(model, 0.5, np.array([1, 0, 0]))
    assert rows.weights.tolist() == [0.25, 0, 0.125, 0.5]  # entering the terminal state is worth nothing
    assert rows.share.tolist() == [1 / (1 - 0.25), 1, 2]
    assert rows.scale.tolist() == [1 / (1 - 0.375), 0, 2]


def test_the_kinds_of_passes_are_tried_in_turn_and_the_fastest_is_kept():
    paces = Paces()
    assert paces.choose() == JACOBI
    paces.note(JACOBI, 0.98, 1)  # one slow block is not believed
    assert paces.choose() == JACOBI
    for _ in range(4):
        paces.note(JACOBI, 0.98, 1)
    assert paces.mixes
    assert paces.choose() == GAUSS_SEIDEL
    paces.note(GAUSS_SEIDEL, 0.3, 3)  # 0.67 a pass: fair, so that acceleration is not tried
    assert paces.choose() == GAUSS_SEIDEL
    assert not paces.mixes
    paces.note(GAUSS_SEIDEL, 0.9, 3)
    assert paces.choose() == KRYLOV
    paces.note(KRYLOV, 0.1, 10)
    assert paces.choose() == KRYLOV
    paces.careful = True
    assert paces.choose() in (JACOBI, GAUSS_SEIDEL)


def test_a_kind_that_was_slow_is_tried_again_after_a_while():
    paces = Paces({JACOBI: 0.99, GAUSS_SEIDEL: 0.99, KRYLOV: 0.9})
    for _ in range(20):
        paces.note(paces.choose(), 0.9, 1)
    assert paces.rates[GAUSS_SEIDEL] < 0.95


@pytest.mark.parametrize("discount", [0.9, 0.99, 0.999])
@pytest.mark.parametrize("kind", ["walk", "grid", "ring", "shuffled"])
def test_models_of_neighbours_have_the_values_of_plain_gauss_seidel(kind, discount):
    model = neighbours(kind)
    found, plain = (solve_discounted(model, discount, 1e-6, each) for each in COMPARED)
    assert np.abs(found.values - plain.values).max() <= found.error_bound + plain.error_bound
    again = solve_discounted(model, discount)
    assert np.array_equal(found.values, again.values)
    assert found.error_bound == again.error_bound


@pytest.mark.parametrize("kind", KINDS)
def test_the_bound_holds_without_trust_in_acceleration(kind, monkeypatch):
    # from the second turn on only passes whose convergence is proven, as after a hundred turns otherwise
    monkeypatch.setattr(discounted, "TRUSTED", 2)
    for seed in range(12):
        model, scale = random_model(seed, kind)
        discount = (0.5, 0.9, 0.99, 0.999)[seed % 4]
        found = solve_discounted(model, discount, 1e-5 * scale)
        assert np.abs(found.values - optimal_values(model, discount)).max() <= found.error_bound <= 1e-5 * scale


@pytest.mark.parametrize("kind", ["walk", "grid", "ring", "shuffled"])
def test_models_of_neighbours_are_solved_without_trust_in_acceleration(kind, monkeypatch):
    monkeypatch.setattr(discounted, "TRUSTED", 2)
    model = neighbours(kind, 400)
    assert solve_discounted(model, 0.99).error_bound <= 1e-6
