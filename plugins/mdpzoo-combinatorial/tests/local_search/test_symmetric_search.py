"""Iterated local search against brute force, proven optima and LKH."""

import itertools
import json
from collections import Counter

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.files import read_tsplib
from mdpzoo_combinatorial.instances import generate
from mdpzoo_combinatorial.local_search import symmetric_search
from mdpzoo_combinatorial.local_search.symmetric_search import (
    iterated_local_search,
    nearest_neighbour_tour,
    solve_batch,
)


def closed_length(points, tour):
    return np.hypot(*(points[tour] - points[np.roll(tour, -1)]).T).sum()


def shortest(points):
    """Length of the best of all (n - 1)! tours through node 0."""
    tours = np.array([(0, *rest) for rest in itertools.permutations(range(1, len(points)))])
    steps = points[tours] - points[np.roll(tours, -1, axis=1)]
    return np.hypot(steps[..., 0], steps[..., 1]).sum(1).min()


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 8])
def test_search_finds_the_shortest_of_all_tours_of_a_small_instance(n):
    for seed in range(10):
        points = np.random.default_rng([n, seed]).random((n, 2))
        tour, length = iterated_local_search(points, iterations=50, seed=seed)
        assert sorted(tour) == list(range(n))
        assert length == pytest.approx(shortest(points), abs=1e-12)


def test_search_reaches_the_proven_optimum_of_every_instance_under_60_nodes(data):
    optima = json.loads((data / "tsplib" / "optima.json").read_text())
    small = [name for name, facts in optima.items() if facts["nodes"] < 60]
    assert len(small) >= 12
    for name in small:
        instance = read_tsplib(data / "tsplib" / f"{name}.tsp")
        tour, length = iterated_local_search(instance.distance_matrix(), iterations=5_000, seed=1)
        assert instance.objective(tour) == length == optima[name]["optimum"], name


def test_search_comes_within_a_fifth_of_a_percent_of_lkh_in_1000_kicks(data):
    facts = np.load(data / "random" / "tsp100_lkh_128.npz")
    tours, lengths = solve_batch(facts["coordinates"][:32], iterations=1_000, seed=0)
    assert (np.sort(tours, axis=1) == np.arange(100)).all()
    assert np.mean(lengths / facts["lengths"][:32] - 1) < 0.002


@pytest.mark.parametrize("iterations", [0, 1, 100])
def test_search_never_returns_a_longer_tour_than_it_was_given(iterations):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        points = rng.random((30, 2))
        start = rng.permutation(30)
        for _ in range(3):  # its own answer is the hardest start
            before = closed_length(points, start)
            start, length = iterated_local_search(points, iterations=iterations, seed=seed, start=start)
            assert length <= before + 1e-12
            assert length == pytest.approx(closed_length(points, start), rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 9, 40, 1_001])
def test_points_that_are_all_equal_give_a_tour_of_length_0(n):
    tour, length = iterated_local_search(np.full((n, 2), 0.3), iterations=20, seed=0)
    assert sorted(tour) == list(range(n))
    assert length == 0


def test_duplicated_points_cost_nothing():
    points = np.random.default_rng(0).random((8, 2))
    # each point five times: more duplicates than half of the candidate list
    _, length = iterated_local_search(np.repeat(points, 5, axis=0), iterations=2_000, seed=0)
    assert length == pytest.approx(shortest(points), rel=1e-9)


def test_coordinates_and_their_matrix_give_equally_long_tours():
    instance = generate("TSP", 1, 50, seed=3)[0]
    _, by_points = iterated_local_search(instance.coordinates, iterations=3_000, seed=2)
    _, by_matrix = iterated_local_search(instance.distance_matrix(), iterations=3_000, seed=2)
    assert by_points == pytest.approx(by_matrix)


def test_one_seed_gives_one_answer_alone_and_in_a_batch_of_any_size():
    points = np.random.default_rng(5).random((4, 60, 2))
    tours, lengths = solve_batch(points, iterations=50, seed=7)
    np.testing.assert_array_equal(tours[:2], solve_batch(points[:2], iterations=50, seed=7)[0])
    alone, length = iterated_local_search(points[0], iterations=50, seed=7)
    np.testing.assert_array_equal(alone, tours[0])
    assert length == lengths[0]
    others = [solve_batch(points, iterations=3, seed=seed)[0] for seed in range(5)]
    assert any((each != others[0]).any() for each in others)


@pytest.mark.parametrize("iterations", [0, 1, 19, 20, 21, 90, 333, 1_001])
def test_as_many_kicks_are_made_as_were_asked_for(monkeypatch, iterations):
    made = []
    iterate = symmetric_search.iterate
    monkeypatch.setattr(
        symmetric_search, "iterate", lambda state, kicks, *rest: [made.append(kicks), iterate(state, kicks, *rest)]
    )
    points = np.random.default_rng(0).random((90, 2))
    iterated_local_search(points, iterations=iterations, seed=0)
    assert sum(made) == iterations


def test_three_trials_of_a_tenth_of_the_kicks_choose_one_of_eight_starts(monkeypatch):
    made = Counter()
    iterate = symmetric_search.iterate

    def count(state, kicks, *rest):
        made[id(state.tour)] += kicks
        iterate(state, kicks, *rest)

    monkeypatch.setattr(symmetric_search, "iterate", count)
    iterated_local_search(np.random.default_rng(0).random((90, 2)), iterations=1_600, seed=0)
    # 20 kicks for each of 8, then 40 for each of 4, then 80 for each of 2, and the rest
    assert sorted(made.values()) == pytest.approx([20, 20, 20, 20, 60, 60, 140, 1_260], abs=3)  # rounded


@pytest.mark.parametrize(
    ("nodes", "iterations", "seconds", "trees"),
    [
        (1_000, None, None, 100),
        (1_000, None, 3.0, 100),  # a hundred trees take about 0.3 s, a tenth of the search
        (1_000, None, 1.5, 50),
        (1_000, None, 0.1, 3),
        (1_000, None, 0.08, 0),  # fewer than three give no penalties
        (100, 100, None, 100),
        (100, 99, None, 0),  # too few kicks
        (3, None, None, 0),
        (3_001, None, None, 0),  # without a matrix
    ],
)
def test_spanning_trees_take_a_tenth_of_the_search_at_most(nodes, iterations, seconds, trees):
    assert symmetric_search._trees(nodes, iterations, seconds) == trees


@pytest.mark.parametrize(("iterations", "depth"), [(0, 0), (1, symmetric_search.DEPTH)])
def test_chains_are_3_opt_moves_if_there_are_no_kicks(monkeypatch, iterations, depth):
    depths = []
    create = symmetric_search.create_search
    monkeypatch.setattr(symmetric_search, "create_search", lambda *given: [depths.append(given[4]), create(*given)][1])
    iterated_local_search(np.random.default_rng(0).random((9, 2)), iterations=iterations, seed=0)
    assert set(depths) == {depth}


def test_several_starts_find_the_way_between_clusters_that_one_may_miss():
    lengths = {}
    for starts in (1, 8):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(symmetric_search, "STARTS", starts)
            for seed in range(4):
                rng = np.random.default_rng([seed, 7])
                centres = rng.uniform(0, 10, (12, 1, 2))
                points = (centres + rng.normal(0, 0.2, (12, 40, 2))).reshape(-1, 2)
                lengths[starts, seed] = iterated_local_search(points, iterations=1_000, seed=0)[1]
    gains = [lengths[1, seed] / lengths[8, seed] - 1 for seed in range(4)]
    assert np.mean(gains) > 0.002  # although the others take three tenths of the kicks
    assert max(gains) > 0.01


def test_candidates_by_alpha_join_clusters_that_nearest_ones_leave_apart():
    lengths = []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        points = (rng.random((30, 1, 2)) + rng.normal(0, 0.005, (30, 12, 2))).reshape(-1, 2)  # 8 near ones: all inside
        lengths.append([iterated_local_search(points, iterations=kicks, seed=0)[1] for kicks in (359, 360)])
    by_distance, by_alpha = np.transpose(lengths)  # as many kicks as nodes are enough for alphas
    assert (by_alpha < 0.99 * by_distance).all()


def test_search_leaves_numpys_global_stream_alone():
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    iterated_local_search(np.eye(5), iterations=10, seed=0)
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # noqa: NPY002


def test_search_of_2000_nodes_without_a_matrix_ends_at_its_deadline():
    points = np.random.default_rng(0).random((2_000, 2))
    tour, length = iterated_local_search(points, iterations=10**9, seed=0, seconds=0.3)
    assert sorted(tour) == list(range(2_000))
    # a random uniform tour is about 0.7124 sqrt(n) = 31.9 long at best, 3-opt leaves 3 to 5 %
    assert length < 36


@pytest.mark.parametrize("n", [1, 2, 5, 60, 1_500])
def test_nearest_neighbour_tour_always_goes_on_to_the_nearest_node_left(n):
    points = np.random.default_rng(n).random((n, 2))
    tour = nearest_neighbour_tour(points, start=n // 2)
    assert tour[0] == n // 2
    left = set(range(n)) - {n // 2}
    for here, following in itertools.pairwise(tour):
        nodes = np.array(sorted(left))
        assert following == nodes[np.hypot(*(points[nodes] - points[here]).T).argmin()]
        left.remove(following)
    assert not left


@pytest.mark.parametrize("array", [
    np.zeros((3, 4)),  # neither coordinates nor a matrix
    np.zeros((0, 2)),  # no node
    np.zeros(4),  # one axis
    [[0, 1], [np.nan, 2], [3, 4]],  # not a number
    [[0, 1], [np.inf, 2], [3, 4]],  # not finite
    [[0, 1, 2], [1, 0, 3], [2, 4, 0]],  # not symmetric
])  # fmt: skip
def test_an_array_that_is_no_instance_is_an_error(array):
    with pytest.raises(InstanceError):
        iterated_local_search(array, iterations=1, seed=0)


@pytest.mark.parametrize("start", [[0, 1, 1, 3], [0, 1, 2], [0, 1, 2, 4], [[0, 1], [2, 3]]])
def test_a_start_that_is_no_permutation_is_an_error(start):
    with pytest.raises(InstanceError, match="permutation"):
        iterated_local_search(np.eye(4), iterations=1, seed=0, start=start)


def test_settings_out_of_range_are_errors():
    with pytest.raises(SettingError, match="iterations"):
        iterated_local_search(np.eye(4), iterations=-1, seed=0)
    with pytest.raises(SettingError, match="seed"):
        solve_batch(np.zeros((1, 4, 2)), iterations=1, seed=-1)
    with pytest.raises(InstanceError, match="shape"):
        solve_batch(np.zeros((4, 2)), iterations=1, seed=0)
    with pytest.raises(SettingError, match="start"):
        nearest_neighbour_tour(np.eye(4), start=4)
