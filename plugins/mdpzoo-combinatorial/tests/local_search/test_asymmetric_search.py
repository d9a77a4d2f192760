"""The iterated search for asymmetric tours."""

from itertools import permutations

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.local_search import asymmetric_moves
from mdpzoo_combinatorial.local_search.asymmetric_search import search, solve_batch
from mdpzoo_combinatorial.local_search.budget import Budget


def _length(costs, tour):
    return costs[tour, np.roll(tour, -1)].sum()


def _shortest(costs):
    return min(_length(costs, [0, *rest]) for rest in permutations(range(1, len(costs))))


def _metric(count, n, seed=0):
    return np.stack([each.distance_matrix() for each in generate("ATSP", count, n, seed)])


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7, 11, 12, 30])
def test_every_answer_is_a_tour_from_0_with_its_own_length(n):
    matrices = np.random.default_rng(n).random((20, n, n))
    tours, lengths = solve_batch(matrices, iterations=50, seed=1)
    assert tours.dtype == np.int64
    assert (tours[:, 0] == 0).all()
    assert (np.sort(tours) == np.arange(n)).all()
    if n > 1:
        assert lengths == pytest.approx([_length(*each) for each in zip(matrices, tours, strict=True)])


@pytest.mark.parametrize(
    "costs",
    [
        np.zeros((9, 9)),  # every tour is as good
        np.ones((9, 9)),
        np.kron(np.arange(9.0).reshape(3, 3), np.ones((3, 3))),  # three places with three nodes each
        1e9 + np.arange(81.0).reshape(9, 9) % 7,  # differences near what rounding hides
        np.arange(100.0, 0.0, -1.0).reshape(10, 10),  # a diagonal larger than what stands beside it
    ],
)
def test_ties_and_rounding_do_not_keep_it_from_ending(costs):
    tour, length = search(costs, iterations=300, seed=0)
    assert sorted(tour) == list(range(len(costs)))
    assert length == pytest.approx(_length(costs, tour))


@pytest.mark.parametrize("n", [2, 3, 4, 5, 6, 7, 8])
def test_small_instances_are_solved_to_optimality(n):
    matrices = np.concatenate([_metric(4, n), np.random.default_rng(n).random((4, n, n))])
    _, lengths = solve_batch(matrices, iterations=300, seed=0)
    assert lengths == pytest.approx([_shortest(each) for each in matrices])


def test_an_instance_has_the_same_answer_alone_and_in_any_batch():
    matrices = _metric(5, 20)
    tours, lengths = solve_batch(matrices, iterations=40, seed=3)
    again, _ = solve_batch(matrices[:2], iterations=40, seed=3)
    assert (tours[:2] == again).all()
    alone, length = search(matrices[0], iterations=40, seed=3)
    assert (alone == tours[0]).all()
    assert length == lengths[0]


def test_kicks_are_drawn_from_the_seed():
    matrices = _metric(5, 40)
    one, two = (solve_batch(matrices, iterations=5, seed=seed)[0] for seed in (0, 1))
    assert (one != two).any()


def test_no_answer_is_longer_than_its_start():
    rng = np.random.default_rng(0)
    for costs in _metric(10, 15):
        start = rng.permutation(15)
        for iterations in (0, 1, 30):
            assert search(costs, iterations=iterations, seed=0, start=start)[1] <= _length(costs, start) + 1e-12


def test_an_optimal_start_stays():
    costs = _metric(1, 12)[0]
    best, length = search(costs, iterations=2_000, seed=0)
    assert search(costs, iterations=100, seed=5, start=best)[1] == length


def test_more_kicks_never_make_it_longer():
    costs = _metric(1, 60)[0]
    lengths = [search(costs, iterations=kicks, seed=0)[1] for kicks in (0, 10, 100, 1_000)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < lengths[0]


def test_the_limit_of_time_ends_a_search_without_iterations():
    tour, _ = search(_metric(1, 30)[0], seed=0, budget=Budget(0.05))
    assert sorted(tour) == list(range(30))


def test_a_search_that_is_told_to_stop_ends_with_what_it_has():
    told = []

    def report(rounds, length):
        told.append((rounds, length))
        if len(told) == 3:
            budget.stop()

    budget = Budget(None, report)
    costs = _metric(1, 30)[0]
    _, length = search(costs, seed=0, budget=budget)
    assert len(told) == 3
    assert [rounds for rounds, _ in told] == sorted({rounds for rounds, _ in told})
    assert length == pytest.approx(told[-1][1])


@pytest.mark.parametrize(("iterations", "told"), [(0, []), (7, [7]), (1_000, [1_000]), (1_250, [1_000, 1_250])])
def test_as_many_kicks_are_made_as_iterations_were_given(iterations, told):
    rounds = []
    search(_metric(1, 5)[0], iterations=iterations, seed=0, budget=Budget(None, lambda done, _: rounds.append(done)))
    assert rounds == told


def test_gains_that_rounding_may_make_are_not_counted(monkeypatch):
    least = []
    improve = asymmetric_moves.improve
    monkeypatch.setattr(
        asymmetric_moves, "improve", lambda s, epsilon, count: [least.append(epsilon), improve(s, epsilon, count)]
    )
    search(1e6 * _metric(1, 9)[0], iterations=1, seed=0)
    assert 1e-9 < max(least) < 1e-4
    assert len(set(least)) == 1


def test_a_budget_that_is_spent_returns_the_start():
    budget = Budget(None)
    budget.stop()
    costs = _metric(1, 30)[0]
    tour, length = search(costs, seed=0, budget=budget, start=np.arange(30)[::-1])
    assert tour.tolist() == [0, *range(29, 0, -1)]
    assert length == pytest.approx(_length(costs, tour))


def test_an_instance_of_tsplib_is_solved_to_its_optimum(data):
    costs = read_instance(data / "atsp" / "br17.atsp").distance_matrix()
    assert search(costs, iterations=2_000, seed=0)[1] == 39  # as the file says


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"costs": np.zeros((3, 4))}, InstanceError, "shape"),
        ({"costs": np.zeros((0, 0))}, InstanceError, "shape"),
        ({"costs": np.full((3, 3), np.nan)}, InstanceError, "NaN"),
        ({"costs": np.full((3, 3), -1.0)}, InstanceError, "at least 0"),
        ({"start": [0, 1, 1, 2]}, InstanceError, "permutation"),
        ({"start": [0, 1]}, InstanceError, "permutation"),
        ({"iterations": -1}, SettingError, "iterations"),
        ({"iterations": None}, SettingError, "budget"),
        ({"seed": -1}, SettingError, "seed"),
    ],
)
def test_wrong_arguments_are_named(arguments, error, words):
    given = {"costs": np.ones((4, 4)), "iterations": 1, "seed": 0} | arguments
    with pytest.raises(error, match=words):
        search(given.pop("costs"), **given)


def test_the_shape_that_is_needed_is_named():
    with pytest.raises(InstanceError, match=r"the shape \[n, n\] with n > 0, got \(3, 4\)"):
        search(np.zeros((3, 4)), iterations=1, seed=0)
    with pytest.raises(InstanceError, match=r"the shape \[K, n, n\] with n > 0, got \(4, 4\)"):
        solve_batch(np.zeros((4, 4)), iterations=1, seed=0)


def test_a_batch_may_be_empty():
    tours, lengths = solve_batch(np.zeros((0, 5, 5)), iterations=1, seed=0)
    assert tours.shape == (0, 5)
    assert lengths.shape == (0,)
