"""Dynamic programming for the knapsack: proven optima of files, brute force, both ways of computing them."""

import itertools
import json

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import dominance, solve
from mdpzoo_combinatorial.instances import KnapsackInstance
from mdpzoo_combinatorial.local_search.budget import Budget


def most(instance):
    """The best value of all selections."""
    n, limit = instance.num_items, instance.capacity * (1 + 1e-12)
    chosen = (list(each) for k in range(n + 1) for each in itertools.combinations(range(n), k))
    return max(instance.values[each].sum() for each in chosen if instance.weights[each].sum() <= limit)


def drawn(seed, integral):
    draws = np.random.default_rng(seed)
    n = int(draws.integers(1, 11))
    if integral:
        values, weights = draws.integers(0, 30, (2, n)).astype(float)
        return KnapsackInstance("drawn", values, weights, float(draws.integers(0, 100)))
    return KnapsackInstance("drawn", draws.random(n), draws.random(n), n * draws.random() / 2)


def test_all_optima_of_the_data_folder_are_reached_and_proven(data):
    optima = json.loads((data / "knapsack/optima.json").read_text())
    for name, facts in optima.items():
        answer = solve(read_instance(data / f"knapsack/{name}.txt"), "dynamic-programming")
        assert (answer.objective, answer.proven_optimal) == (facts["optimum"], True), name


@pytest.mark.parametrize("integral", [True, False])
def test_no_selection_of_all_is_better(integral):
    for seed in range(150):
        instance = drawn(seed, integral)
        answer = solve(instance, "dynamic-programming")
        assert answer.proven_optimal
        assert answer.objective == pytest.approx(most(instance), abs=1e-12)
        assert solve(instance, "greedy-ratio").objective <= answer.objective + 1e-12


def test_the_table_agrees_with_the_lists(monkeypatch):
    classes = ("uncorrelated", "strongly-correlated", "subset-sum")
    instances = [each for kind in classes for each in generate("Knapsack", 3, 40, seed=1, distribution=kind)]
    instances += [drawn(seed, True) for seed in range(50)]
    by_lists = [solve(each, "dynamic-programming") for each in instances]
    monkeypatch.setattr(dominance, "LIST_NODES", -1)
    for instance, expected in zip(instances, by_lists, strict=True):
        answer = solve(instance, "dynamic-programming")
        assert (answer.objective, answer.proven_optimal) == (expected.objective, True)


def test_where_neither_fits_into_memory_it_says_so(monkeypatch):
    monkeypatch.setattr(dominance, "LIST_NODES", -1)
    monkeypatch.setattr(dominance, "MAX_LIST_NODES", -1)
    monkeypatch.setattr(dominance, "TABLE_BYTES", 10)
    instance = generate("Knapsack", 1, 30, seed=0)[0]
    with pytest.raises(SettingError, match=r"too hard for dynamic-programming \(a table takes .* GB\); use ortools"):
        solve(instance, "dynamic-programming")
    fractions = KnapsackInstance("f", instance.values / 7, instance.weights / 7, instance.capacity / 7)
    with pytest.raises(SettingError, match="weights are rounded"):
        solve(fractions, "dynamic-programming")


@pytest.mark.parametrize("nodes", [-1, 10**6])  # by the table, by the lists
def test_without_time_it_returns_a_selection_and_claims_nothing(monkeypatch, nodes):
    monkeypatch.setattr(dominance, "LIST_NODES", nodes)
    budget = Budget()
    budget.stop()
    answer = solve(generate("Knapsack", 1, 30, seed=0)[0], "dynamic-programming", budget=budget)
    assert not answer.proven_optimal


def test_values_near_the_largest_allowed_stay_exact():
    values = np.array([9e14, 9e14 - 1, 9e14 - 2, 3.0])
    answer = solve(KnapsackInstance("large", values, np.array([2, 2, 2, 1]), 5), "dynamic-programming")
    assert answer.solution == [0, 1, 3]
    assert answer.objective == 1_800_000_000_000_002


def test_items_without_weight_are_taken_and_items_without_value_or_too_heavy_are_not():
    instance = KnapsackInstance("edges", [5, 0, 7, 3], [0, 0, 11, 2], 10)
    assert solve(instance, "dynamic-programming").solution == [0, 3]
