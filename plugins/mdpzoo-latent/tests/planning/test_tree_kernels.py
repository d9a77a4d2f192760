import numpy as np
import pytest
from scipy.optimize import linprog

from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.planning.processes import process_of
from mdpzoo_latent.planning.tree_kernels import BALLS, INTERVALS, VARIANCE, back_up, evaluate_choices
from mdpzoo_latent.planning.trees import grow_tree, tree_values

STATES, ACTIONS, CONTEXTS = 4, 2, 2
MODEL = latent_random(contexts=CONTEXTS, states=STATES, actions=ACTIONS, seed=8)
PROCESS = process_of(MODEL)
VISITS = np.random.default_rng(0).integers(1, 50, (CONTEXTS, STATES, ACTIONS)).astype(float)
BELOW = np.random.default_rng(1).random((STATES, 1, CONTEXTS))  # what each next state is worth


def optimistic(mode, bonus, cap=1e9, visits=VISITS):
    """The vectors ``[A, M]`` of both actions in state 0, by a tree of one node."""
    tree, found = grow_tree(PROCESS, 0), []
    for action in range(ACTIONS):
        alpha, chosen = np.zeros((1, CONTEXTS)), np.zeros(1, np.int32)
        rewards = PROCESS.rewards.copy()
        rewards[0, 1 - action] = -1e6  # so that this action is the greedy one
        back_up(
            PROCESS.offsets, PROCESS.targets, PROCESS.kernels, rewards, 1.0, tree.levels, tree.visible, tree.beliefs,
            tree.child, BELOW, mode, visits, np.array(bonus), np.array([cap]), alpha, chosen,
        )  # fmt: skip
        assert chosen[0] == action
        found.append(alpha[0])
    return np.array(found)


def best_distribution(kernel, values, low, high, radius=None):
    """The largest mean of values over distributions within limits, by a linear program."""
    size = len(kernel)
    if radius is None:
        found = linprog(-values, A_eq=np.ones((1, size)), b_eq=[1], bounds=list(zip(low, high, strict=True)))
    else:  # distances d >= |p - kernel|, summing to at most the radius
        eye = np.eye(size)
        upper = np.block([[eye, -eye], [-eye, -eye], [np.zeros((1, size)), np.ones((1, size))]])
        limits = np.concatenate([kernel, -kernel, [radius]])
        equal = np.concatenate([np.ones(size), np.zeros(size)])[None]
        found = linprog(np.concatenate([-values, np.zeros(size)]), upper, limits, equal, [1], bounds=(0, None))
    return -found.fun


@pytest.mark.parametrize("scale", [0.05, 0.3, 3.0])
def test_the_best_kernel_within_intervals_solves_its_linear_program(scale):
    found = optimistic(INTERVALS, [scale, scale / 2])
    for action in range(ACTIONS):
        for m in range(CONTEXTS):
            kernel, seen = MODEL.transitions[m, 0, action], VISITS[m, 0, action]
            radius = scale * np.sqrt(kernel / seen) + scale / 2 / seen
            low, high = np.maximum(kernel - radius, 0), np.minimum(kernel + radius, 1)
            best = best_distribution(kernel, BELOW[:, 0, m], low, high)
            assert found[action, m] == pytest.approx(MODEL.rewards[m, 0, action] + best, abs=1e-9)


@pytest.mark.parametrize("radius", [0.1, 1.0, 20.0])
def test_the_best_kernel_within_a_ball_solves_its_linear_program(radius):
    found = optimistic(BALLS, [radius, 0.0])
    for action in range(ACTIONS):
        for m in range(CONTEXTS):
            kernel, seen = MODEL.transitions[m, 0, action], VISITS[m, 0, action]
            best = best_distribution(kernel, BELOW[:, 0, m], None, None, radius / np.sqrt(seen))
            assert found[action, m] == pytest.approx(MODEL.rewards[m, 0, action] + best, abs=1e-9)


@pytest.mark.parametrize("bonus", [[0.5, 0.0], [0.0, 3.0], [0.4, 0.4]])
def test_the_variance_bonus_is_the_larger_of_its_two_terms(bonus):
    found = optimistic(VARIANCE, bonus)
    for action in range(ACTIONS):
        for m in range(CONTEXTS):
            kernel, seen, values = MODEL.transitions[m, 0, action], VISITS[m, 0, action], BELOW[:, 0, m]
            variance = kernel @ values**2 - (kernel @ values) ** 2
            more = max(bonus[0] * np.sqrt(STATES * variance / seen), bonus[1] / seen)
            expected = MODEL.rewards[m, 0, action] + kernel @ values + more
            assert found[action, m] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("mode", [VARIANCE, INTERVALS, BALLS])
def test_values_are_capped_and_pairs_never_seen_get_the_cap(mode):
    assert (optimistic(mode, [5.0, 5.0], cap=0.7) <= 0.7).all()
    unseen = VISITS.copy()
    unseen[1, 0, 0] = 0.0
    found = optimistic(mode, [0.0, 0.0], cap=2.5, visits=unseen)
    assert found[0, 1] == 2.5
    assert found[0, 0] < 2.5


@pytest.mark.parametrize("mode", [VARIANCE, INTERVALS, BALLS])
def test_without_a_bonus_every_mode_is_the_plain_backup(mode):
    tree = grow_tree(PROCESS, 0)
    plain = tree_values(tree, BELOW, 1.0)
    found = optimistic(mode, [0.0, 0.0])
    np.testing.assert_allclose(found[plain.chosen[0]], plain.alpha[0])


@pytest.mark.parametrize("mode", [VARIANCE, INTERVALS, BALLS])
def test_more_visits_are_less_optimistic(mode):
    few, many = (optimistic(mode, [0.3, 0.3], visits=VISITS * times) for times in (1, 100))
    assert (few >= many - 1e-12).all()
    assert (few > many + 1e-6).any()


def test_choices_evaluated_under_their_own_kernels_are_worth_their_values():
    tree = grow_tree(PROCESS, 3)
    leaves = PROCESS.rewards
    values = tree_values(tree, leaves, 1.0)
    alpha = np.zeros(values.alpha.shape)
    evaluate_choices(
        PROCESS.offsets, PROCESS.targets, PROCESS.kernels, PROCESS.kernels, PROCESS.rewards, 1.0, tree.levels,
        tree.visible, tree.beliefs, tree.child, leaves, leaves, values.chosen, alpha,
    )  # fmt: skip
    np.testing.assert_allclose(alpha, values.alpha, rtol=1e-12)
