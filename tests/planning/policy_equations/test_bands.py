"""Models in which no state leads far: their policies are evaluated by elimination within a band."""

import numpy as np
import pytest

from mdpzoo.models import TabularMDP
from mdpzoo.planning import discounted, evaluate, solve_discounted, sweeps
from mdpzoo.planning.evaluation_sweeps import room_for
from mdpzoo.planning.policy_equations.bands import WIDEST, band_of, solve_in_band
from mdpzoo.planning.rows import Rows


def banded(states, band, seed, actions=3, ends=0.1):
    """Random transitions to states at most ``band`` away, some of them terminal."""
    generator = np.random.default_rng(seed)
    law, here = np.zeros((states, actions, states)), np.arange(states)
    near = np.abs(here[:, None] - here) <= band
    law[:] = near[:, None] * generator.exponential(size=law.shape)
    law /= law.sum(2, keepdims=True)
    terminal = generator.random(states) < ends
    return TabularMDP.from_arrays(law, generator.normal(size=(states, actions)), terminal=terminal)


def far(state, successor, states=50):
    """A chain in which every state stays, but for one that leads elsewhere."""
    law = np.eye(states)[:, None]
    law[state, 0] = np.eye(states)[successor]
    return TabularMDP.from_arrays(law, np.zeros((states, 1)))


@pytest.mark.parametrize(
    ("model", "band"),
    [
        (far(3, 3), 0),  # nobody moves
        (far(9, 8), 1),  # one step back
        (far(0, 4), 4),  # the first state, forward
        (far(49, 45), 4),  # the last state, back
    ],
)
def test_the_band_is_the_longest_way_of_a_transition(model, band):
    assert band_of(model.offsets, model.successors, model.terminal) == band


@pytest.mark.parametrize(("state", "successor"), [(0, 5), (49, 0), (20, 44)])
def test_a_single_far_transition_makes_the_band_too_wide(state, successor):
    model = far(state, successor)
    assert band_of(model.offsets, model.successors, model.terminal) > WIDEST


def test_transitions_of_terminal_states_are_ignored():
    law = np.eye(50)[:, None].copy()
    law[7, 0] = np.eye(50)[40]
    terminal = np.arange(50) == 7
    model = TabularMDP.from_arrays(law, np.zeros((50, 1)), terminal=terminal)
    assert band_of(model.offsets, model.successors, model.terminal) == 0


@pytest.mark.parametrize("band", range(WIDEST + 1))
@pytest.mark.parametrize("states", [1, 2, 5, 40])  # fewer states than the band is wide, too
def test_elimination_solves_the_equations_of_a_policy(states, band):
    for seed in range(10):
        model = banded(states, band, seed)
        policy = np.random.default_rng(seed).integers(3, size=states)
        rows, values = Rows.of(model), np.empty(states)
        law = room_for(rows)
        sweeps.pick_rows(*rows.table, 0.99, policy, np.full(states, -1), *law)
        solve_in_band(*law[:4], band, values)
        arrays, rewards = model.to_arrays()[:2]
        here, live = np.arange(states), ~model.terminal
        matrix = np.eye(states) - 0.99 * arrays[here, policy] * live[:, None] * live
        truth = np.linalg.solve(matrix, np.where(live, rows.rewards.reshape(states, -1)[here, policy], 0.0))
        assert np.abs(values - truth).max() <= 1e-11 * (1 + np.abs(truth).max())


@pytest.mark.parametrize(("discount", "tolerance"), [(0.5, 1e-9), (0.99, 1e-7), (0.9999, 1e-5)])
def test_a_narrow_model_has_the_values_of_gauss_seidel(discount, tolerance):
    for seed in range(6):
        model = banded(60, 1 + seed % WIDEST, seed, ends=0.05 * (seed % 2))
        found = solve_discounted(model, discount, tolerance)
        plain = solve_discounted(model, discount, tolerance, "gauss-seidel")
        assert np.abs(found.values - plain.values).max() <= found.error_bound + plain.error_bound


def test_a_long_walk_is_solved_in_few_sweeps():
    states = 5_000
    here = np.arange(states)
    left, right = np.maximum(here - 1, 0), np.minimum(here + 1, states - 1)
    successors = np.stack([np.stack([left, right], 1), np.stack([right, left], 1)], 1).reshape(-1)
    law, rewards = np.tile([0.8, 0.2], 2 * states), np.zeros(4 * states)
    rewards[:2], rewards[-2:] = 0.005, 1.0
    start = np.eye(1, states)[0]
    model = TabularMDP(np.arange(0, 4 * states + 1, 2), successors, law, rewards, start, np.zeros(states, bool))
    found = solve_discounted(model, 0.995)
    assert found.sweeps < 200  # thousands by passes, which values creep along
    assert found.error_bound <= 1e-6
    assert np.abs(evaluate(model, found.policy, discount=0.995).values - found.values).max() < 2e-6


def test_wider_models_are_left_to_passes(monkeypatch):
    monkeypatch.setattr(discounted, "solve_in_band", None)  # calling it fails
    solve_discounted(banded(40, WIDEST + 1, seed=0), 0.9)
