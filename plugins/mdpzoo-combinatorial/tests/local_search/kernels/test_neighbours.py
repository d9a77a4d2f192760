"""Distances, nearest neighbours and the nearest-neighbour tour against NumPy."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search.kernels.neighbours import (
    EMPTY,
    distance,
    full_matrix,
    greedy,
    nearest,
    tour_length,
    wrap,
)


def points_of(n, seed=0):
    return np.random.default_rng([n, seed]).normal(size=(n, 2)) * (1.0, 3.0)


def distances(points):
    return np.hypot(*(points[:, None] - points).transpose(2, 0, 1))


def test_positions_wrap_around_at_both_ends():
    assert [wrap(place, 5) for place in range(-5, 10)] == [*range(5)] * 3


def test_distances_are_euclidean_or_those_of_the_matrix():
    points = points_of(7)
    np.testing.assert_allclose(full_matrix(points), distances(points), rtol=1e-12)
    assert distance(points, EMPTY, 2, 5) == pytest.approx(distances(points)[2, 5])
    matrix = np.arange(49.0).reshape(7, 7)
    assert distance(points, matrix, 2, 5) == matrix[2, 5]


@pytest.mark.parametrize("n", [1, 2, 9])
def test_the_length_of_a_tour_includes_the_way_back(n):
    points = points_of(n)
    tour = np.random.default_rng(n).permutation(n).astype(np.int32)
    wanted = distances(points)[tour, np.roll(tour, -1)].sum()
    assert tour_length(points, EMPTY, tour) == pytest.approx(wanted)
    assert tour_length(EMPTY, distances(points), tour) == pytest.approx(wanted)


@pytest.mark.parametrize(("n", "k"), [(1, 0), (2, 1), (30, 1), (30, 8), (30, 29)])
@pytest.mark.parametrize("turned", [False, True])
def test_nearest_nodes_are_those_of_a_sorted_row(n, k, turned):
    points = points_of(n)[:, ::-1].copy() if turned else points_of(n)  # wider along one axis or the other
    far = distances(points) + np.diag(np.full(n, np.inf))
    wanted = far.argsort(1)[:, :k]
    np.testing.assert_array_equal(nearest(points, EMPTY, k), wanted)
    np.testing.assert_array_equal(nearest(EMPTY, distances(points), k), wanted)


@pytest.mark.parametrize("k", [1, 4, 19])
def test_the_greedy_tour_goes_to_the_nearest_node_that_is_left(k):
    points = points_of(20)
    far, tour, left = distances(points), [3], set(range(20)) - {3}
    while left:
        tour.append(min(left, key=lambda node: far[tour[-1], node]))
        left.remove(tour[-1])
    assert greedy(points, EMPTY, nearest(points, EMPTY, k), 3).tolist() == tour
