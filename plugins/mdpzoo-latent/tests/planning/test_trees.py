import time

import numpy as np
import pytest

from mdpzoo_latent import signpost, tiger
from mdpzoo_latent.environments.random_contexts import latent_random
from mdpzoo_latent.planning.bounds import bounds_of
from mdpzoo_latent.planning.processes import process_of
from mdpzoo_latent.planning.tree_kernels import propagate
from mdpzoo_latent.planning.trees import enclosed, grow_tree, tree_values


def test_equal_beliefs_of_a_level_are_one_node():
    tree = grow_tree(process_of(signpost()), 3)
    # level 1: still in state 0, or one of two signposts; level 2: at 0 with beliefs 1/2, .8, .2, or at a signpost anew
    assert np.diff(tree.levels).tolist() == [1, 3, 5, 9]


def test_a_tigers_beliefs_are_the_difference_of_what_was_heard():
    tree = grow_tree(process_of(tiger()), 6)
    assert np.diff(tree.levels).tolist() == [1, 3, 5, 7, 9, 11, 13]


@pytest.mark.parametrize("model", [latent_random(states=3), tiger()])
def test_children_are_the_beliefs_that_bayes_rule_gives(model):
    process = process_of(model)
    tree = grow_tree(process, 3)
    np.testing.assert_allclose(tree.beliefs.sum(1), 1)
    for node in range(tree.levels[-2]):
        for action in range(process.num_actions):
            for k, branch in enumerate(process.branches(int(tree.visible[node]), action)):
                below = tree.child[node, action * process.width + k]
                belief = process.pushed(tree.beliefs[node], branch)
                np.testing.assert_allclose(tree.beliefs[below], belief / belief.sum(), atol=1e-12)
                assert tree.visible[below] == process.targets[branch]


def test_children_stand_in_the_next_level():
    tree = grow_tree(process_of(latent_random(states=2)), 4)
    for level in range(4):
        inside = tree.child[tree.levels[level] : tree.levels[level + 1]]
        assert inside.min() >= tree.levels[level + 1]
        assert inside.max() < tree.levels[level + 2]
    assert (tree.child[tree.levels[4] :] == -1).all()


def test_a_move_that_excludes_a_context_is_followed_without_it():
    model = signpost(accuracy=1.0)
    tree = grow_tree(process_of(model), 2)
    assert sorted(tree.beliefs[tree.levels[1] : tree.levels[2], 0].tolist()) == [0.0, 0.5, 1.0]


@pytest.mark.parametrize("most", [1, 10, 100])
def test_a_limit_of_nodes_drops_the_level_that_passes_it(most):
    tree = grow_tree(process_of(latent_random()), 5, most_nodes=most)
    assert len(tree.visible) <= most
    assert (tree.child[tree.levels[-2] :] == -1).all()


def test_no_time_leaves_the_roots():
    tree = grow_tree(process_of(latent_random()), 5, deadline=time.process_time())
    assert tree.depth == 0
    assert len(tree.visible) == 1


def test_bounds_meet_once_the_tree_is_deep_enough_and_tighten_before():
    process = process_of(latent_random(states=3, seed=6))
    bounds, gaps = bounds_of(process, 6, 1.0), []
    for depth in range(5):
        values, upper = enclosed(grow_tree(process, depth), bounds, 6, 1.0)
        gaps.append(upper - values.at_roots(process))
    assert (np.diff(gaps) <= 1e-12).all()
    assert gaps[0] > 0.01
    assert gaps[4] == 0


def test_beliefs_under_other_kernels_are_those_of_a_tree_grown_with_them():
    one, other = (process_of(latent_random(states=2, seed=seed)) for seed in (1, 2))
    tree, grown = grow_tree(one, 4), grow_tree(other, 4)
    propagate(one.offsets, other.kernels, 2, tree.levels, tree.visible, tree.child, tree.beliefs)
    for level in range(5):
        found, expected = (
            np.unique(np.round(each.beliefs[each.levels[level] : each.levels[level + 1]], 9), axis=0)
            for each in (tree, grown)
        )
        np.testing.assert_array_equal(found, expected)


def test_values_are_those_of_the_greedy_actions():
    process = process_of(signpost(penalty=1.0))
    tree = grow_tree(process, 1)
    values = tree_values(tree, process.rewards, 1.0)  # three steps: the last one takes the best reward
    assert values.at_roots(process) == pytest.approx(0.6)
    assert values.chosen[0] == 2  # look
    np.testing.assert_allclose(values.alpha[0], [0.6, 0.6])
