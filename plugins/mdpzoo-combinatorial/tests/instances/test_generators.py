"""Random instances: seeded, of the distributions that they name."""

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.instances import distributions
from mdpzoo_combinatorial.instances.distributions import CLASSES, PRIZES

ALL = ("TSP", "ATSP", "CVRP", "OP", "Knapsack")


def arrays(instance):
    return [value for value in vars(instance).values() if isinstance(value, np.ndarray)]


@pytest.mark.parametrize("problem", ALL)
def test_a_seed_fixes_the_instances_and_a_larger_count_begins_with_the_same(problem):
    few, many, others = (generate(problem, count, 9, seed) for count, seed in ((2, 4), (5, 4), (2, 5)))
    for a, b, c in zip(few, many, others, strict=False):
        assert a.problem == problem
        for x, y in zip(arrays(a), arrays(b), strict=True):
            np.testing.assert_array_equal(x, y)
        assert any((x != z).any() for x, z in zip(arrays(a), arrays(c), strict=True))
    assert generate(problem, 0, 9, 0) == []
    assert len({instance.name for instance in many}) == 5


def test_uniform_tours_are_what_they_were_when_this_was_the_only_generator():
    points = np.random.default_rng(np.random.SeedSequence(4)).random((3, 20, 2))
    for instance, expected in zip(generate("TSP", 3, 20, 4), points, strict=True):
        np.testing.assert_array_equal(instance.coordinates, expected)


@pytest.mark.parametrize("problem", ["tsp", "CVRP", "op", "knapsack", "aTSP"])
def test_the_case_of_a_problem_does_not_matter(problem):
    assert generate(problem, 1, 5, 0)[0].problem.lower() == problem.lower()


@pytest.mark.parametrize("size", [1, 2, 300])
@pytest.mark.parametrize("problem", ALL)
def test_size_counts_nodes_of_tours_and_customers_or_items_of_the_others(problem, size):
    instance = generate(problem, 1, size, 0)[0]
    counted = {"CVRP": "num_customers", "OP": "num_customers", "Knapsack": "num_items"}.get(problem, "num_nodes")
    assert getattr(instance, counted) == size


def test_one_way_costs_obey_the_triangle_inequality_and_are_not_symmetric():
    matrix = generate("ATSP", 1, 30, 0)[0].matrix
    assert (matrix[:, None, :] <= matrix[:, :, None] + matrix[None] + 1e-12).all()
    assert (matrix != matrix.T).any()
    assert 0 <= matrix.min() <= matrix.max() <= 1


@pytest.mark.parametrize(("size", "capacity"), [(10, 20), (20, 30), (50, 40), (100, 50), (101, 80), (1_000, 250)])
def test_capacities_follow_the_number_of_customers_and_demands_are_digits(size, capacity):
    instance = generate("CVRP", 1, size, 0)[0]
    assert instance.capacity == capacity
    assert set(instance.demands[1:]) <= set(range(1, 10))
    assert generate("CVRP", 1, size, 0, capacity=99)[0].capacity == 99


@pytest.mark.parametrize("prizes", PRIZES)
def test_prizes_are_multiples_of_a_hundredth_and_the_depot_has_none(prizes):
    instance = generate("OP", 1, 50, 0, prizes=prizes)[0]
    assert (instance.limit, instance.prizes[0]) == (3.0, 0)
    hundreds = 100 * instance.prizes[1:]
    np.testing.assert_allclose(hundreds, hundreds.round(), atol=1e-9)
    assert 0.01 <= instance.prizes[1:].min() <= instance.prizes[1:].max() <= 1
    if prizes == "distance":  # the farther the more
        order = np.argsort(instance.distance(0, np.arange(1, 51)))
        assert (np.diff(instance.prizes[1:][order]) >= 0).all()
        assert instance.prizes.max() == 1


def test_prizes_by_distance_are_the_least_where_all_customers_lie_at_the_depot():
    assert (distributions.prizes(np, "distance", np.zeros((2, 3)), np.zeros((2, 3))) == 0.01).all()


@pytest.mark.parametrize("kind", CLASSES)
def test_items_of_every_class_are_integers_of_which_a_part_fits(kind):
    for instance in generate("Knapsack", 20, 100, 0, distribution=kind):
        assert instance.integral
        assert instance.values.min() >= 1
        assert 0 < instance.capacity < instance.weights.sum()


def test_classes_of_items_correlate_as_they_say():
    def items(kind):
        instance = generate("Knapsack", 1, 500, 0, distribution=kind)[0]
        return instance.values, instance.weights

    values, weights = items("strongly-correlated")
    np.testing.assert_array_equal(values, weights + 100)  # R / 10
    values, weights = items("inverse-strongly-correlated")
    np.testing.assert_array_equal(weights, values + 100)
    values, weights = items("subset-sum")
    np.testing.assert_array_equal(values, weights)
    values, weights = items("weakly-correlated")
    assert np.abs(values - weights).max() <= 100
    values, weights = items("almost-strongly-correlated")
    assert np.abs(values - weights - 100).max() <= 2  # R / 500
    values, weights = items("similar-weights")
    assert 100_000 <= weights.min() <= weights.max() <= 100_100


def test_clustered_places_are_nearer_to_their_neighbours_than_uniform_ones():
    def nearest(distribution):
        instances = generate("TSP", 20, 200, 0, distribution=distribution)
        return np.mean([np.sort(each.distance_matrix(), 1)[:, 1].mean() for each in instances])

    assert nearest("clustered") < 0.7 * nearest("uniform")
    points = generate("CVRP", 1, 500, 0, distribution="clustered")[0].coordinates
    assert 0 <= points.min() <= points.max() <= 1


@pytest.mark.parametrize(("problem", "options", "message"), [
    ("TSP", {"distribution": "clusterd"}, "Did you mean 'clustered'"),
    ("TSP", {"capacity": 5}, "unknown option 'capacity' of TSP"),
    ("ATSP", {"distribution": "uniform"}, "Known: none"),
    ("CVRP", {"capacity": 8}, "at least 9, got 8"),  # a demand may be 9
    ("CVRP", {"capacity": 9.5}, "an integer, got 9.5"),
    ("CVRP", {"capactiy": 9}, "Did you mean 'capacity'"),
    ("OP", {"prizes": "const"}, "Did you mean 'constant'"),
    ("OP", {"limit": -1}, "at least 0, got -1"),
    ("OP", {"limit": "far"}, "got 'far'"),
    ("Knapsack", {"distribution": "subset"}, "Did you mean 'subset-sum'"),
    ("Knapsack", {"largest": 5}, "at least 10, got 5"),
    ("Knapsak", {}, "Did you mean 'Knapsack'"),
    ("OP", {"limit": float("nan")}, "got nan"),
])  # fmt: skip
def test_what_cannot_be_generated_is_said_with_a_remedy(problem, options, message):
    with pytest.raises(SettingError) as error:
        generate(problem, 1, 5, 0, **options)
    assert message in str(error.value)
