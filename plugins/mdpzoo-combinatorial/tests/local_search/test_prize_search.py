"""The anytime search for orienteering."""

from itertools import combinations, permutations

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.local_search import prize_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.prize_search import search, solve_batch


def _length(costs, tour):
    tour = list(tour)
    return sum(costs[a, b] for a, b in zip(tour, tour[1:] + tour[:1], strict=True) if a != b)


def _most(costs, prizes, limit):
    """The largest prize, by trying every subset in every order."""
    others = range(1, len(costs))
    subsets = [each for size in range(len(costs)) for each in combinations(others, size)]
    for subset in sorted(subsets, key=lambda each: -prizes[list(each)].sum()):
        if any(_length(costs, [0, *order]) <= limit for order in permutations(subset)):
            return prizes[list(subset)].sum()
    raise AssertionError("the depot alone is a tour")


def _euclidean(places):
    return np.sqrt(((places[:, None] - places[None]) ** 2).sum(-1))


def _random(n, seed, count=8):
    rng = np.random.default_rng(seed)
    return rng.random((count, n, 2)), rng.integers(1, 10, (count, n)) / 10, rng.uniform(0.5, 3.0, count)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 20, 40])
@pytest.mark.parametrize("limit", [0.0, 0.3, 1.5, 100.0])  # nothing in reach, little, some, everything
def test_every_answer_is_a_legal_tour_with_its_own_prize(n, limit):
    places, prizes, _ = _random(n, 0)
    sequences, gained = solve_batch(places, prizes, np.full(8, limit), iterations=60, seed=1)
    assert sequences.shape == (8, n - 1)
    assert sequences.dtype == np.int64
    for place, prize, sequence, worth in zip(places, prizes, sequences, gained, strict=True):
        visited = sequence[sequence >= 0]
        assert (sequence[len(visited) :] == -1).all()
        assert len(set(visited)) == len(visited)
        assert 0 not in visited
        assert _length(_euclidean(place), [0, *visited]) <= limit + 1e-12
        assert worth == pytest.approx(prize[visited].sum())
        if limit == 100.0:
            assert len(visited) == n - 1
        if limit == 0.0:
            assert len(visited) == 0


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8])
def test_small_instances_are_solved_to_optimality(n):
    places, prizes, limits = _random(n, n)
    _, gained = solve_batch(places, prizes, limits, iterations=400, seed=0)
    wanted = [_most(_euclidean(a), b, c) for a, b, c in zip(places, prizes, limits, strict=True)]
    assert gained == pytest.approx(wanted)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7])
def test_small_instances_with_asymmetric_costs_are_solved_to_optimality(n):
    rng = np.random.default_rng(n)
    for instance in generate("ATSP", 4, n, n):
        costs, prizes = instance.distance_matrix(), rng.integers(1, 10, n) / 10
        limit = rng.uniform(0.3, 1.0) * n * costs.mean()
        tour = search(costs, prizes, limit, iterations=400, seed=0)
        assert tour[0] == 0
        assert _length(costs, tour) <= limit
        assert prizes[tour[1:]].sum() == pytest.approx(_most(costs, prizes, limit))


@pytest.mark.parametrize(
    ("places", "prizes"),
    [
        (np.zeros((6, 2)), np.ones(6)),  # all of them at the depot: every edge costs nothing
        (np.repeat(np.random.default_rng(0).random((3, 2)), 3, 0), np.ones(9)),  # three places with three nodes each
        (np.random.default_rng(0).random((9, 2)), np.zeros(9)),  # nothing to collect
    ],
)
def test_ties_do_not_keep_it_from_ending(places, prizes):
    costs = _euclidean(places)
    tour = search(costs, prizes, 1.0, iterations=300, seed=0)
    assert tour[0] == 0
    assert len(set(tour)) == len(tour)
    assert _length(costs, tour) <= 1.0
    assert prizes[tour].sum() - prizes[0] == pytest.approx(_most(costs, prizes, 1.0))


def test_a_prize_at_the_depot_is_neither_collected_nor_in_the_way():
    costs, prizes = _euclidean(np.array([[0.0, 0.0], [1.0, 0.0]])), np.array([5.0, 1.0])
    assert search(costs, prizes, 2.0, iterations=10, seed=0) == [0, 1]
    _, gained = solve_batch([[[0.0, 0.0], [1.0, 0.0]]], [[5.0, 1.0]], [2.0], iterations=10, seed=0)
    assert gained == [1.0]


def test_a_tour_may_use_the_limit_to_the_last_unit():
    costs = _euclidean(np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 4.0]]))
    assert len(search(costs, np.ones(3), 12.0, iterations=10, seed=0)) == 3  # 3 + 4 + 5
    assert len(search(costs, np.ones(3), np.nextafter(12.0, 0.0), iterations=10, seed=0)) == 2


def test_an_instance_has_the_same_answer_alone_and_in_any_batch():
    places, prizes, limits = _random(30, 0)
    sequences, gained = solve_batch(places, prizes, limits, iterations=50, seed=3)
    again, _ = solve_batch(places[:2], prizes[:2], limits[:2], iterations=50, seed=3)
    assert (sequences[:2] == again).all()
    other, _ = solve_batch(places, prizes, limits, iterations=50, seed=3)
    assert (sequences == other).all()
    alone = search(_euclidean(places[0]), prizes[0], limits[0], iterations=50, seed=3)
    assert prizes[0][alone[1:]].sum() == pytest.approx(gained[0])


def test_rounds_are_drawn_from_the_seed():
    places, prizes, limits = _random(60, 0)
    one, two = (solve_batch(places, prizes, limits, iterations=3, seed=seed)[0] for seed in (0, 1))
    assert (one != two).any()


def test_no_answer_is_worse_than_its_start():
    for instance in generate("OP", 6, 40, 0):
        costs, limit = instance.distance_matrix(), instance.limit
        start = solve(instance, "two-opt").solution
        for iterations in (0, 1, 50):
            tour = search(costs, instance.prizes, limit, iterations=iterations, seed=0, start=start)
            better = instance.prizes[tour].sum() - instance.prizes[start].sum()
            assert better > -1e-9
            if better < 1e-9:
                assert _length(costs, tour) <= _length(costs, start) + 1e-9


def test_of_tours_with_equal_prizes_the_shorter_one_is_returned():
    costs = _euclidean(np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0]]))
    tour = search(costs, np.ones(4), 9.0, iterations=10, seed=0, start=[0, 2, 1, 3])  # it crosses itself
    assert _length(costs, tour) == pytest.approx(4.0)


def test_a_start_that_uses_the_triangle_inequality_s_lack_is_kept():
    costs = np.full((3, 3), 1.0)
    costs[0, 2] = costs[2, 0] = 5.0  # out of reach but by way of node 1
    costs[2, 0] = 0.5
    assert search(costs, np.ones(3), 2.5, iterations=10, seed=0, start=[0, 1, 2]) == [0, 1, 2]


def test_many_rounds_collect_more_than_local_search():
    more = less = 0.0
    for instance in generate("OP", 4, 100, 0):
        start = solve(instance, "two-opt").solution
        tour = search(instance.distance_matrix(), instance.prizes, instance.limit, iterations=500, seed=0)
        more, less = more + instance.objective(tour), less + instance.objective(start)
    assert more > less


def test_the_limit_of_time_ends_a_search_without_iterations():
    (instance,) = generate("OP", 1, 50, 0)
    tour = search(instance.distance_matrix(), instance.prizes, instance.limit, seed=0, budget=Budget(0.05))
    assert instance.validate(tour) is not None


def test_a_search_that_is_told_to_stop_ends_with_what_it_has():
    told = []

    def report(rounds, prize):
        told.append((rounds, prize))
        if len(told) == 20:  # after the first cycle
            budget.stop()

    budget = Budget(None, report)
    (instance,) = generate("OP", 1, 50, 0)
    tour = search(instance.distance_matrix(), instance.prizes, instance.limit, seed=0, budget=budget)
    assert len(told) == 20
    assert told == sorted(told)
    assert len({rounds for rounds, _ in told}) == 20
    assert instance.prizes[tour].sum() == pytest.approx(told[-1][1])


def test_the_time_limit_of_a_large_instance_is_checked_after_every_round(monkeypatch):
    monkeypatch.setattr(prize_search, "PIECE", 7)  # fewer rounds times nodes than one round has
    told = []
    (instance,) = generate("OP", 1, 30, 0)
    budget = Budget(None, lambda rounds, prize: told.append(rounds))
    search(instance.distance_matrix(), instance.prizes, instance.limit, iterations=3, seed=0, budget=budget)
    assert told == [1, 2, 3]


def test_an_instance_of_oplib_is_solved_as_well_as_is_known(data):
    instance = read_instance(data / "oplib" / "eil51-gen1-50.oplib")
    tour = search(instance.distance_matrix(), instance.prizes, instance.limit, iterations=1_000, seed=0)
    assert len(tour) == 29  # each node counts 1, the depot included


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"costs": np.zeros((3, 4))}, InstanceError, "shape"),
        ({"prizes": np.ones(3)}, InstanceError, "shape"),
        ({"prizes": -np.ones(4)}, InstanceError, "at least 0"),
        ({"costs": np.full((4, 4), np.nan)}, InstanceError, "NaN"),
        ({"limit": np.inf}, InstanceError, "limit"),
        ({"start": [1, 2]}, InstanceError, "begins with 0"),
        ({"start": [0, 4]}, InstanceError, "0..3"),
        ({"start": [0, 1, 1]}, InstanceError, "twice"),
        ({"start": [0, 1, 2, 3], "limit": 3.5}, InstanceError, "within the limit"),
        ({"iterations": -1}, SettingError, "iterations"),
        ({"iterations": None}, SettingError, "budget"),
        ({"seed": -1}, SettingError, "seed"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, words):
    given = {"costs": np.ones((4, 4)), "prizes": np.ones(4), "limit": 9.0, "iterations": 1, "seed": 0} | arguments
    with pytest.raises(error, match=words):
        search(given.pop("costs"), given.pop("prizes"), given.pop("limit"), **given)


def test_a_batch_with_wrong_shapes_is_refused():
    with pytest.raises(InstanceError, match="places"):
        solve_batch(np.zeros((2, 5, 2)), np.ones((2, 4)), np.ones(2), iterations=1, seed=0)
    with pytest.raises(InstanceError, match="limits"):
        solve_batch(np.zeros((2, 5, 2)), np.ones((2, 5)), np.ones(3), iterations=1, seed=0)


def test_a_batch_may_be_empty():
    sequences, gained = solve_batch(np.zeros((0, 5, 2)), np.zeros((0, 5)), np.zeros(0), iterations=1, seed=0)
    assert sequences.shape == (0, 4)
    assert gained.shape == (0,)
