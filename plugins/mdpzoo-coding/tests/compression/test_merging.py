"""The pieces of the encoders, against plain searches."""

import itertools

import numpy as np
import pytest

from mdpzoo_coding.compression.merging import ALONE, by_first_use, cheapest_pair, stopping_node, surprises


def loss(a, b):
    return a * np.log2(1 + b / a) + b * np.log2(1 + a / b)


@pytest.mark.parametrize("seed", range(20))
def test_two_pointers_find_the_cheapest_sufficient_pair(seed):
    generator = np.random.default_rng(seed)
    masses = np.sort(generator.dirichlet(np.ones(int(generator.integers(2, 12)))))[::-1].copy()
    head = int(generator.integers(1, len(masses)))
    classes = [masses[:head].sum(), *masses[head:]]
    needed = generator.uniform(0, 1.0)
    enough = [loss(a, b) for a, b in itertools.combinations(classes, 2) if loss(a, b) >= needed]
    found, i, j = cheapest_pair(masses, head, needed)
    if enough:
        assert found == pytest.approx(min(enough), abs=1e-12)
        assert loss(classes[i], classes[j]) == pytest.approx(found, abs=1e-12)
    else:
        assert (found, i) == (np.inf, ALONE)


@pytest.mark.parametrize(
    ("limit", "node"),
    [
        (1.60, (1, True)),  # .4, .3, {.2, .1}: 1.5710
        (1.50, (2, False)),  # which is too much here
        (1.40, (2, False)),  # {.4, .3}, .2, .1: 1.1568
        (0.90, (2, True)),  # {.4, .3}, {.2, .1}: .8813
        (0.50, (3, False)),  # {.4, .3, .2}, .1: .4690
        (0.30, (4, False)),
    ],
)
def test_the_node_of_four_masses(limit, node):
    masses = np.array([0.4, 0.3, 0.2, 0.1])
    heads, items = surprises(np.cumsum(masses)), surprises(masses)
    heads[-1] = 0.0
    assert stopping_node(heads, items, surprises(np.array([0.3]))[0], limit) == node


def test_surprises_of_nothing_are_nothing():
    assert surprises(np.array([0.0, 0.5, 1.0])).tolist() == [0.0, 0.5, 0.0]


def test_labels_are_numbered_in_the_order_of_first_use():
    labels, masses = np.array([4, 2, 4, 0, 2]), np.array([0.1, 0.0, 0.2, 0.3, 0.4])
    assert by_first_use(labels, masses).tolist() == [0, 0, 0, 1, 2]
    assert by_first_use(labels, np.ones(5)).tolist() == [0, 1, 0, 2, 1]
