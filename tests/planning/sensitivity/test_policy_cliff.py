import json
import os
from pathlib import Path

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo.models import TabularMDP
from mdpzoo.planning import (
    cliff_map,
    policy_margin,
    soft_policy_bound,
    soft_value_bound,
    solve_discounted,
    solve_soft_discounted,
)


@pytest.fixture(scope="module")
def cliff():
    folder = Path(os.environ.get("MDPZOO_REFERENCES") or Path(__file__).parents[3] / "../shared/references")
    if not (folder / "token.json").is_file():
        pytest.skip("no folder of reference values; name it in MDPZOO_REFERENCES")
    return json.loads((folder / "token.json").read_text())["cliff"]


def random_model(seed, states=20, actions=4):
    generator = np.random.default_rng(seed)
    transitions = generator.dirichlet(np.ones(states), size=(states, actions))
    return TabularMDP.from_arrays(transitions, generator.random((states, actions)))


def changed(model, direction, size):
    transitions, rewards = model.to_arrays()
    return TabularMDP.from_arrays(
        transitions, (transitions * rewards).sum(2) + size * direction, terminal=model.terminal
    )


@pytest.mark.parametrize("name", ["two_chains", "random"])
def test_margins_and_radii_are_those_of_the_file(cliff, name):
    part = cliff[name]
    found = policy_margin(TabularMDP.from_arrays(part["P"], part["R"]), part["discount"])
    np.testing.assert_allclose(found.action_values, part["Q"], rtol=0, atol=1e-8)
    assert found.policy.tolist() == part["policy"]
    numbers = found.margin, found.certified_radius, found.exact_radius
    assert numbers == pytest.approx((part["margin"], part["certified_radius"], part["exact_radius"]), abs=1e-8)
    assert found.weakest == tuple(part["weakest"])
    assert found.worst_direction.tolist() == part["worst_direction"]


@pytest.mark.parametrize("name", ["two_chains", "random"])
def test_soft_policies_keep_their_bounds(cliff, name):
    part = cliff[name]
    model = TabularMDP.from_arrays(part["P"], part["R"])
    direction = np.array(part["worst_direction"])
    for each in part["soft"]:
        found = solve_soft_discounted(model, part["discount"], each["alpha"], tolerance=1e-11)
        np.testing.assert_allclose(found.values, each["V"], rtol=0, atol=1e-8)
        np.testing.assert_allclose(found.policy, each["pi"], rtol=0, atol=1e-8)
        moved = solve_soft_discounted(changed(model, direction, 1e-4), part["discount"], each["alpha"], tolerance=1e-11)
        distance = np.abs(moved.policy - found.policy).sum(1).max()
        assert distance == pytest.approx(each["l1_change_1e4"], abs=1e-8)
        assert soft_policy_bound(part["discount"], each["alpha"], 1e-4) == pytest.approx(each["bound"], abs=1e-12)
        bias = soft_value_bound(part["discount"], each["alpha"], model.num_actions)
        assert bias == pytest.approx(each["value_bias_bound"], abs=1e-8)


def test_the_policy_flips_just_above_the_exact_radius_and_not_below_in_200_of_200_random_models():
    flips = []
    for seed in range(200):
        model = random_model(seed)
        found = policy_margin(model, 0.9)
        assert found.certified_radius <= found.exact_radius
        scales = np.array([0.999, 1.001]) * found.exact_radius
        flips.append(cliff_map(model, found.worst_direction, 0.9, scales).tolist())
    assert all(below == 0 and above >= 1 for below, above in flips)


def test_no_change_below_the_radius_flips_the_policy():
    model = random_model(7)
    found = policy_margin(model, 0.9)
    generator = np.random.default_rng(0)
    for _ in range(50):
        direction = generator.choice([-1.0, 1.0], size=found.action_values.shape)
        assert cliff_map(model, direction, 0.9, np.array([0.999 * found.exact_radius])).tolist() == [0]


def test_the_policy_is_that_of_the_solver():
    for seed in range(5):
        model = random_model(seed, states=30)
        assert (policy_margin(model, 0.95).policy == solve_discounted(model, 0.95, 1e-9).policy).all()


def test_tied_actions_have_radius_0_and_are_reported_as_a_set():
    model = TabularMDP.from_arrays([[[1.0], [1.0], [1.0]]], [[1.0, 1.0, 0.5]])
    found = policy_margin(model, 0.5)
    assert (found.margin, found.certified_radius, found.exact_radius) == (0, 0, 0)
    assert found.tied.tolist() == [[True, True, False]]
    for size in (1e-2, 1e-6, 1e-10):
        assert solve_discounted(changed(model, np.array([[0, 1, 0]]), size), 0.5, 1e-13).policy[0] == 1


def test_terminal_states_have_no_margin():
    transitions = [[[0.0, 1.0], [0.0, 1.0]], [[0.0, 1.0], [0.0, 1.0]]]
    model = TabularMDP.from_arrays(transitions, [[1.0, 0.4], [0.0, 0.0]], terminal=[False, True])
    found = policy_margin(model, 0.9)
    # the two rewards of state 0 may move towards each other by .3 each; the terminal state has no choice
    assert (found.margin, found.exact_radius) == pytest.approx((0.6, 0.3))
    assert found.weakest == (0, 1)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: policy_margin(random_model(0, 3), 1.0), "discount must be below 1"),
        (lambda: policy_margin(TabularMDP.from_arrays([[[1.0]]], [[1.0]]), 0.5), "needs two actions"),
        (lambda: soft_policy_bound(0.5, 0.0, 0.1), "temperature must be positive"),
    ],
)
def test_arguments_out_of_range_are_named(call, words):
    with pytest.raises(SettingError, match=words):
        call()
