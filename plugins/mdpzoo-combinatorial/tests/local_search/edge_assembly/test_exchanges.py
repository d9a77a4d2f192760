"""AB-cycles partition the difference of two tours; exchanges of them are tours, and are counted and undone exactly."""

import numpy as np
import pytest

from mdpzoo_combinatorial.local_search.edge_assembly.ab_cycles import divide
from mdpzoo_combinatorial.local_search.edge_assembly.exchanges import assemble
from mdpzoo_combinatorial.local_search.edge_assembly.generations import generation
from mdpzoo_combinatorial.local_search.edge_assembly.populations import create_population, follow, link, restore
from mdpzoo_combinatorial.local_search.kernels.neighbours import EMPTY, full_matrix, nearest

CASES = [(n, seed) for n in (8, 13, 40, 120) for seed in range(4)]


def _edges(tour):
    return {frozenset(pair) for pair in zip(tour.tolist(), np.roll(tour, -1).tolist(), strict=True)}


def _length(matrix, tour):
    return matrix[tour, np.roll(tour, -1)].sum()


def _similar_tours(rng, n, size):
    """Tours that share many edges: random reversals of parts of one."""
    first = rng.permutation(n)
    tours = [first]
    for _ in range(size - 1):
        tour = first.copy()
        for _ in range(4):
            low, high = np.sort(rng.integers(n, size=2))
            tour[low : high + 1] = tour[low : high + 1][::-1]
        tours.append(tour)
    return np.array(tours, np.int32)


def _population(n, seed, size=4, near=7):
    rng = np.random.default_rng(seed)
    matrix = full_matrix(rng.random((n, 2)))
    return create_population(matrix, nearest(EMPTY, matrix, near), _similar_tours(rng, n, size), seed, 0)


def _pair(population, tour, partner):
    """Prepares exchanges of a tour with a partner."""
    link(population.tours[tour], population.links)
    link(population.tours[partner], population.others)
    population.position[population.tours[tour]] = np.arange(population.tours.shape[1])
    divide(population)


def _cycles(population):
    bounds = population.first[: population.counts.cycles + 1]
    return [population.nodes[low:high].tolist() for low, high in zip(bounds, bounds[1:], strict=False)]


def _counted(population):
    frequencies = np.zeros_like(population.frequencies)
    for tour in population.tours:
        ends = np.roll(tour, -1)
        frequencies[tour, ends] += 1
        frequencies[ends, tour] += 1
    return frequencies


def _entropy(frequencies, size):
    shares = frequencies[frequencies > 0] / size
    return -0.5 * (shares * np.log(shares)).sum()


@pytest.mark.parametrize("related", [True, False])
@pytest.mark.parametrize(("n", "seed"), CASES)
def test_ab_cycles_alternate_and_contain_every_edge_of_one_tour_alone_once(n, seed, related):
    population = _population(n, seed)
    if not related:  # most nodes have two edges in either tour alone
        population.tours[1] = np.random.default_rng(100 + seed).permutation(n)
    _pair(population, 0, 1)
    a, b = (_edges(population.tours[k]) for k in (0, 1))
    found = {0: [], 1: []}
    for cycle in _cycles(population):
        assert len(cycle) % 2 == 0
        for k, node in enumerate(cycle):
            found[k % 2].append(frozenset((node, cycle[(k + 1) % len(cycle)])))
    assert len(found[0]) == len(set(found[0])) == len(found[1])
    assert set(found[0]) == a - b
    assert set(found[1]) == b - a


def test_equal_tours_have_no_ab_cycles_in_either_direction():
    population = _population(20, 0, size=2)
    population.tours[1] = np.roll(population.tours[0][::-1], 3)
    _pair(population, 0, 1)
    assert _cycles(population) == []


@pytest.mark.parametrize(("n", "seed"), CASES)
def test_an_exchange_gives_a_tour_whose_gain_and_frequencies_are_exact(n, seed):
    population = _population(n, seed)
    _pair(population, 0, 1)
    before, links = population.tours[0].copy(), population.links.copy()
    frequencies = population.frequencies.copy()
    for cycle in range(population.counts.cycles):
        if assemble(population, population.tours[0], cycle):
            follow(population.links, population.tours[0])
            tour = population.tours[0].copy()
            assert sorted(tour) == list(range(n))
            matrix = population.matrix
            assert population.counts.gain == pytest.approx(_length(matrix, before) - _length(matrix, tour))
            assert (population.frequencies == _counted(population)).all()
            change = _entropy(population.frequencies, 4) - _entropy(frequencies, 4)
            assert population.counts.entropy == pytest.approx(change)
        restore(population)
        population.tours[0] = before
        assert (population.links == links).all()
        assert (population.frequencies == frequencies).all()


def test_a_single_cycle_without_subtours_makes_the_tour_its_partner():
    population = _population(10, 0, size=2)
    population.tours[0] = np.arange(10)
    population.tours[1] = [0, 1, 4, 3, 2, 5, 6, 7, 8, 9]  # one 2-exchange
    _pair(population, 0, 1)
    assert [sorted(cycle) for cycle in _cycles(population)] == [[1, 2, 4, 5]]
    assert assemble(population, population.tours[0], 0)
    follow(population.links, population.tours[0])
    assert _edges(population.tours[0]) == _edges(population.tours[1])


def _with_cycle(places, near, nodes):
    """A population of one tour in the order of its nodes, prepared for one exchange."""
    matrix, tour = full_matrix(places), np.arange(len(places), dtype=np.int32)
    population = create_population(matrix, nearest(EMPTY, matrix, near), np.stack([tour, tour]), 0, 0)
    _pair(population, 0, 1)
    population.nodes[: len(nodes)], population.first[1], population.counts.cycles = nodes, len(nodes), 1
    return population


def test_subtours_are_connected_by_the_best_exchange():
    angles = np.linspace(0, 2 * np.pi, 12, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], 1)
    population = _with_cycle(circle, 6, [2, 3, 7, 8])  # closes 3..7 and 8..2, which are best joined as they were
    assert assemble(population, population.tours[0], 0)
    assert population.counts.gain == pytest.approx(0, abs=1e-12)
    follow(population.links, population.tours[0])
    assert _edges(population.tours[0]) == _edges(np.arange(12))


@pytest.mark.parametrize("near", [4, 12])
@pytest.mark.parametrize("seed", range(8))
def test_no_other_exchange_of_near_nodes_connects_a_subtour_at_less_cost(seed, near):
    population = _with_cycle(np.random.default_rng(seed).random((13, 2)), near, [2, 3, 7, 8])
    inside, outside = [3, 4, 5, 6, 7], [8, 9, 10, 11, 12, 0, 1, 2]  # the subtours
    beside = {
        node: (part[k - 1], part[(k + 1) % len(part)]) for part in (inside, outside) for k, node in enumerate(part)
    }
    matrix = population.matrix
    costs = [
        matrix[a, c] + matrix[b, d] - matrix[a, b] - matrix[c, d]
        for a in inside
        for c in population.neighbours[a]
        if c in outside
        for b in beside[a]
        for d in beside[c]
    ]
    removed = matrix[2, 3] + matrix[7, 8] - matrix[3, 7] - matrix[8, 2]
    assert assemble(population, population.tours[0], 0)
    assert population.counts.gain == pytest.approx(removed - min(costs))


def test_subtours_far_from_each_other_are_left_and_reported():
    near_origin, far_away = np.random.default_rng(0).random((2, 6, 2)) + [[[0, 0]], [[50, 50]]]
    population = _with_cycle(np.concatenate([near_origin, far_away]), 5, [5, 6, 11, 0])
    assert not assemble(population, population.tours[0], 0)
    restore(population)
    follow(population.links, population.tours[0])
    assert (population.tours[0] == np.arange(12)).all()


@pytest.mark.parametrize("n", [12, 60])
def test_generations_never_lengthen_a_tour_and_keep_count(n):
    population = _population(n, 3, size=10)
    order = np.append(np.arange(10), 0)
    for _ in range(6):
        before = population.lengths.copy()
        gain = generation(population, order, 30, 1e-12)
        assert (population.lengths <= before).all()
        assert gain == pytest.approx((before - population.lengths).sum())
        assert population.lengths == pytest.approx([_length(population.matrix, tour) for tour in population.tours])
        assert (np.sort(population.tours, 1) == np.arange(n)).all()
        assert (population.frequencies == _counted(population)).all()


def test_only_as_many_exchanges_are_tried_as_allowed():
    population = _population(120, 0, size=3)
    assert generation(population, np.array([0, 1]), 0, 1e-12) == 0.0
    assert generation(population, np.array([0, 1]), 30, np.inf) == 0.0
    assert generation(population, np.array([0, 1]), 30, 1e-12) > 0.0


def test_of_two_equal_gains_the_one_that_keeps_more_diversity_is_taken():
    square = np.array([[0, 0], [0, 1], [1, 1], [1, 0]], float)
    matrix = full_matrix(np.concatenate([square + [20 * k, 0] for k in range(4)]))
    straight, crossed = np.arange(16, dtype=np.int32), np.arange(16, dtype=np.int32)
    crossed[[1, 2, 9, 10]] = [2, 1, 10, 9]  # in the first and in the third square
    common = straight.copy()
    common[[9, 10]] = [10, 9]  # in the third square only: straight edges are rare there
    tours = np.stack([crossed, straight, common, common])
    population = create_population(matrix, nearest(EMPTY, matrix, 6), tours, 0, 0)
    generation(population, np.array([0, 1]), 30, 1e-12)
    rare = straight.copy()
    rare[[1, 2]] = [2, 1]
    assert _edges(population.tours[0]) == _edges(rare)
