"""Or-opt of segments on asymmetric tours, against lists and against trying all of them."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search import segment_moves as moves


def matrix(n, seed):
    costs = np.random.default_rng(seed).random((n, n))
    np.fill_diagonal(costs, 0.0)
    return costs


def length(costs, tour):
    return costs[tour, np.roll(tour, -1)].sum()


def ring(tour):
    nodes = [int(node) for node in tour]
    return nodes[nodes.index(0) :] + nodes[: nodes.index(0)]


def exchanged(tour, first, one, two):
    turned = [int(tour[(first + k) % len(tour)]) for k in range(len(tour))]
    return np.array(ring(turned[one : one + two] + turned[:one] + turned[one + two :]))


def candidates(costs):
    """All other nodes of each, cheapest first: towards them, and from them."""
    away = costs + np.diag(np.full(len(costs), np.inf))
    return away.argsort(1)[:, :-1].copy(), away.T.argsort(1)[:, :-1].copy()


def test_a_swap_of_segments_is_that_of_lists():
    for first in range(7):
        for one in range(1, 6):
            for two in range(1, 7 - one):
                tour = np.random.default_rng(first).permutation(7)
                place, before = np.argsort(tour), tour.copy()
                moves._swap(tour, place, first, (first + one - 1) % 7, (first + one + two - 1) % 7)
                assert ring(tour) == exchanged(before, first, one, two).tolist(), (first, one, two)
                assert tour[place].tolist() == list(range(7))


@pytest.mark.parametrize("seed", range(8))
def test_a_move_gains_what_it_says(seed):
    costs = matrix(12, seed)
    towards, from_ = candidates(costs)
    tour = np.random.default_rng(seed + 50).permutation(12)
    place = np.argsort(tour)
    made = 0
    for node in range(12):
        before = length(costs, tour)
        gain, *_ = moves._improve_at(costs, towards, from_, tour, place, node, 1e-12)
        assert gain == pytest.approx(before - length(costs, tour), abs=1e-12)
        assert sorted(tour) == list(range(12))
        made += gain > 0
    assert made > 0


@pytest.mark.parametrize("seed", range(8))
def test_where_none_waits_no_exchange_of_neighbouring_segments_gains(seed):
    costs = matrix(9, seed)
    towards, from_ = candidates(costs)
    tour, active = np.random.default_rng(seed + 50).permutation(9), np.ones(9, bool)
    before = length(costs, tour)
    assert moves.descend(costs, towards, from_, tour, active, 1e-12, 10**6)
    assert not active.any()
    now = length(costs, tour)
    assert now < before
    for first in range(9):
        for one in range(1, 8):
            for two in range(1, 9 - one):
                assert length(costs, exchanged(tour, first, one, two)) >= now - 1e-9, (first, one, two)


def test_a_descent_stops_after_as_many_nodes_as_it_may_try():
    costs = matrix(12, 0)
    towards, from_ = candidates(costs)
    tour, active = np.random.default_rng(1).permutation(12), np.ones(12, bool)
    assert not moves.descend(costs, towards, from_, tour, active, 1e-12, 3)
    assert active.any()
    assert sorted(tour) == list(range(12))
