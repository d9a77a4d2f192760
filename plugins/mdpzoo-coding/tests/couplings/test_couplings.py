"""Greedy, best of three, exact, and the bounds between which they lie."""

import math

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_coding import (
    exact_coupling,
    greedy_coupling,
    majorisation_bound,
    minimum_entropy_coupling,
    profile_bound,
)

GUARANTEE = math.log2(math.e) / math.e  # Compton et al. 2023


def pairs(count, size, seed=0, law=1.0):
    generator = np.random.default_rng(seed)
    for _ in range(count):
        n, m = generator.integers(2, size + 1, size=2)
        yield generator.dirichlet(np.full(n, law)), generator.dirichlet(np.full(m, law))


def marginals(coupling, n, m):
    table = coupling.dense((n, m))
    return table.sum(1), table.sum(0)


def test_every_reference_entropy_is_met(references):
    for each in references["mec"]:
        p, q = each["p"], each["q"]
        assert greedy_coupling(p, q).entropy == pytest.approx(each["H_greedy"], abs=1e-9)
        assert exact_coupling(p, q).entropy == pytest.approx(each["H_opt"], abs=1e-9)
        assert majorisation_bound(p, q) == pytest.approx(each["lb_majorisation"], abs=1e-9)
        assert profile_bound(p, q) == pytest.approx(each["lb_profile"], abs=1e-9)


def test_greedy_pairs_come_in_the_order_of_the_references(references):
    for each in references["mec"]:
        found = greedy_coupling(each["p"], each["q"])
        columns = (found.rows.tolist(), found.columns.tolist(), found.masses.tolist())
        made = [list(entry) for entry in zip(*columns, strict=True)]
        if each["greedy_order_depends_on_rounding"]:
            assert sorted(m for *_, m in made) == pytest.approx(sorted(m for *_, m in each["greedy"]), abs=1e-12)
        else:
            assert made == each["greedy"]


def test_greedy_is_built_by_hand_as_in_the_paper():
    # .5 and .6 meet first: .5 at (0, 0), then .4 and .2 at (1, 1), .2 and .2 at (1, 2), and .1 remains at (2, 0)
    found = greedy_coupling([0.5, 0.4, 0.1], [0.6, 0.2, 0.2])
    assert list(zip(found.rows, found.columns, strict=True)) == [(0, 0), (1, 1), (1, 2), (2, 0)]
    assert found.masses == pytest.approx([0.5, 0.2, 0.2, 0.1])


def test_equal_masses_meet_the_lower_index_first():
    found = greedy_coupling(np.full(4, 0.25), np.full(4, 0.25))
    assert found.rows.tolist() == found.columns.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize("law", [0.3, 1.0])
def test_the_chain_of_inequalities_holds(law):
    # profile <= exact <= best of three <= greedy <= exact + log2(e) / e, and both marginals are exact
    for p, q in pairs(40, 4, law=law):
        greedy, best, exact = greedy_coupling(p, q), minimum_entropy_coupling(p, q), exact_coupling(p, q)
        assert profile_bound(p, q) <= exact.entropy + 1e-9
        assert majorisation_bound(p, q) <= profile_bound(p, q) + 1e-9
        assert exact.entropy <= best.entropy + 1e-9
        assert best.entropy <= greedy.entropy
        assert greedy.entropy <= exact.entropy + GUARANTEE
        for each in (greedy, best, exact):
            rows, columns = marginals(each, len(p), len(q))
            assert np.abs(rows - p).max() <= 1e-12
            assert np.abs(columns - q).max() <= 1e-12


def test_match_first_finds_what_greedy_misses():
    # .35 and .25 have equals on the other side; greedy splits .4 and .35 instead
    p, q = [0.4, 0.35, 0.25], [0.35, 0.25, 0.2, 0.2]
    assert greedy_coupling(p, q).entropy == pytest.approx(2.258871848, abs=1e-9)
    assert minimum_entropy_coupling(p, q).entropy == pytest.approx(1.958871848, abs=1e-9)


@pytest.mark.parametrize("couple", [greedy_coupling, minimum_entropy_coupling])
def test_integer_marginals_are_exact(couple):
    generator = np.random.default_rng(3)
    for size in (3, 40, 200):
        p = generator.multinomial(2**40, generator.dirichlet(np.ones(size)))
        q = generator.multinomial(2**40, generator.dirichlet(np.ones(size + 5)))
        found = couple(p, q)
        assert found.masses.dtype == np.int64
        rows, columns = marginals(found, size, size + 5)
        assert rows.tolist() == p.tolist()
        assert columns.tolist() == q.tolist()
        assert len(found.masses) <= 2 * size + 4


def test_a_distribution_coupled_with_itself_has_its_own_entropy():
    p = np.random.default_rng(0).dirichlet(np.ones(50))
    assert greedy_coupling(p, p).entropy == pytest.approx(-(p * np.log2(p)).sum(), abs=1e-12)


def test_one_atom_leaves_the_other_distribution():
    assert greedy_coupling([1.0], [0.3, 0.7]).entropy == pytest.approx(0.8812908992306927, abs=1e-12)


def test_masses_of_zero_get_no_entry():
    found = greedy_coupling([0.0, 0.5, 0.5, 0.0], [0.5, 0.0, 0.5])
    assert found.rows.tolist() == [1, 2]
    assert found.columns.tolist() == [0, 2]


def test_large_supports_need_no_dense_table():
    p = np.random.default_rng(1).dirichlet(np.ones(20_000))
    q = np.random.default_rng(2).dirichlet(np.ones(20_000))
    found = greedy_coupling(p, q)
    assert len(found.masses) < 40_000
    assert np.abs(np.bincount(found.rows, found.masses) - p).max() <= 1e-12
    assert np.abs(np.bincount(found.columns, found.masses) - q).max() <= 1e-12


@pytest.mark.parametrize(
    ("p", "q", "sentence"),
    [
        ([0.5, 0.6], [1.0], "sum to 1"),  # too much
        ([1.5, -0.5], [1.0], "not be negative"),
        ([math.nan, 1.0], [1.0], "not be negative, nor NaN"),
        ([[1.0]], [1.0], "one axis"),
        (["a"], [1.0], "expected probabilities"),
        ([3, 4], [6], "same positive sum"),  # integers of different sums
        ([-1, 2], [1], "whole numbers"),
    ],
)
def test_wrong_marginals_are_a_setting_error(p, q, sentence):
    with pytest.raises(SettingError, match=sentence):
        greedy_coupling(p, q)


def test_the_exact_search_says_how_much_it_can_take():
    with pytest.raises(SettingError, match="at most 10 positive masses together, got 11"):
        exact_coupling(np.full(5, 0.2), np.full(6, 1 / 6))
