"""Tours as arrays, kicks and Lin-Kernighan chains against the lengths of their tours and against brute force."""

import itertools

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, nearest, tour_length
from mdpzoo_combinatorial.local_search.lin_kernighan import chains
from mdpzoo_combinatorial.local_search.lin_kernighan.array_tours import (
    BRIDGE,
    KIND,
    RING,
    SWAP,
    TWICE,
    create_search,
    exchange,
    flip,
    undo,
)
from mdpzoo_combinatorial.local_search.lin_kernighan.chains import improve
from mdpzoo_combinatorial.local_search.lin_kernighan.kicks import iterate

NODE = np.int32


def begun(points, depth=3, seed=0):
    rng = np.random.default_rng([len(points), seed])
    near = nearest(points, EMPTY, min(8, len(points) - 1))
    return create_search(points, EMPTY, near, rng.permutation(len(points)), depth, seed, 0)


def some_points(n, seed):
    rng = np.random.default_rng([n, seed])
    return rng.integers(6, size=(n, 2)).astype(float) if seed % 2 else rng.random((n, 2))  # a grid has ties


def length(search):
    return tour_length(search.points, EMPTY, search.tour)


def edges(tour):
    return {frozenset(pair) for pair in zip(tour, np.roll(tour, -1), strict=True)}


@pytest.mark.parametrize("n", [4, 5, 8, 31])
def test_flip_replaces_two_edges_by_two_others_whichever_way_round_the_array_runs(n):
    for first, last in itertools.combinations(range(n), 2):
        if last - first < 2 or (first == 0 and last == n - 1):
            continue
        search = begun(np.random.default_rng(n).random((n, 2)))
        tour = search.tour.copy()
        t1, t2, t4, t3 = (NODE(tour[k % n]) for k in (first, first + 1, last, last + 1))
        flip(search, t1, t2, t3, t4)
        removed, added = {frozenset((t1, t2)), frozenset((t3, t4))}, {frozenset((t2, t3)), frozenset((t4, t1))}
        assert edges(search.tour) == edges(tour) - removed | added
        np.testing.assert_array_equal(search.tour[search.position], np.arange(n))


def test_a_double_bridge_puts_three_segments_into_the_opposite_order():
    search = begun(np.random.default_rng(0).random((12, 2)))
    tour = search.tour.copy()
    one, two, three, rest = tour[1:3], tour[3:7], tour[7:9], tour[9:]
    search.chain[0, :8] = (tour[0], one[0], one[-1], two[0], two[-1], three[0], three[-1], rest[0])
    search.chain[0, KIND] = BRIDGE
    exchange(search, np.int64(0))
    assert edges(search.tour) == edges(np.concatenate([tour[:1], three, two, one, rest]))


@pytest.mark.parametrize(("kind", "reversals"), [(TWICE, 2), (RING, 2), (SWAP, 3), (BRIDGE, 4)])
def test_an_exchange_logs_its_reversals_and_no_others(kind, reversals):
    search = begun(np.random.default_rng(0).random((12, 2)))
    search.chain[0, :8], search.chain[0, KIND] = search.tour[:8], kind
    exchange(search, np.int64(0))
    assert search.progress.logged == reversals


@pytest.mark.parametrize("n", [4, 5, 6, 7, 9, 20, 60])
@pytest.mark.parametrize("depth", [0, 3])
def test_every_gain_that_the_moves_claim_is_the_change_of_the_length(n, depth):
    for seed in range(20):
        search = begun(some_points(n, seed), depth, seed)
        before = length(search)
        gain = improve(search, 1e-12, 10**6)
        assert search.progress.waiting == 0
        assert sorted(search.tour) == list(range(n))
        assert before - length(search) == pytest.approx(gain, abs=1e-9)
        np.testing.assert_array_equal(search.position[search.tour], np.arange(n))


def test_undoing_every_reversal_of_a_descent_brings_the_first_tour_back():
    for seed in range(5):
        search = begun(some_points(40, seed), seed=seed)
        first = edges(search.tour)
        improve(search, 1e-12, 10**6)
        assert search.progress.logged > 0
        assert edges(search.tour) != first
        undo(search, np.int64(0))
        assert edges(search.tour) == first


def test_edges_that_a_chain_has_added_are_known_in_either_direction():
    search = begun(np.random.default_rng(0).random((12, 2)))
    search.chain[0, :6], search.chain[1, :6] = range(6), range(6, 12)
    added = {
        (a, b) for a in range(12) for b in range(12) if chains._is_added(search, np.int64(2), np.int32(a), np.int32(b))
    }
    assert added == {(1, 2), (2, 1), (3, 4), (4, 3), (7, 8), (8, 7), (9, 10), (10, 9)}
    assert not chains._is_added(search, np.int64(1), np.int32(7), np.int32(8))  # of a later step


def test_a_descent_continues_while_the_log_has_room_for_another_chain():
    ends = []
    for size in range(12, 42):
        search = begun(some_points(40, 0))._replace(log=np.empty((size, 2), np.int32))
        improve(search, 1e-12, 10**6)
        room = size - 3 * 4  # three reversals in each of four steps
        assert room < search.progress.logged <= size
        ends.append(search.progress.logged - room)
    assert min(ends) == 1


def test_a_shorter_tour_becomes_the_best_one_which_it_exceeds_by_nothing():
    search = begun(np.random.default_rng(0).random((40, 2)))
    lengths = [length(search)]
    for _ in range(20):  # the first repair processes all nodes
        iterate(search, 1, 1e-12, 0.0)
        lengths.append(length(search))
        assert search.progress.excess == pytest.approx(0.0, abs=1e-9)
        assert tour_length(search.points, EMPTY, search.best) == pytest.approx(lengths[-1])
    assert lengths[1] < 0.5 * lengths[0]


def test_every_kick_is_accepted_in_great_heat():
    search = begun(np.random.default_rng(0).random((20, 2)))
    search = search._replace(neighbours=np.zeros((20, 0), np.int32))  # nothing is repaired
    for _ in range(40):
        before = edges(search.tour)
        iterate(search, 1, 1e-12, 1e9)
        assert edges(search.tour) != before


def test_deeper_chains_leave_shorter_tours():
    lengths = dict.fromkeys((0, 1, 3), 0.0)
    for depth, seed in itertools.product(lengths, range(10)):
        search = begun(np.random.default_rng(seed).random((200, 2)), depth, seed)
        while search.progress.waiting:
            search.progress.logged = 0
            improve(search, 1e-12, 100)
        lengths[depth] += length(search)
    assert lengths[3] < lengths[1] < lengths[0]


@pytest.mark.parametrize("temperature", [0.0, 0.1])
@pytest.mark.parametrize("n", [4, 5, 7, 50])
def test_kicks_keep_the_shortest_tour_and_know_how_much_longer_the_present_one_is(n, temperature):
    points = np.random.default_rng(n).random((n, 2))
    search = begun(points)
    improve(search, 1e-12, 10**6)
    search.best[:] = search.tour
    before = length(search)
    seen = [before]
    for _ in range(50):
        iterate(search, 1, 1e-12, temperature)
        seen.append(length(search))
    best = tour_length(points, EMPTY, search.best)
    assert sorted(search.best) == list(range(n))
    assert best == pytest.approx(min(seen), abs=1e-9)
    assert length(search) - best == pytest.approx(search.progress.excess, abs=1e-9)
    assert (np.diff(seen) > 1e-9).any() == (temperature > 0 and n == 50)  # longer tours are accepted in the heat alone
