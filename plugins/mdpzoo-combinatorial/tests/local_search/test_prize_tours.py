"""The moves of the prize search: tours and places agree, lengths are those of lists, and what was kept comes back."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search import prize_rounds as rounds
from mdpzoo_combinatorial.local_search import prize_shortening as shortening
from mdpzoo_combinatorial.local_search import prize_tours as tours


def instance(m, symmetric, seed=0):
    """Costs ``[m, m]`` and prizes ``[m]``; the depot, node 0, has none."""
    generator = np.random.default_rng(seed)
    points = generator.random((m, 2))
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    if not symmetric:
        costs = costs * generator.uniform(1.0, 1.5, (m, m))
    prizes = generator.integers(1, 9, m).astype(float)
    prizes[0] = 0.0
    return costs, prizes


def search_of(m=12, symmetric=True, start=(0,), limit=3.0, seed=0):
    costs, prizes = instance(m, symmetric, seed)
    return rounds.prepared(costs, prizes, limit, np.array(start), seed, 0)


def on_tour(s):
    return s.tour[: s.progress.count].tolist()


def length_of(s, tour):
    return sum(s.costs[a, b] for a, b in zip(tour, [*tour[1:], tour[0]], strict=True))


def ring(tour):
    return tour[tour.index(0) :] + tour[: tour.index(0)]


def assert_whole(s):
    """Each node of the tour stands once on it, at its place; the others have none."""
    tour = on_tour(s)
    assert len(set(tour)) == len(tour)
    assert 0 in tour
    places = np.full(len(s.nodes), -1)
    places[tour] = np.arange(len(tour))
    assert np.array_equal(s.position, places)


SIDES = pytest.mark.parametrize("symmetric", [True, False])


@SIDES
def test_the_length_is_the_sum_of_the_edges(symmetric):
    s = search_of(symmetric=symmetric, start=(0, 3, 5, 1))
    assert tours.length(s) == pytest.approx(length_of(s, [0, 3, 5, 1]))


@SIDES
@pytest.mark.parametrize("node", [2, 4, 11])
def test_the_place_for_a_node_is_the_cheapest_of_all(symmetric, node):
    s = search_of(symmetric=symmetric, start=(0, 3, 5, 1, 7))  # every other node is near: 11 of at most 20
    tours.measure(s)
    more, behind = tours.place_for(s, node)
    tour, now = on_tour(s), tours.length(s)
    costs = [length_of(s, [*tour[: k + 1], node, *tour[k + 1 :]]) - now for k in range(len(tour))]
    assert more == pytest.approx(min(costs))
    assert behind == tour[int(np.argmin(costs))]


@SIDES
def test_inserting_and_removing_give_the_tour_back(symmetric):
    s = search_of(symmetric=symmetric, start=(0, 3, 5, 1, 7))
    tours.measure(s)
    before = tours.length(s)
    for node in (2, 9, 11):
        more, behind = tours.place_for(s, node)
        old = tours.length(s)
        tours.insert(s, node, behind)
        assert tours.length(s) == pytest.approx(old + more)
        edges = [s.costs[a, b] for a, b in zip(on_tour(s), [*on_tour(s)[1:], on_tour(s)[0]], strict=True)]
        assert s.edge[on_tour(s)] == pytest.approx(edges)  # insertions keep them true
        assert_whole(s)
    for node in (9, 2, 11):
        tours.remove(s, node)
        assert_whole(s)
    assert on_tour(s) == [0, 3, 5, 1, 7]
    assert tours.length(s) == pytest.approx(before)


@pytest.mark.parametrize("first", range(6))
@pytest.mark.parametrize("inside", range(1, 7))
def test_a_reversal_is_that_of_a_list(first, inside):
    start = [0, 3, 5, 1, 7, 2]
    s = search_of(start=start)
    shortening._reverse(s, first, (first + inside - 1) % 6)
    turned = [start[(first + k) % 6] for k in range(6)]
    wanted = ring(turned[:inside][::-1] + turned[inside:])
    found = ring(on_tour(s))
    assert found in (wanted, [0, *wanted[:0:-1]])  # the same ring, in either direction
    assert_whole(s)


@pytest.mark.parametrize("back", [True, False])
@pytest.mark.parametrize("carried", [1, 2, 3])
def test_carrying_nodes_is_that_of_lists(carried, back):
    start = [0, 3, 5, 1, 7, 2]
    for first in range(6):
        turned = [start[(first + k) % 6] for k in range(6)]
        run, others = turned[:carried], turned[carried:]
        for behind in others:
            s = search_of(start=start)
            shortening._carry(s, first, carried, behind, back)
            place = others.index(behind) + 1
            assert ring(on_tour(s)) == ring(others[:place] + (run[::-1] if back else run) + others[place:])
            assert_whole(s)


@SIDES
@pytest.mark.parametrize("seed", range(6))
def test_shortening_shortens_and_keeps_the_nodes(symmetric, seed):
    start = [0, *np.random.default_rng(seed).permutation(np.arange(1, 12))]
    s = search_of(symmetric=symmetric, start=start, seed=seed)
    before = tours.length(s)
    found = shortening.shorten(s, 1e-12)
    assert tours.length(s) < before if found else on_tour(s) == start
    assert sorted(on_tour(s)) == list(range(12))
    assert_whole(s)
    assert not s.nodes["waiting"][on_tour(s)].any()
    assert not shortening.shorten(s, 1e-12)


def test_no_reversal_shortens_a_symmetric_tour_that_is_settled():
    for seed in range(6):
        s = search_of(start=range(12), seed=seed)
        shortening.shorten(s, 1e-12)
        tour, now = on_tour(s), tours.length(s)
        for a in range(11):
            for b in range(a + 1, 12):
                other = tour[: a + 1] + tour[a + 1 : b + 1][::-1] + tour[b + 1 :]
                assert length_of(s, other) >= now - 1e-9, (seed, a, b)


@SIDES
def test_filling_puts_nodes_on_until_none_fits(symmetric):
    for seed in range(5):
        s = search_of(symmetric=symmetric, seed=seed, limit=2.0)
        tours.fill(s, 0.0)
        assert_whole(s)
        assert tours.length(s) <= 2.0 + 1e-12
        tour = on_tour(s)
        for node in set(range(1, 12)) - set(tour):
            least = min(length_of(s, [*tour[: k + 1], node, *tour[k + 1 :]]) for k in range(len(tour)))
            assert least > 2.0 - 1e-12, (seed, node)


@SIDES
def test_dropping_ends_as_soon_as_the_tour_is_short_enough(symmetric):
    s = search_of(symmetric=symmetric, start=range(12), limit=2.0)
    s.nodes["weight"] = s.nodes["prize"]
    rounds.drop(s)
    assert_whole(s)
    assert tours.length(s) <= 2.0
    tiny = search_of(symmetric=symmetric, start=range(12), limit=0.0)
    tiny.nodes["weight"] = tiny.nodes["prize"]
    rounds.drop(tiny)
    assert on_tour(tiny) == [0]


def test_what_was_kept_is_restored_with_its_prize_and_length():
    s = search_of(start=(0, 3, 5, 1))
    rounds.keep(s)
    rounds.keep_best(s)
    assert s.progress.best_prize == s.nodes["prize"][[3, 5, 1]].sum()
    assert s.progress.best_length == tours.length(s)
    tours.remove(s, 5)
    tours.measure(s)
    tours.insert(s, 8, 3)
    rounds.restore(s, s.best, s.progress.best_count)
    assert on_tour(s) == [0, 3, 5, 1]
    assert_whole(s)


@SIDES
@pytest.mark.parametrize("take", [rounds._take_run, rounds._take_near])
def test_taking_nodes_off_leaves_the_depot(symmetric, take):
    for seed in range(20):
        s = search_of(symmetric=symmetric, start=range(12), seed=seed)
        take(s)
        assert_whole(s)
        assert len(on_tour(s)) < 12 or take is rounds._take_near


@SIDES
def test_annealing_never_loses_the_best_tour_and_keeps_to_the_limit(symmetric):
    s = search_of(symmetric=symmetric, limit=2.5)
    rounds.anneal(s, -1, 0, 1, 1e-12)
    best = s.progress.best_prize
    for cycle in range(5):
        rounds.anneal(s, 0, 40, 40, 1e-12)
        assert_whole(s)
        assert s.progress.best_prize >= best, cycle
        best = s.progress.best_prize
        kept = s.best[: s.progress.best_count].tolist()
        assert s.nodes["prize"][kept].sum() == best
        assert length_of(s, kept) == pytest.approx(s.progress.best_length)
        assert s.progress.best_length <= 2.5 + 1e-12


def test_nodes_out_of_reach_or_without_a_prize_are_left_out():
    costs = np.array([[0.0, 1.0, 5.0, 1.0], [1.0, 0.0, 1.0, 1.0], [5.0, 1.0, 0.0, 1.0], [1.0, 1.0, 1.0, 7.0]])
    nodes, less, gains = rounds.reduced(costs, np.array([4.0, 2.0, 3.0, 1.0]), 3.0)
    assert nodes.tolist() == [0, 1, 3]  # node 2 is 10 there and back
    assert gains.tolist() == [0.0, 2.0, 1.0]
    assert np.diag(less).tolist() == [0.0] * 3
    assert rounds.reduced(costs, np.array([4.0, 2.0, 3.0, 1.0]), 2.0)[0].tolist() == [0, 1, 3]  # 2 there and back
    assert not rounds.reduced(costs, np.array([0.0, 0.0, 0.0, 0.0]), 9.0)[0].any()
