"""The moves of the asymmetric search: permutations stay, a gain is a difference of lengths, and undoing restores."""

from itertools import permutations

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search import asymmetric_moves as moves
from mdpzoo_combinatorial.local_search.asymmetric_search import solve_batch
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, tour_length


def matrix(n, seed=0):
    costs = np.random.default_rng(seed).random((n, n))
    np.fill_diagonal(costs, 0.0)
    return costs


def search_of(n, seed=0):
    """A search over random costs and a random start."""
    start = np.random.default_rng(seed + 100).permutation(n).astype(np.int64)
    return moves.create_search(matrix(n, seed), start, seed, 0)


def ring(tour):
    """The tour from node 0 on, so that rings compare."""
    nodes = [int(node) for node in tour]
    return nodes[nodes.index(0) :] + nodes[: nodes.index(0)]


def exchanged(tour, first, one, two):
    """What an exchange must give: lists in place of arithmetic on places."""
    turned = [int(tour[(first + k) % len(tour)]) for k in range(len(tour))]
    return ring(turned[one : one + two] + turned[:one] + turned[one + two :])


def length(s):
    return tour_length(EMPTY, s.costs, s.tour.astype(np.int64))


def assert_whole(s):
    n = len(s.tour)
    assert sorted(s.tour.tolist()) == list(range(n))
    assert s.tour[s.position].tolist() == list(range(n))


SEGMENTS = [(first, one, two) for first in range(7) for one in range(1, 6) for two in range(1, 7 - one)]


def test_an_exchange_is_that_of_lists_and_the_reverse_exchange_undoes_it():
    for first, one, two in SEGMENTS:
        s = search_of(7)
        before = s.tour.copy()
        moves._exchange(s, first, one, two)
        assert ring(s.tour) == exchanged(before, first, one, two), (first, one, two)
        assert_whole(s)
        moves._exchange(s, first, two, one)
        assert np.array_equal(s.tour, before), (first, one, two)


def test_a_move_gives_the_same_ring_by_its_shortest_segments_and_its_log_undoes_it():
    for first, one, two in SEGMENTS:
        s = search_of(7)
        before = s.tour.copy()
        moves._move(s, first, one, two)
        assert ring(s.tour) == exchanged(before, first, one, two), (first, one, two)
        assert s.progress.logged == 1
        place, left, right = s.log[0]
        assert left + right <= 7 - max(left, right)  # the longest of the three segments stays
        moves._exchange(s, place, right, left)
        assert ring(s.tour) == ring(before), (first, one, two)


@pytest.mark.parametrize("seed", range(5))
def test_the_gain_of_a_repair_is_what_the_tour_has_become_shorter_by(seed):
    s = search_of(30, seed)
    before = length(s)
    gain = moves.improve(s, 1e-12, moves.UNLIMITED)
    assert gain > 0
    assert gain == pytest.approx(before - length(s))
    assert s.progress.waiting == 0
    assert not s.queued.any()
    assert_whole(s)


@pytest.mark.parametrize("seed", range(8))
def test_after_a_repair_no_exchange_of_neighbouring_segments_shortens_the_tour(seed):
    n = 9  # lists of candidates hold all other nodes
    s = search_of(n, seed)
    moves.improve(s, 1e-12, moves.UNLIMITED)
    now = length(s)
    for first in range(n):
        for one in range(1, n - 1):
            for two in range(1, n - one):
                other = np.array(exchanged(s.tour, first, one, two))
                assert tour_length(EMPTY, s.costs, other) >= now - 1e-9, (first, one, two)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 30, 100])
def test_a_kick_costs_what_it_says(n):
    s = search_of(n)
    for _ in range(20):
        before = length(s)
        cost = moves._kick(s)
        assert cost == pytest.approx(length(s) - before)
        assert_whole(s)


def test_a_kick_that_does_not_pay_is_undone():
    s = search_of(12, 3)
    moves.improve(s, 1e-12, moves.UNLIMITED)
    kept = undone = 0
    for _ in range(300):
        before, tour = length(s), ring(s.tour)
        moves.iterate(s, 1, 1e-12)
        assert length(s) <= before + 1e-9
        assert_whole(s)
        if length(s) > before - 1e-9:
            undone += ring(s.tour) == tour
        else:
            kept += 1
    assert undone > 200


def test_a_repair_stops_after_as_many_exchanges_as_it_may_make():
    s = search_of(40, 1)
    moves.improve(s, 1e-12, 3)
    assert s.progress.logged == 3
    assert s.progress.waiting > 0


def test_the_ring_is_rolled_to_its_node_0():
    assert moves.from_zero(np.array([2, 3, 0, 1])).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("seed", range(4))
def test_the_nearest_tour_goes_to_the_nearest_node_that_is_left(seed):
    costs = matrix(8, seed)
    tour, left = [0], set(range(1, 8))
    while left:
        tour.append(min(left, key=lambda node: costs[tour[-1], node]))
        left.remove(tour[-1])
    assert moves.nearest_tour(costs).tolist() == tour


def test_a_batch_of_six_nodes_is_solved_as_by_all_tours():
    matrices = np.stack([matrix(6, seed) for seed in range(6)])
    tours, lengths = solve_batch(matrices, iterations=200, seed=0)
    for costs, tour, found in zip(matrices, tours, lengths, strict=True):
        every = (np.array([0, *rest]) for rest in permutations(range(1, 6)))
        assert found == pytest.approx(min(tour_length(EMPTY, costs, each) for each in every))
        assert found == pytest.approx(costs[tour, np.roll(tour, -1)].sum())
