"""Alpha-nearness against its definition: what a spanning tree that must contain an edge costs more."""

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree

from mdpzoo_combinatorial.local_search.lin_kernighan import alpha_nearness
from mdpzoo_combinatorial.local_search.lin_kernighan.alpha_nearness import candidates, penalties_of


def distances(n, seed):
    points = np.random.default_rng([n, seed]).random((n, 2))
    return np.hypot(*(points[:, None] - points).transpose(2, 0, 1))


def alphas(costs):
    """By the definition: force each edge in by making it cheaper than all others, and pay for it."""
    n = len(costs)
    least = minimum_spanning_tree(costs + 1).sum()  # as long by n - 1
    result = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            forced = costs + 1
            forced[i, j] = forced[j, i] = 0.5
            result[i, j] = result[j, i] = minimum_spanning_tree(forced).sum() + 0.5 + costs[i, j] - least
    return result


@pytest.mark.parametrize("n", [4, 5, 12, 25])
def test_candidates_are_the_edges_of_least_alpha_in_the_order_of_their_distance(n):
    matrix = distances(n, 0)
    penalties = np.random.default_rng(n).uniform(0, 0.1, n)
    costs = matrix + penalties[:, None] + penalties
    np.fill_diagonal(costs, 0)
    k = min(4, n - 1)
    chosen, truth = candidates(matrix, penalties, k), alphas(costs)
    for node in range(n):
        assert node not in chosen[node]
        assert (np.diff(matrix[node, chosen[node]]) >= 0).all()
        others = np.delete(np.arange(n), node)
        least = np.sort(truth[node, others])[:k]
        np.testing.assert_allclose(np.sort(truth[node, chosen[node]]), least, atol=1e-7)


def test_penalties_raise_the_bound_of_held_and_karp_close_to_the_optimum(data):
    facts = np.load(data / "random" / "tsp100_lkh_128.npz")
    for points, optimum in zip(facts["coordinates"][:10].astype(float), facts["lengths"][:10], strict=True):
        matrix = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
        bounds = []
        for trees in (0, 100):
            penalties = penalties_of(matrix, trees)
            costs = matrix + penalties[:, None] + penalties
            np.fill_diagonal(costs, 0)
            bounds.append(minimum_spanning_tree(costs).sum() - 2 * penalties.sum())
        assert bounds[0] < bounds[1] < optimum
        assert bounds[1] > 0.9 * optimum > bounds[0]


def test_degrees_of_the_tree_come_close_to_two_under_the_penalties():
    matrix = distances(80, 1)

    def leaves(penalties):
        costs = matrix + penalties[:, None] + penalties + 1.0  # above 0, and the same trees
        np.fill_diagonal(costs, 0)
        tree = minimum_spanning_tree(costs).toarray() > 0
        return ((tree | tree.T).sum(1) == 1).sum()

    assert leaves(penalties_of(matrix, 100)) < 0.5 * leaves(np.zeros(80))


@pytest.mark.parametrize("seed", range(8))
def test_a_1_tree_gets_the_longest_of_the_shortest_edges_that_leave_a_leaf(seed):
    n = 9
    matrix = distances(n, seed)
    parent, order, degree = (np.zeros(n, np.int32) for _ in range(3))
    length = alpha_nearness._spanning_tree(matrix, np.zeros(n), np.zeros(n), parent, order)
    assert length == pytest.approx(minimum_spanning_tree(matrix).sum())
    tree = {frozenset((node, int(parent[node]))) for node in range(1, n)}
    for edge in tree:
        degree[list(edge)] += 1
    outside = {
        leaf: min((matrix[leaf, j], j) for j in range(n) if j != leaf and frozenset((leaf, j)) not in tree)
        for leaf in np.flatnonzero(degree == 1)
    }
    leaf, end, extra = alpha_nearness._extra_edge(matrix, np.zeros(n), parent, degree)
    assert (extra, end) == outside[leaf] == max(outside.values())


@pytest.mark.parametrize("trees", [3, 4, 50])
def test_penalties_sum_to_0_since_a_1_tree_has_as_many_edges_as_nodes(trees):
    penalties = penalties_of(distances(30, 2), trees)
    assert np.abs(penalties).max() > 0.001
    assert penalties.sum() == pytest.approx(0.0, abs=1e-12)


def test_equal_distances_give_candidates_all_the_same():
    chosen = candidates(np.ones((6, 6)) - np.eye(6), penalties_of(np.ones((6, 6)) - np.eye(6), 20), 3)
    for node in range(6):
        assert len(set(chosen[node]) - {node}) == 3
