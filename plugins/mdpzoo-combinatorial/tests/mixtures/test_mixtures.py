"""Training mixtures: seeded, and of the properties that their descriptions name."""

import numpy as np
import pytest

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.local_search import iterated_local_search
from mdpzoo_combinatorial.mixtures import KINDS, draw
from mdpzoo_combinatorial.mixtures.deliveries import CUSTOMERS, DEMANDS, DEPOTS, delivery_instance, demands, positions

ALL = [(problem, kind) for problem, kinds in KINDS.items() for kind in kinds]


def generator(seed=0):
    return np.random.default_rng(np.random.SeedSequence(seed))


def content(instance):
    return [np.asarray(each) for each in vars(instance).values() if isinstance(each, np.ndarray | int | float)]


@pytest.mark.parametrize(("problem", "kind"), ALL)
def test_a_seed_fixes_the_instances_and_a_larger_count_begins_with_the_same(problem, kind):
    few, many, others = (draw(problem, kind, count, 20, seed) for count, seed in ((2, 4), (4, 4), (2, 5)))
    for one, same, other in zip(few, many, others, strict=False):
        assert one.problem == problem
        assert all(np.array_equal(x, y) for x, y in zip(content(one), content(same), strict=True))
        assert any(not np.array_equal(x, y) for x, y in zip(content(one), content(other), strict=True))
    assert len({each.name for each in many}) == 4


@pytest.mark.parametrize("size", [2, 3, 20, 150])
@pytest.mark.parametrize(("problem", "kind"), ALL)
def test_size_counts_nodes_customers_or_items(problem, kind, size):
    counted = {"CVRP": "num_customers", "OP": "num_customers", "Knapsack": "num_items"}.get(problem, "num_nodes")
    assert [getattr(each, counted) for each in draw(problem, kind, 3, size, 1)] == [size] * 3


@pytest.mark.parametrize("kind", KINDS["TSP"])
def test_the_longer_side_of_the_coordinates_is_1(kind):
    for instance in draw("TSP", kind, 30, 60, 2):
        sides = np.ptp(instance.coordinates, axis=0)
        assert instance.coordinates.min() >= 0
        assert sides.max() == pytest.approx(1.0)


def nearest(instance):
    """Distances ``[n]`` to the nearest other node."""
    return np.sort(instance.distance_matrix(), 1)[:, 1]


def test_clusters_are_denser_than_uniform_nodes_and_very_unequal():
    uniform, clustered = (np.array([nearest(x) for x in draw("TSP", k, 40, 100, 3)]) for k in ("uniform", "clustered"))
    assert np.median(clustered) < 0.5 * np.median(uniform)
    assert np.median(clustered.max(1) / np.median(clustered, 1)) > 2 * np.median(uniform.max(1) / np.median(uniform, 1))


def test_grids_hold_distinct_points_and_in_half_of_the_instances_few_different_coordinates():
    instances = draw("TSP", "grid", 60, 80, 4)
    assert all(len(np.unique(each.coordinates, axis=0)) == 80 for each in instances)
    lines = [min(len(np.unique(each.coordinates[:, axis].round(9))) for axis in (0, 1)) for each in instances]
    assert 15 <= sum(count <= 20 for count in lines) <= 45  # jitter makes nearly all 80 coordinates different


def test_some_grids_are_strands_whose_neighbours_are_far_apart():
    ratios = []
    for instance in draw("TSP", "grid", 60, 80, 5):
        steps = [np.diff(np.unique(instance.coordinates[:, axis].round(9))) for axis in (0, 1)]
        if all(len(each) for each in steps) and min(len(each) for each in steps) < 40:  # without jitter
            ratios.append(max(each.min() for each in steps) / min(each.min() for each in steps))
    assert max(ratios) > 5
    assert min(ratios) < 2


def test_costs_have_a_zero_diagonal_and_a_largest_cost_of_1():
    for kind in KINDS["ATSP"]:
        for instance in draw("ATSP", kind, 10, 30, 6):
            assert instance.matrix.max() == 1.0
            assert instance.matrix.min() >= 0.0
            assert not np.diagonal(instance.matrix).any()


def off_diagonal(instance):
    return instance.matrix[~np.eye(instance.num_nodes, dtype=bool)]


def asymmetry(instance):
    """The largest cost over that of the way back, less 1."""
    back = instance.matrix.T + np.eye(instance.num_nodes)
    return float((instance.matrix / back).max() - 1)


def test_metric_costs_obey_the_triangle_inequality():
    matrix = draw("ATSP", "metric", 1, 30, 7)[0].matrix
    assert (matrix[:, None, :] <= matrix[:, :, None] + matrix[None] + 1e-12).all()


def test_heavy_tailed_costs_are_mostly_far_below_the_largest():
    medians = [np.median(off_diagonal(each)) for each in draw("ATSP", "heavy-tailed", 30, 50, 8)]
    assert min(medians) < 0.01
    assert np.median(medians) < 0.25  # 0.5 for uniform costs


def test_nearly_symmetric_costs_differ_little_and_in_a_third_of_the_instances_not_at_all():
    differences = [asymmetry(each) for each in draw("ATSP", "nearly-symmetric", 60, 30, 9)]
    assert max(differences) <= 1.3 / 0.7 - 1 + 1e-9
    assert 8 <= sum(each < 1e-12 for each in differences) <= 32


def test_between_a_tenth_and_six_tenths_of_many_zeros_are_zeros():
    shares = [np.mean(off_diagonal(each) == 0) for each in draw("ATSP", "many-zeros", 60, 60, 10)]
    assert 0.04 < min(shares) < 0.2
    assert 0.4 < max(shares) < 0.7


def test_few_valued_costs_have_2_to_10_values_and_half_the_matrices_are_symmetric():
    instances = draw("ATSP", "few-valued", 60, 40, 11)
    counts = {len(np.unique(off_diagonal(each))) for each in instances}
    assert counts <= set(range(2, 11))
    assert len(counts) > 5
    assert 15 <= sum((each.matrix == each.matrix.T).all() for each in instances) <= 45


@pytest.mark.parametrize("depot", DEPOTS)
@pytest.mark.parametrize("where", CUSTOMERS)
def test_places_of_set_x_are_distinct_points_of_its_grid(depot, where):
    places = positions(generator(12), depot, where, 150)
    assert places.shape == (151, 2)
    assert len(np.unique(places, axis=0)) == 151
    assert 0 <= places.min() <= places.max() <= 1_000
    if depot != "random":
        assert places[0].tolist() == {"central": [500, 500], "eccentric": [0, 0]}[depot]


def test_clustered_customers_of_set_x_are_near_each_other_and_half_of_the_random_clustered_ones():
    def typical(where, quantile):
        found = []
        for seed in range(10):
            places = positions(generator(seed), "random", where, 200)[1:].astype(float)
            far = np.linalg.norm(places[:, None] - places[None], axis=2)
            found.append(np.quantile(np.sort(far, 1)[:, 5], quantile))
        return np.mean(found)

    # the fifth nearest of 200 uniform points is (5 / 200 / pi)^0.5 = 0.09 sides away; three to eight clusters that fall
    # off over 40 units cover 2 pi 40^2 = 10,000 square units each, 1 to 8 % of the grid: at most 0.3 of that distance
    # in their cores, more in their tails
    assert typical("clustered", 0.5) < 0.5 * typical("random", 0.5)
    assert typical("random-clustered", 0.25) < 0.6 * typical("random", 0.25)
    assert typical("random-clustered", 0.9) > 0.8 * typical("random", 0.9)


@pytest.mark.parametrize("kind", DEMANDS)
def test_demands_of_set_x_stay_in_their_class(kind):
    places = generator(13).integers(0, 1_001, (3_000, 2))
    found = demands(generator(14), kind, places)
    assert (found.min(), found.max()) == DEMANDS[kind]
    if kind == "by quadrant":
        upper_right = (places >= 500).all(1)
        assert found[upper_right].min() == 51
        upper_left = (places[:, 0] < 500) & (places[:, 1] >= 500)
        assert found[upper_left].max() == 50
    if kind == "many small, few large":
        assert 0.65 < (found <= 10).mean() < 0.98
        assert not ((found > 10) & (found < 50)).any()


def test_customers_per_route_of_set_x_reach_from_3_to_25():
    lengths = []
    for instance in draw("CVRP", "benchmark", 150, 60, 15):
        told = float(instance.comment.split()[-4])
        held = instance.capacity * 60 / instance.demands.sum()  # average customers that a full vehicle serves
        largest = instance.demands.max() == instance.capacity  # a large demand asks for more than the average
        assert held >= told - 0.06 if largest else told - 0.06 <= held <= told + 60 / instance.demands.sum() + 0.06
        lengths.append(told)
    assert 3 <= min(lengths) < 5
    assert 23 < max(lengths) <= 25


@pytest.mark.parametrize("kind", KINDS["OP"])
def test_limits_of_orienteering_leave_something_to_choose(kind):
    for instance in draw("OP", kind, 20, 50, 16):
        _, whole = iterated_local_search(instance.coordinates, iterations=500, seed=0)
        assert 2 * nearest(instance)[0] <= instance.limit < whole
        hundreds = 100 * instance.prizes[1:]
        np.testing.assert_allclose(hundreds, hundreds.round(), atol=1e-9)


def test_capacities_of_knapsacks_reach_from_a_tenth_to_nine_tenths_of_all_weights():
    shares = [each.capacity / each.weights.sum() for each in draw("Knapsack", "subset-sum", 100, 50, 17)]
    assert 0.09 < min(shares) < 0.2
    assert 0.8 < max(shares) <= 0.9


@pytest.mark.parametrize(("arguments", "message"), [
    (("TSP", "clusterd", 1, 9, 0), "Did you mean 'clustered'"),
    (("TPS", "uniform", 1, 9, 0), "Did you mean 'TSP'"),
    (("CVRP", "grid", 1, 9, 0), "Known: uniform, benchmark"),
    (("OP", "constant", 1, 1, 0), "size"),
    (("OP", "constant", -1, 5, 0), "-1"),
])  # fmt: skip
def test_what_cannot_be_drawn_is_one_sentence(arguments, message):
    with pytest.raises(SettingError, match=message) as error:
        draw(*arguments)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("kind", KINDS["ATSP"])
def test_costs_are_scaled_to_one_and_no_node_is_away_from_itself(kind):
    for instance in draw("ATSP", kind, 5, 12, seed=3):
        assert instance.matrix.max() == 1.0
        assert not instance.matrix.diagonal().any()


def test_routes_are_three_to_twenty_five_customers_long():
    drawn = generator()
    comments = [delivery_instance(drawn, 1, "one").comment for _ in range(400)]
    lengths = [float(each.split()[-4]) for each in comments]
    assert 3.0 <= min(lengths) < 3.3  # uniform: 400 of them miss such an end once in 500 times
    assert 24.7 < max(lengths) <= 25.0
