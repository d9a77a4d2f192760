"""Costs of edges: the dense rule and the compiled one against the instances' own distances."""

import math

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial import ATSPInstance, TSPInstance
from mdpzoo_combinatorial.environments import edges, nodes

POINTS = np.random.default_rng(0).integers(0, 90, (7, 2)).astype(float)
PLANE_RULES = tuple(edges.RULES)


@pytest.mark.parametrize("rule", PLANE_RULES)
def test_both_sides_round_as_the_instance_does(rule):
    instance = TSPInstance("points", POINTS, rule)
    held = edges.Edges.of(instance)
    names = torch.arange(7).unsqueeze(0)
    for here in range(7):
        current = torch.tensor([[here]])
        dense = held.costs(torch.zeros(1, 2, 7), current, names, current)[0]
        own = instance.distance(here, np.arange(7))
        np.testing.assert_array_equal(dense.numpy(), own.astype(np.float32))
        compiled = [edges.edge(held.rule, held.table.numpy(), here, other) for other in range(7)]
        np.testing.assert_array_equal(compiled, own)


def test_a_matrix_is_read_from_the_row_to_the_column():
    costs = np.array([[0.0, 1.0, 2.0], [3.0, 0.0, 4.0], [5.0, 6.0, 0.0]])
    held = edges.Edges.of(ATSPInstance("costs", costs))
    current = torch.tensor([[1]])
    assert held.costs(torch.zeros(1, 2, 3), current, torch.arange(3)[None], current).tolist() == [[3.0, 0.0, 4.0]]


def test_costs_of_a_rows_own_matrix_are_its_tokens_features():
    tokens = torch.tensor([[[0.0, 1.0], [2.0, 0.0], [9.0, 9.0]]])  # [1, F, L], costs home last
    current = torch.tensor([[1]])
    assert edges.Edges(edges.ROWS).costs(tokens, current, current, current).tolist() == [[2.0, 0.0]]


def test_a_problem_without_edges_has_costs_of_zero():
    assert edges.Edges(edges.NONE).costs(torch.ones(2, 2, 3), None, None, None).tolist() == [[0.0] * 3] * 2


@pytest.mark.parametrize("rule", PLANE_RULES)
def test_the_longest_edge_is_shown_as_the_diagonal_of_the_square(rule):
    corners = TSPInstance("corners", np.array([[0.0, 0.0], [60.0, 80.0], [60.0, 0.0]]), rule)
    held = edges.Edges.of(corners)
    assert held.longest * held.scale == pytest.approx(math.sqrt(2.0))
    assert held.longest >= corners.distance_matrix().max()


def test_nothing_is_rescaled_where_the_scale_is_one():
    costs = np.array([[0.25]], np.float32)
    assert edges.Edges(edges.COORDINATES).scale_costs(costs) is costs


def test_distances_from_home_are_those_of_the_plane_on_both_libraries():
    points = np.array([[[0.0, 0.3, 1.0], [0.0, 0.4, 0.0]]], np.float32)  # [1, 2, 3]: 3-4-5, and one side
    assert nodes.distances_home(np, points).tolist() == [pytest.approx([0.0, 0.5, 1.0])]
    assert torch.equal(
        nodes.distances_home(torch, torch.from_numpy(points)), torch.from_numpy(nodes.distances_home(np, points))
    )


def test_an_instance_is_laid_out_coordinate_by_coordinate_with_its_rows_below():
    instance = TSPInstance("square", np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 2.0]]))
    tokens = nodes.layout_tokens(instance, nodes.costs_home(instance))
    assert tokens.dtype == np.float32
    np.testing.assert_allclose(tokens[:2].T, instance.unit_layout())
    np.testing.assert_allclose(tokens[2], [0.0, 4.0, math.sqrt(20.0)], rtol=1e-6)
    assert nodes.coordinates(tokens[None]).shape == (1, 3, 2)


def test_random_nodes_use_the_first_numbers_only():
    draws = np.random.default_rng(1).random((2, 40))
    first = nodes.random_coordinates(np, "uniform", draws, 5)
    changed = draws.copy()
    changed[:, 10:] = 0.5  # 5 nodes take 10 numbers
    assert first.shape == (2, 2, 5)
    assert np.array_equal(first, nodes.random_coordinates(np, "uniform", changed, 5))
