"""Populations of tours: known optima, both kinds of costs, the time limit, and what is told on the way."""

import json
from itertools import pairwise

import numpy as np
import pytest

from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.local_search.edge_assembly.local_optima import AsymmetricOptima, SymmetricOptima
from mdpzoo_combinatorial.local_search.edge_assembly.population_search import FIRST, LARGEST, search
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, full_matrix, in_quadrants


class Reports(Budget):
    """A budget without a time limit that stops the search after some reports."""

    def __init__(self, count):
        super().__init__(None, self._note)
        self.count, self.told = count, []

    def _note(self, rounds, length):
        self.told.append((rounds, length))
        if len(self.told) == self.count:
            self.stop()


def _costs(n, seed=0):
    return generate("ATSP", 1, n, seed=seed)[0].distance_matrix().astype(float)


def _length(costs, order):
    return costs[order, np.roll(order, -1)].sum()


@pytest.mark.parametrize("name", ["berlin52", "bier127", "gr120", "si175", "kroA200"])
def test_instances_of_tsplib_are_solved_to_their_optimum(data, name):
    instance = read_instance(data / "tsplib" / f"{name}.tsp")
    optimum = json.loads((data / "tsplib/optima.json").read_text())[name]["optimum"]
    places = EMPTY if instance.coordinates is None else instance.coordinates
    matrix = np.ascontiguousarray(instance.distance_matrix(), np.float64)
    order, length = search(SymmetricOptima(matrix, places), seed=0, budget=Reports(800))
    assert sorted(order) == list(range(len(matrix)))
    assert length == _length(matrix, order) == optimum


def test_asymmetric_instances_are_solved_to_their_optimum(data):
    costs = read_instance(data / "atsp" / "br17.atsp").distance_matrix().astype(float)
    order, length = search(AsymmetricOptima(costs), seed=0, budget=Reports(100))
    assert sorted(order) == list(range(17))
    assert length == _length(costs * (1 - np.eye(17)), order) == 39  # as the file says


def test_asymmetric_instances_of_fifty_nodes_reach_lkh(data):
    with np.load(data / "random/atsp50_lkh_8.npz") as facts:
        for costs, known in zip(facts["distances"].astype(float), facts["lengths"].astype(float), strict=True):
            assert search(AsymmetricOptima(costs), seed=1, budget=Reports(400))[1] <= known * (1 + 1e-6)


def test_equal_seeds_give_equal_searches_and_others_do_not():
    matrix = full_matrix(np.random.default_rng(0).random((150, 2)))
    told = []
    for seed in (3, 3, 4):
        budget = Reports(80)
        search(SymmetricOptima(matrix), seed=seed, budget=budget)
        told.append(budget.told)
    assert told[0] == told[1] != told[2]


def test_reports_never_become_worse_and_are_numbered():
    budget = Reports(3 * FIRST)
    order, length = search(AsymmetricOptima(_costs(40)), seed=0, budget=budget)
    assert [rounds for rounds, _ in budget.told] == list(range(1, 3 * FIRST + 1))
    assert all(after <= before for (_, before), (_, after) in pairwise(budget.told))
    assert budget.told[-1][1] == length == pytest.approx(_length(_costs(40), order))


def test_populations_grow_up_to_the_largest(monkeypatch):
    sizes = []
    module = "mdpzoo_combinatorial.local_search.edge_assembly.population_search"
    monkeypatch.setattr(f"{module}.LARGEST", 150)
    monkeypatch.setattr(f"{module}.AGREEING", 9)

    def one_generation(population, order, offspring, epsilon):
        sizes.append(len(population.tours))
        if len(sizes) == 5 + 10 + 15 + 15:  # generations of ten tours each
            budget.stop()
        return 0.0

    monkeypatch.setattr(f"{module}.generation", one_generation)
    budget = Budget()
    search(AsymmetricOptima(_costs(12)), seed=0, budget=budget)
    assert sorted(set(sizes)) == [50, 100, 150]
    assert sizes.count(150) == 30
    assert LARGEST > 150


def test_a_time_limit_ends_the_search():
    budget = Budget(0.3)
    order, _ = search(SymmetricOptima(full_matrix(np.random.default_rng(1).random((300, 2)))), seed=0, budget=budget)
    assert sorted(order) == list(range(300))
    assert budget.began
    assert budget.spent


@pytest.mark.parametrize(
    ("lengths", "populations"),
    [
        ([5.0, 5.0, 5.0, 5.0], 4),
        ([5.0, 6.0, 5.0, 7.0, 5.0, 5.0], 6),  # a worse population does not count
        ([5.0, 5.0, 5.0, 4.0, 4.0, 5.0, 4.0, 4.0], 8),  # a better one begins anew
        ([9.0, 8.0, 8.0, 8.0, 8.0], 5),
    ],
)
def test_a_search_ends_when_four_populations_have_found_the_shortest_length(lengths, populations, monkeypatch):
    optima, found = SymmetricOptima(full_matrix(np.random.default_rng(2).random((12, 2)))), []

    def improve(self, size):
        found.append(lengths[len(found)])
        self.length = min([10.0, *found])
        return found[-1]

    module = "mdpzoo_combinatorial.local_search.edge_assembly.population_search"
    monkeypatch.setattr(f"{module}._Rounds.improve", improve)
    search(optima, seed=0, budget=Budget())
    assert len(found) == populations


def test_a_small_search_needs_no_time_limit_and_its_result_does_not_depend_on_it():
    optima = SymmetricOptima(full_matrix(np.random.default_rng(5).random((40, 2))))
    once, again = (search(optima, seed=3, budget=each) for each in (Budget(), Budget(60.0)))
    assert once[0].tolist() == again[0].tolist()


class _Slow(SymmetricOptima):
    """Descents that take too long for a population."""

    def draw(self, rng, budget):
        budget.used_up = budget.used + 0.02
        while budget.used < budget.used_up:
            pass
        return super().draw(rng, budget)

    def iterate(self, seed, budget):
        self.iterated = True
        return super().iterate(seed, budget)


def test_too_little_time_for_a_population_goes_to_iterated_local_search():
    optima = _Slow(full_matrix(np.random.default_rng(1).random((60, 2))))
    order, length = search(optima, seed=0, budget=Budget(0.5))
    assert optima.iterated
    assert length == pytest.approx(_length(optima.matrix, order))


@pytest.mark.parametrize("kind", ["symmetric", "asymmetric"])
def test_a_spent_budget_returns_a_tour(kind):
    optima = SymmetricOptima(full_matrix(np.random.default_rng(0).random((30, 2))))
    budget = Budget()
    budget.stop()
    order, _ = search(optima if kind == "symmetric" else AsymmetricOptima(_costs(30)), seed=0, budget=budget)
    assert sorted(order) == list(range(30))


@pytest.mark.parametrize(
    "costs",
    [np.zeros((12, 12)), np.ones((12, 12)), np.kron(np.arange(9.0).reshape(3, 3), np.ones((5, 5)))],
    ids=["zeros", "ones", "three places"],
)
def test_ties_do_not_keep_a_population_from_ending(costs):
    order, length = search(AsymmetricOptima(costs), seed=0, budget=Reports(200))
    assert length == _length(costs * (1 - np.eye(len(costs))), order)
    both = np.maximum(costs, costs.T) * (1 - np.eye(len(costs)))
    order, length = search(SymmetricOptima(both), seed=0, budget=Reports(200))
    assert length == _length(both, order)


def test_a_tour_of_pairs_gives_the_order_of_its_nodes_in_both_directions():
    costs = _costs(12)
    optima = AsymmetricOptima(costs)
    order = np.random.default_rng(0).permutation(12)
    tour = np.stack([order, order + 12], 1).reshape(-1).astype(np.int32)
    for turn in range(24):
        for each in (np.roll(tour, turn), np.roll(tour, turn)[::-1]):
            found = optima.order(each)
            assert np.roll(found, -int(np.flatnonzero(found == order[0])[0])).tolist() == order.tolist()
            assert optima.length(each) == pytest.approx(_length(costs, order))
    own = _length(optima.matrix, tour)
    assert own == pytest.approx(_length(costs, order) + 12 * optima.matrix[0, 12])


def test_candidates_lie_in_all_quadrants_and_are_sorted():
    east, west = np.random.default_rng(0).random((20, 2)), np.random.default_rng(1).random((20, 2)) - [9, 0]
    places = np.concatenate([east, west])
    matrix = full_matrix(places)
    near = in_quadrants(places, matrix, 2)
    assert near.shape == (40, 8)
    for node, row in enumerate(near):
        assert len({*row.tolist(), node}) == 9
        distances = matrix[node, row]
        assert (np.diff(distances) >= 0).all()
        quadrant = 2 * (places[:, 0] >= places[node, 0]) + (places[:, 1] >= places[node, 1])
        wanted = []
        for k in range(4):
            inside = [other for other in np.argsort(matrix[node]) if other != node and quadrant[other] == k]
            wanted += inside[:2]
        others = [other for other in np.argsort(matrix[node]) if other != node and other not in wanted]
        assert set(row.tolist()) == {*wanted, *others[: 8 - len(wanted)]}
