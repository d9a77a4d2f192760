from itertools import permutations

import numpy as np
import pytest
import torch

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.bq_nco.states.batching import batch_of
from mdpzoo_combinatorial.bq_nco.training.shortest_paths import asymmetric_path, symmetric_path

PATHS = {"TSP": symmetric_path, "ATSP": asymmetric_path}


def costs_between(batch, row, node):
    if batch.costs is not None:
        return batch.costs[row].double().numpy()[np.ix_(node, node)]
    points = batch.coordinates[row].double()[torch.from_numpy(node)]
    return (points[:, None] - points).norm(dim=2).numpy()


def states(name, size, count):
    """States of the tours of random instances: node 3 is the origin, node 1 the destination."""
    batch = batch_of(generate(name, count, size, 8), exact=False)
    others = [each for each in range(size) if each not in (3, 1)]
    return batch, np.array([3, 1, *others])


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("size", [4, 5, 6, 7])
def test_a_small_path_is_the_shortest_of_all(name, size):
    batch, node = states(name, size, 12)
    for row in range(len(batch)):
        order, length = PATHS[name](batch, row, node, 0)
        costs = costs_between(batch, row, node)
        ways = [(0, *each, 1) for each in permutations(range(2, size))]
        shortest = min(sum(costs[a, b] for a, b in zip(way, way[1:], strict=False)) for way in ways)
        assert length == pytest.approx(shortest, abs=1e-12)
        assert (order[0], order[-1], sorted(order)) == (0, 1, list(range(size)))
        assert length == pytest.approx(costs[order[:-1], order[1:]].sum())


def shortest_path(costs):
    """The length of the shortest path from 0 to 1 through all nodes, by dynamic programming over sets."""
    count = len(costs) - 2
    inner = costs[2:, 2:]
    best = np.full((1 << count, count), np.inf)
    for node in range(count):
        best[1 << node, node] = costs[0, node + 2]
    for chosen in range(1, 1 << count):
        for node in range(count):
            if not chosen >> node & 1:
                reached = best[chosen] + inner[:, node]
                best[chosen | 1 << node, node] = min(best[chosen | 1 << node, node], reached.min())
    return (best[-1] + costs[2:, 1]).min()


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("size", [11, 12, 14])  # the largest of iterated local search, and populations
def test_a_path_is_as_short_as_by_dynamic_programming(name, size):
    batch, node = states(name, size, 3)
    for row in range(len(batch)):
        order, length = PATHS[name](batch, row, node, 0)
        assert sorted(order) == list(range(size))
        assert length == pytest.approx(shortest_path(costs_between(batch, row, node)), abs=1e-9)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.parametrize("size", [2, 3])
def test_a_path_without_a_choice_goes_through_its_nodes(name, size):
    batch, node = states(name, 5, 1)
    node = node[:size]
    order, length = PATHS[name](batch, 0, node, 0)
    assert list(order) == [0, 2, 1][:: 1 if size == 3 else 2]
    costs = costs_between(batch, 0, node)
    assert length == pytest.approx(costs[0, 1] if size == 2 else costs[0, 2] + costs[2, 1])


@pytest.mark.parametrize("name", PATHS)
def test_a_closed_path_is_a_tour(name):
    instance = generate(name, 1, 16, 4)[0]
    batch = batch_of([instance], exact=False)
    order, length = PATHS[name](batch, 0, np.array([0, 0, *range(1, 16)]), 0)
    tour = [0, *(order[1:-1] - 1).tolist()]  # the tokens after both ends are nodes 1 to 15
    unit = 1.0 if batch.unit is None else float(batch.unit[0])
    assert instance.objective(tour) == pytest.approx(length * unit, rel=1e-6)


@pytest.mark.parametrize("name", PATHS)
def test_a_seed_gives_one_path(name):
    batch, node = states(name, 40, 1)
    once, again = (PATHS[name](batch, 0, node, 5) for _ in range(2))
    assert once[1] == again[1]
    np.testing.assert_array_equal(once[0], again[0])


@pytest.mark.parametrize(
    ("name", "most"),
    [
        ("TSP", 1.001),  # against a population of a hundred
        ("ATSP", 1.01),
    ],
)
def test_a_large_path_is_hardly_longer_than_that_of_a_large_population(name, most, monkeypatch):
    batch, node = states(name, 60, 6)
    short = np.array([PATHS[name](batch, row, node, 0)[1] for row in range(6)])
    monkeypatch.setattr("mdpzoo_combinatorial.bq_nco.training.shortest_paths.SYMMETRIC", 100)
    monkeypatch.setattr("mdpzoo_combinatorial.bq_nco.training.shortest_paths.ASYMMETRIC", 100)
    best = np.array([PATHS[name](batch, row, node, 1)[1] for row in range(6)])
    assert (short / best).mean() < most
