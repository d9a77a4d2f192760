"""The compiled orders of pairs against plain ones."""

import numpy as np
import pytest

from mdpzoo_coding.couplings.integer_masses import apportioned, heaviest_first
from mdpzoo_coding.couplings.kernels import NEGATIVE, UNEQUAL, entropy_of, fault_of, greedy, greedy_few
from mdpzoo_coding.couplings.variants import by_pairs


def plain(p, q, pick):
    """Couples integer masses by a rule that picks a row and a column of what remains."""
    first, second = list(map(int, p)), list(map(int, q))
    made = []
    while any(first) and any(second):
        i, j = pick(first, second)
        mass = min(first[i], second[j])
        first[i] -= mass
        second[j] -= mass
        made.append((i, j, mass))
    return made


def largest(first, second):
    return first.index(max(first)), second.index(max(second))


def equal_first(first, second):
    equal = [(-a, i, j) for i, a in enumerate(first) for j, b in enumerate(second) if a and a == b]
    return min(equal)[1:] if equal else largest(first, second)


def nearest(first, second):
    pairs = [
        (abs(a - b), -min(a, b), i, j) for i, a in enumerate(first) for j, b in enumerate(second) if a > 0 and b > 0
    ]
    return min(pairs)[2:]


def drawn(seed, coarse):
    """Two lists of whole numbers with the same sum; coarse ones have many ties."""
    generator = np.random.default_rng(seed)
    total = 40 if coarse else 2**40
    sizes = generator.integers(1, 13, size=2)
    return [generator.multinomial(total, generator.dirichlet(np.ones(size))).astype(np.int64) for size in sizes]


def entries(found):
    return [tuple(map(int, entry)) for entry in zip(*found, strict=True)]


@pytest.mark.parametrize("coarse", [True, False])
@pytest.mark.parametrize("seed", range(15))
def test_every_order_is_the_plain_one(seed, coarse):
    p, q = drawn(seed, coarse)
    assert entries(greedy(p, q)) == plain(p, q, largest)
    assert entries(by_pairs(p, q, np.int64(0), False)) == plain(p, q, equal_first)
    assert entries(by_pairs(p, q, np.int64(0), True)) == plain(p, q, nearest)


@pytest.mark.parametrize("seed", range(5))
def test_large_heaps_keep_their_order(seed):
    generator = np.random.default_rng(seed)
    p, q = (generator.multinomial(3000, np.full(size, 1 / size)) for size in (400, 500))  # ties everywhere
    assert entries(greedy(p, q)) == plain(p, q, largest)


def test_close_floats_count_as_equal():
    rows, columns, masses = by_pairs(np.array([0.3, 0.7]), np.array([0.1 + 0.2, 0.7]), 1e-12, False)
    assert rows.tolist() == columns.tolist() == [1, 0]
    assert masses.tolist() == [0.7, 0.3]


def test_the_marginals_are_not_changed():
    p, q = drawn(0, False)
    before = p.copy(), q.copy()
    greedy(p, q)
    by_pairs(p, q, np.int64(0), True)
    assert (p == before[0]).all()
    assert (q == before[1]).all()


@pytest.mark.parametrize(
    ("p", "fault"),
    [([0.5, 0.5], 0), ([1.5, -0.5], NEGATIVE), ([np.nan, 1.0], NEGATIVE), ([0.5, 0.4], UNEQUAL), ([np.inf], UNEQUAL)],
)
def test_faults_are_found(p, fault):
    assert fault_of(np.array(p), np.array([1.0])) == fault


def test_entropies_do_not_need_the_sum_1():
    assert entropy_of(np.array([3.0, 3.0, 0.0])) == pytest.approx(1.0)
    assert entropy_of(np.array([5])) == 0.0
    assert entropy_of(np.zeros(2)) == 0.0


@pytest.mark.parametrize("seed", range(40))
def test_a_few_masses_meet_many_in_the_greedy_order(seed):
    generator = np.random.default_rng(seed)
    few, many = int(generator.integers(1, 6)), int(generator.integers(1, 60))
    # small numbers tie often, and some masses are zero
    p, q = (apportioned(generator.integers(0, 2 + seed, size=n) + np.eye(n, dtype=int)[0], 0) for n in (few, many))
    for found, expected in zip(greedy_few(p, q), greedy(p, q), strict=True):
        assert found.tolist() == expected.tolist()


def test_the_heaviest_masses_come_first_and_those_of_nothing_never():
    assert heaviest_first(np.array([3, 0, 2**40, 3, 4])).tolist() == [2, 4, 0, 3]
