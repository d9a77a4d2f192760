"""The parts of a round of the prize search: what is inserted by force, what is removed, and what becomes the best."""

from collections import Counter

import numpy as np

from mdpzoo_combinatorial.local_search import prize_rounds as rounds
from mdpzoo_combinatorial.local_search import prize_tours as tours


def search_of(m=12, start=(0,), limit=1_000.0, seed=0):
    """A search over random points; nodes 1 to m - 1 have prizes."""
    generator = np.random.default_rng(seed)
    points = generator.random((m, 2))
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    prizes = np.append(0.0, generator.integers(1, 9, m - 1))
    return rounds.prepared(costs, prizes, limit, np.array(start), seed, 0)


def on_tour(s):
    return s.tour[: s.progress.count].tolist()


def test_a_node_is_forced_in_with_the_nodes_nearest_to_it():
    sizes = set()
    for seed in range(20):
        s = search_of(m=8, seed=seed)
        rounds._force(s)
        inserted = set(on_tour(s)) - {0}
        nearest = {node: [other for other in s.near[node].tolist() if other != 0] for node in inserted}
        assert any(inserted == {node, *nearest[node][: len(inserted) - 1]} for node in inserted), seed
        assert (s.nodes["weight"][list(inserted)] == np.inf).all()
        others = s.nodes[sorted(set(range(1, 8)) - inserted)]
        assert (others["weight"] <= others["prize"]).all()  # noise takes away up to a half
        assert (others["weight"] >= 0.5 * others["prize"]).all()
        sizes.add(len(inserted))
    assert sizes == {1, 2, 3}


def test_every_node_is_forced_in_equally_often():
    inserted = Counter()
    for seed in range(300):
        s = search_of(m=3, seed=seed)
        rounds._force(s)
        inserted[tuple(sorted(on_tour(s)))] += 1
    assert set(inserted) == {(0, 1), (0, 2), (0, 1, 2)}
    assert abs(inserted[0, 1] - inserted[0, 2]) < 20  # about 50 each: one node in one of three rounds


def without(tour, node):
    ring = tour[tour.index(0) :] + tour[: tour.index(0)]
    return [each for each in ring if each != node]


def test_half_of_the_rounds_remove_a_run_of_nodes():
    """Without near nodes, the other half removes one node, so that a round of it moves at most one."""
    runs = 0
    for seed in range(100):
        start = [0, *np.random.default_rng(seed).permutation(np.arange(1, 12)).tolist()]
        s = search_of(start=start, seed=seed)._replace(near=np.zeros((12, 0), np.int64))
        rounds.anneal(s, -1, 0, 1, 1e-12)
        rounds.anneal(s, 0, 1, 1, 1e-12)
        tour = s.kept[: s.progress.kept_count].tolist()
        assert len(tour) == 12  # everything fits again
        runs += all(without(tour, node) != without(start, node) for node in range(1, 12))
    assert 35 < runs < 60  # fewer than half: a run may be of one node, and nodes may return to their places


def test_a_node_is_removed_with_nodes_near_it():
    sizes = set()
    for seed in range(30):
        s = search_of(m=40, start=range(40), seed=seed)
        rounds._take_near(s)
        removed = set(range(40)) - set(on_tour(s))
        assert any(removed <= {node, *s.near[node].tolist()} for node in range(40)), seed
        sizes.add(len(removed))
    assert sizes >= {1, 2, 5, 10}
    assert max(sizes) <= rounds.MOST_TAKEN


def test_the_nearest_node_is_removed_as_often_as_others():
    pairs = 0
    for seed in range(100):
        s = search_of(m=40, start=range(40), seed=seed)
        s = s._replace(near=s.near[:, :1].copy())
        rounds._take_near(s)
        pairs += s.progress.count == 38
    assert 50 < pairs < 80  # three of four, unless one node is to be removed or one is the depot


def test_the_node_with_the_lowest_weight_for_its_detour_is_dropped_first():
    points = np.array([[0.0, 0.0], [5.0, 0.0], [10.0, 0.0], [0.0, 3.0]])
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    # detours in the order of the nodes: 0, 9.6 and 3.4; the tour is 23.4 long
    s = rounds.prepared(costs, np.array([0.0, 2.0, 3.0, 2.0]), 20.0, np.arange(4), 0, 0)
    rounds.drop(s)
    assert on_tour(s) == [0, 1, 3]
    s = rounds.prepared(costs, np.array([0.0, 2.0, 6.0, 2.0]), 21.0, np.arange(4), 0, 0)
    rounds.drop(s)
    assert on_tour(s) == [0, 1, 2]


def test_the_largest_prize_for_its_detour_is_inserted_first():
    points = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.25]])
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    # detours of 2 and 4.5, of which one fits
    for prizes, inserted in (([0.0, 1.0, 3.0], 2), ([0.0, 1.0, 2.0], 1)):
        s = rounds.prepared(costs, np.array(prizes), 4.6, np.array([0]), 0, 0)
        tours.fill(s, 0.0)
        assert on_tour(s) == [0, inserted]


def test_uniform_numbers_lie_between_0_and_1_where_their_logarithm_is_finite():
    assert 0.0 < tours.uniform(np.zeros(1, np.uint64)) < 1e-9  # a state of 0 gives the smallest number
    random = np.full(1, 7, np.uint64)
    assert 0.49 < np.mean([tours.uniform(random) for _ in range(5_000)]) < 0.51


def test_a_tour_that_is_as_good_as_the_best_one_does_not_replace_it():
    s = search_of(start=(0, 3, 5, 1))
    s.costs[:] = 1.0  # every tour of four nodes has length 4, without rounding
    rounds.keep(s)
    rounds.keep_best(s)
    rounds.restore(s, np.array([0, 5, 3, 1]), 4)
    rounds._accept(s, np.inf, 0.0)
    assert s.kept[:4].tolist() == [0, 5, 3, 1]
    assert s.best[:4].tolist() == [0, 3, 5, 1]


def test_a_tour_with_less_prize_does_not_replace_the_best_one_even_if_it_is_shorter():
    s = search_of(start=(0, 3, 5, 1))
    rounds.keep(s)
    rounds.keep_best(s)
    for tour, best in (([0, 3], [0, 3, 5, 1]), ([0, 3, 5, 1, 7], [0, 3, 5, 1, 7])):
        rounds.restore(s, np.array(tour), len(tour))
        rounds._accept(s, np.inf, 0.0)
        assert s.kept[: s.progress.kept_count].tolist() == tour
        assert s.best[: s.progress.best_count].tolist() == best


def test_an_insertion_may_use_up_the_limit_exactly():
    points = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]])
    costs = np.sqrt(((points[:, None] - points[None]) ** 2).sum(2))
    for limit, count in ((12.0, 3), (np.nextafter(12.0, 0.0), 2)):  # 3 + 4 + 5
        s = rounds.prepared(costs, np.array([0.0, 1.0, 1.0]), limit, np.array([0]), 0, 0)
        tours.fill(s, 0.0)
        assert s.progress.count == count
