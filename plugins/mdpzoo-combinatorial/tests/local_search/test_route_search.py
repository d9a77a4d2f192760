"""Ruin and recreate on routes: legal, never worse than its start, the best of all where all can be tried."""

import functools
import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.instances import CVRPInstance
from mdpzoo_combinatorial.local_search import route_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.route_search import search, solve_batch
from mdpzoo_combinatorial.local_search.route_state import create_search, savings_routes
from mdpzoo_combinatorial.local_search.string_removals import COLD, HOT, anneal


def drawn(seed):
    """Costs, demands and a capacity of up to 30 customers; asymmetric, equal, zero and rounded ones among them."""
    draws = np.random.default_rng(seed)
    n = 1 + int(draws.integers(1, 31 if seed % 2 else 6))
    places = draws.integers(0, 4, (n, 2)).astype(float) if seed % 3 else draws.random((n, 2))
    costs = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
    if seed % 5 == 1:  # no triangle inequality either
        costs = draws.integers(0, 9, (n, n)).astype(float) * (1 - np.eye(n))
    if seed % 11 == 2:
        costs[:] = 0
    demands = np.append(0, draws.integers(0, 10, n - 1))
    if seed % 7 == 3:
        demands[1:] = 9  # every route has one customer
    return costs, demands, int(draws.integers(9, 30)) if seed % 7 != 3 else 9


def cost_of(costs, routes):
    return sum(costs[a, b] for route in routes for a, b in itertools.pairwise([0, *route, 0]))


def is_solution(routes, demands, capacity):
    everyone = sorted(itertools.chain.from_iterable(routes)) == list(range(1, len(demands)))
    return everyone and all(len(route) and demands[route].sum() <= capacity for route in routes)


def cheapest(costs, demands, capacity):
    """The cost of the best routes, by trying every order of every set of customers that one vehicle can serve."""
    customers = range(1, len(demands))
    sets = [frozenset(each) for k in customers for each in itertools.combinations(customers, k)]
    fitting = [each for each in sets if demands[list(each)].sum() <= capacity]
    alone = {each: min(cost_of(costs, [order]) for order in itertools.permutations(each)) for each in fitting}

    @functools.cache
    def best(left):
        if not left:
            return 0.0
        first = min(left)
        return min(alone[each] + best(left - each) for each in fitting if first in each and each <= left)

    return best(frozenset(customers))


def routes_of(sequence):
    """The routes that actions ``2 * customer + via_depot`` make."""
    routes = []
    for k, action in enumerate(sequence.tolist()):
        if k == 0 or action % 2:
            routes.append([])
        routes[-1].append(action // 2)
    return routes


def batch(count, size, seed):
    instances = generate("CVRP", count, size, seed=seed)
    places = np.stack([each.coordinates for each in instances])
    return instances, (places, np.stack([each.demands for each in instances]), [each.capacity for each in instances])


def test_every_answer_is_a_solution_and_costs_what_is_told():
    for seed in range(120):
        costs, demands, capacity = drawn(seed)
        routes, cost = search(costs, demands, capacity, iterations=200, seed=seed)
        assert is_solution(routes, demands, capacity), seed
        assert cost == pytest.approx(cost_of(costs, routes)), seed


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 6, 7])
def test_search_finds_the_best_routes_of_a_few_customers(n):
    for seed in range(8):
        draws = np.random.default_rng([n, seed])
        costs = draws.random((n + 1, n + 1))
        if seed % 2:
            places = draws.random((n + 1, 2))
            costs = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        demands = np.append(0, draws.integers(1, 10, n))
        _, cost = search(costs, demands, 15, iterations=3_000, seed=seed)
        assert cost == pytest.approx(cheapest(costs, demands, 15), abs=1e-12)


def test_search_never_returns_worse_routes_than_it_was_given():
    for seed in range(40):
        costs, demands, capacity = drawn(seed)
        start = [[node] for node in range(1, len(demands))]
        for iterations in (0, 1, 50, 300):  # its own answer is the hardest start
            before = cost_of(costs, start)
            start, cost = search(costs, demands, capacity, iterations=iterations, seed=seed, start=start)
            assert is_solution(start, demands, capacity)
            assert cost <= before + 1e-12


def test_a_start_may_have_full_routes():
    assert search(np.ones((3, 3)), [0, 3, 2], 5, iterations=0, seed=0, start=[[1, 2]]) == ([[1, 2]], 3.0)


def test_the_temperature_falls_twice_within_the_time(monkeypatch):
    """By a clock that advances one second whenever it is read, for a search of a hundred seconds."""
    temperatures = []
    monkeypatch.setattr(route_search, "time", SimpleNamespace(monotonic=itertools.count().__next__))
    monkeypatch.setattr(route_search, "anneal", lambda s, first, last, total, hot, cold: temperatures.append(hot))
    (instance,) = generate("CVRP", 1, 10, seed=0)
    search(instance.distance_matrix(), instance.demands, instance.capacity, seed=0, budget=Budget(100))
    hot, *temperatures = temperatures[1:]  # the first call only compiles
    assert len(temperatures) == 99
    steps = np.log(np.array([hot, *temperatures]) / hot) / np.log(HOT / COLD)
    falling = -np.array([second / 10 if second < 10 else (second - 10) / 90 for second in range(100)])
    np.testing.assert_allclose(steps, falling, atol=1e-3)


def test_time_is_checked_after_as_many_iterations_as_take_a_hundredth_of_a_second(monkeypatch):
    seconds, pieces = [0.0], []

    def anneal(s, first, last, *rest):
        pieces.append(last - first)
        seconds[0] += 1e-6 * (last - first)  # a million iterations a second

    monkeypatch.setattr(route_search, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    monkeypatch.setattr(route_search, "anneal", anneal)
    (instance,) = generate("CVRP", 1, 10, seed=0)
    search(instance.distance_matrix(), instance.demands, instance.capacity, seed=0, budget=Budget(10.0))
    assert pieces[1:7] == [256, 512, 1_024, 2_048, 4_096, 8_192]  # the first call only compiles
    assert set(pieces[7:]) <= {9_999, 10_000, 10_001}


def test_without_iterations_the_answer_is_that_of_savings():
    for instance in generate("CVRP", 5, 60, seed=1):
        _, cost = search(instance.distance_matrix(), instance.demands, instance.capacity, iterations=0, seed=0)
        assert cost == pytest.approx(solve(instance, "savings").objective)


def test_what_the_search_keeps_in_its_arrays_stays_true():
    for seed in range(40):
        costs, demands, capacity = drawn(seed)
        n = len(demands)
        near = np.tile(np.arange(n, dtype=np.int32), (n, 1))
        back = np.ascontiguousarray(costs.T)
        flat, sizes = savings_routes(costs, back, demands, capacity, near)
        s = create_search(costs, back, demands, capacity, near, flat, sizes, seed, 0)
        for first in range(0, 1_024, 256):
            anneal(s, first, first + 256, 1_024, 1.0, 0.01)
            rows = [s.order[r, 1 : s.routes["size"][r] + 1] for r in range(s.progress.rows)]
            assert is_solution([row.tolist() for row in rows], demands, capacity)
            assert s.progress.cost == pytest.approx(cost_of(costs, rows), abs=1e-9)
            assert not s.routes["touched"].any()
            for r, row in enumerate(rows):
                assert (s.customers["route"][row] == r).all()
                assert s.routes["load"][r] == demands[row].sum()
                stops = [0, *row, 0]
                np.testing.assert_array_equal(s.edges[r, : len(row) + 1], costs[stops[:-1], stops[1:]])


def test_one_seed_gives_one_answer_alone_and_in_a_batch_of_any_size():
    instances, (places, demands, capacities) = batch(4, 40, seed=5)
    sequences, costs = solve_batch(places, demands, capacities, iterations=600, seed=7)
    fewer = solve_batch(places[:2], demands[:2], capacities[:2], iterations=600, seed=7)
    np.testing.assert_array_equal(sequences[:2], fewer[0])
    np.testing.assert_array_equal(costs[:2], fewer[1])
    matrix = instances[0].distance_matrix()
    for budget in (None, Budget(600)):  # looking at the clock changes nothing
        alone = search(matrix, demands[0], capacities[0], iterations=600, seed=7, budget=budget)
        assert alone[0] == routes_of(sequences[0])
        assert alone[1] == pytest.approx(costs[0])
    others = [solve_batch(places, demands, capacities, iterations=600, seed=seed)[0] for seed in range(4)]
    assert any((each != others[0]).any() for each in others)


@pytest.mark.parametrize("size", [1, 2, 7, 50])
def test_a_batch_is_labelled_by_actions_whose_objective_is_the_cost(size):
    instances, arrays = batch(6, size, seed=size)
    sequences, costs = solve_batch(*arrays, iterations=300, seed=1)
    assert sequences.shape == (6, size)
    assert (sequences[:, 0] % 2 == 0).all()
    for instance, sequence, cost in zip(instances, sequences, costs, strict=True):
        assert instance.objective(routes_of(sequence)) == pytest.approx(cost)


def test_search_of_a_hundred_customers_is_well_below_savings_and_more_iterations_are_better():
    _, arrays = batch(8, 100, seed=9)
    means = [solve_batch(*arrays, iterations=iterations, seed=0)[1].mean() for iterations in (0, 2_000, 20_000)]
    # savings are 5 to 7 % above the optimum
    assert means[2] < means[1] < means[0]
    assert means[2] < 0.96 * means[0]


def test_a_search_whose_time_is_up_returns_its_start():
    instance = generate("CVRP", 1, 30, seed=1)[0]
    budget = Budget()
    budget.stop()
    for iterations in (None, 10**12):
        costs, start = instance.distance_matrix(), [[node] for node in range(1, 31)]
        arguments = {"iterations": iterations, "seed": 0, "budget": budget, "start": start}
        assert search(costs, instance.demands, instance.capacity, **arguments)[0] == start


@pytest.mark.parametrize("iterations", [None, 10**12])
def test_a_search_reports_ever_better_routes_and_ends_when_told(iterations):
    instance, told = generate("CVRP", 1, 60, seed=2)[0], []

    def report(rounds, cost):
        told.append((rounds, cost))
        if len(told) == 20:
            budget.stop()

    budget = Budget(3_600, report)
    arguments = {"iterations": iterations, "seed": 0, "budget": budget}
    _, cost = search(instance.distance_matrix(), instance.demands, instance.capacity, **arguments)
    assert len(told) == 20
    assert [rounds for rounds, _ in told] == sorted({rounds for rounds, _ in told})
    assert [worth for _, worth in told] == sorted((worth for _, worth in told), reverse=True)
    assert cost == pytest.approx(told[-1][1])


def test_a_short_time_limit_ends_the_search():
    instance = generate("CVRP", 1, 200, seed=3)[0]
    answer = solve(instance, "iterated-local-search", seconds=0.5)
    assert answer.objective < solve(instance, "savings").objective


def test_integer_distances_are_searched_as_they_are():
    places = np.round(100 * np.random.default_rng(0).random((40, 2)))
    instance = CVRPInstance("rounded", np.append(0, np.full(39, 3)), 20, places, "EUC_2D")
    routes, cost = search(instance.distance_matrix(), instance.demands, 20, iterations=2_000, seed=0)
    assert instance.objective(routes) == cost
    assert cost == int(cost)


@pytest.mark.parametrize(("wrong", "told"), [
    ({"costs": np.zeros((3, 2))}, "shape"),  # coordinates are no costs
    ({"costs": [[0, np.nan, 1], [1, 0, 1], [1, 1, 0]]}, "NaN"),
    ({"costs": [[0, -1, 1], [1, 0, 1], [1, 1, 0]]}, "costs must lie"),
    ({"demands": [0, 1]}, r"shape \(3,\)"),
    ({"demands": [0, 1, 6]}, "capacity"),  # more than a vehicle holds
    ({"demands": [1, 1, 1]}, "depot"),
    ({"demands": [0, 1, -1]}, r"demands must lie in 0\.\.5"),
    ({"demands": [0, 1, 1.5]}, "integers"),
    ({"start": [[1]]}, "visit each"),  # customer 2 is left out
    ({"start": [[1, 2, 2]]}, "visit each"),
    ({"start": [[1, 2]], "demands": [0, 3, 3]}, "exceeds the capacity"),
])  # fmt: skip
def test_what_is_no_instance_or_no_start_is_an_error(wrong, told):
    right = {"costs": np.ones((3, 3)), "demands": [0, 1, 1], "capacity": 5, "iterations": 1, "seed": 0}
    with pytest.raises(InstanceError, match=told):
        search(**{**right, **wrong})


def test_settings_and_batches_out_of_range_are_errors():
    costs, places = np.ones((3, 3)), np.zeros((2, 3, 2))
    with pytest.raises(SettingError, match="iterations"):
        search(costs, [0, 1, 1], 5, iterations=-1, seed=0)
    with pytest.raises(SettingError, match="seed"):
        solve_batch(places, [[0, 1, 1]] * 2, [5, 5], iterations=1, seed=-1)
    with pytest.raises(InstanceError, match="demands must be"):
        solve_batch(places, [[0, 1, 1]], [5, 5], iterations=1, seed=0)
    with pytest.raises(InstanceError, match="coordinates"):
        solve_batch(places[0], [[0, 1, 1]] * 2, [5, 5], iterations=1, seed=0)
    with pytest.raises(InstanceError, match="n > 1"):
        solve_batch(places[:, :1], [[0]] * 2, [5, 5], iterations=1, seed=0)  # the depot alone
