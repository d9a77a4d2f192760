"""Instances: distances with TSPLIB's rounding, objectives, layouts, generators."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.instances import DISTANCES, TSPInstance, from_coordinates, generate


@pytest.mark.parametrize(("kind", "a", "b", "expected"), [
    ("EUC_2D", (0, 0), (1, 1), 1),  # 1.414 is nearest to 1
    ("EUC_2D", (0, 0), (1.5, 0), 2),  # a half goes up
    ("CEIL_2D", (0, 0), (1, 1), 2),  # 1.414 goes up
    ("CEIL_2D", (0, 0), (3, 4), 5),  # an integer stays
    ("MAN_2D", (0, 0), (1.2, -1.2), 2),  # 2.4
    ("MAX_2D", (0, 0), (1.2, -2.6), 3),  # max(round 1.2, round 2.6)
    ("ATT", (0, 0), (10, 0), 4),  # sqrt(100 / 10) = 3.162, nearest 3 is below it, so 4
    ("ATT", (0, 0), (12, 0), 4),  # sqrt(144 / 10) = 3.795, nearest 4 is above it
    ("ATT", (0, 0), (3, 1), 1),  # sqrt(10 / 10) = 1, exactly
    ("GEO", (0.0, 0.0), (0.0, 90.0), 10020),  # 6378.388 * 3.141592 / 2 + 1 = 10020.15
    ("GEO", (0.0, 0.0), (0.0, 0.30), 56),  # 30 minutes are half a degree: 6378.388 * 0.0087266 + 1 = 56.66
    ("GEO", (0.0, 0.0), (-0.30, 0.0), 56),  # south of the equator the degrees are truncated towards 0
    ("EUCLIDEAN", (0, 0), (1, 1), 2**0.5),  # nothing is rounded
    ("GREAT_CIRCLE", (0, 0), (0, 90), 6371.0088 * np.pi / 2),  # a quarter of the equator
    ("GREAT_CIRCLE", (90, 0), (-90, 0), 6371.0088 * np.pi),  # pole to pole
])  # fmt: skip
def test_distance_rounds_as_its_type_says(kind, a, b, expected):
    instance = TSPInstance("two", np.array([a, b], float), kind)
    assert instance.distance(0, 1) == pytest.approx(expected, rel=1e-12)
    assert instance.distance(1, 0) == instance.distance(0, 1)


@pytest.mark.parametrize("kind", DISTANCES)
def test_distance_broadcasts_and_agrees_with_the_matrix(kind):
    instance = TSPInstance("five", np.random.default_rng(0).random((5, 2)) * 80, kind)
    nodes = np.arange(5)
    matrix = instance.distance_matrix()
    np.testing.assert_array_equal(instance.distance(nodes[:, None], nodes), matrix)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert not np.diagonal(matrix).any()


def test_objective_is_an_int_exactly_where_all_distances_are():
    square = [[0, 0], [0, 3], [3, 3], [3, 0]]
    rounded = TSPInstance("square", np.array(square), "EUC_2D").objective([0, 1, 2, 3])
    assert (rounded, type(rounded)) == (12, int)
    real = from_coordinates(square).objective([0, 2, 1, 3])
    assert isinstance(real, float)
    assert real == pytest.approx(2 * 18**0.5 + 6)  # two diagonals and two sides
    halves = TSPInstance("halves", None, "EXPLICIT", [[0, 0.5], [0.5, 0]]).objective([1, 0])
    assert (halves, type(halves)) == (1.0, float)


@given(st.permutations(range(12)), st.integers(0, 11))
def test_objective_does_not_depend_on_where_and_which_way_a_tour_begins(tour, shift):
    instance = TSPInstance("twelve", np.random.default_rng(0).random((12, 2)) * 100, "EUC_2D")
    assert instance.objective(tour) == instance.objective(np.roll(tour, shift)) == instance.objective(tour[::-1])


@pytest.mark.parametrize(("tour", "message"), [
    ([0, 1, 4, 3], "node 4 at position 2"),  # one too high
    ([0, -1, 2, 3], "node -1 at position 1"),  # counted from the end
    ([0, 1, 0, 1], "node 0 a second time at position 2"),  # the first repetition
    ([0, 1, 3], "leaves out node 2"),  # too short
    ([0, 1, 2, 3, 0], "node 0 a second time at position 4"),  # closed by hand
    ([0.0, 1.0, 2.0, 3.0], "integers"),  # not integers
    ([[0, 1], [2]], "one list"),  # ragged
    ([], "integers"),  # empty
])  # fmt: skip
def test_objective_names_the_first_node_that_is_wrong(tour, message):
    with pytest.raises(InstanceError, match=message):
        from_coordinates(np.eye(4)[:, :2]).objective(tour)


@pytest.mark.parametrize(("arguments", "message"), [
    ({"coordinates": [[0, np.nan]]}, "finite"),
    ({"coordinates": [[0, 1e300]]}, "below 1e15"),
    ({"coordinates": [[0, 1, 2]]}, "shape"),
    ({"coordinates": np.zeros((0, 2))}, "at least one node"),
    ({"coordinates": [["a", "b"]]}, "numbers"),
    ({"coordinates": [[0, 1]], "edge_weight_type": "EUC2D"}, "Did you mean 'EUC_2D'"),
    ({"coordinates": [[0, 1]], "edge_weight_type": "EXPLICIT"}, "needs matrix"),
    ({"matrix": [[0.0]]}, "needs coordinates"),
    ({"coordinates": [[0, 1]], "matrix": [[0.0]]}, "needs edge weight type EXPLICIT"),
    ({"matrix": [[0, 1], [2, 0]], "edge_weight_type": "EXPLICIT"}, "symmetric"),
    ({"matrix": [[0, -1], [-1, 0]], "edge_weight_type": "EXPLICIT"}, "negative"),
    ({"matrix": [[1.0]], "edge_weight_type": "EXPLICIT"}, "diagonal"),
    ({"matrix": [[0.0]], "edge_weight_type": "EXPLICIT", "display": [[0, 1], [2, 3]]}, "display"),
])  # fmt: skip
def test_an_instance_that_contradicts_itself_is_refused_in_one_sentence(arguments, message):
    with pytest.raises(InstanceError, match=message) as error:
        TSPInstance("wrong", **arguments)
    assert "\n" not in str(error.value)


def test_arrays_of_an_instance_are_copies_that_cannot_be_written():
    points = np.zeros((3, 2))
    instance = from_coordinates(points)
    points[0, 0] = 5
    assert instance.coordinates[0, 0] == 0
    with pytest.raises(ValueError, match="read-only"):
        instance.coordinates[0, 0] = 1


def test_layout_of_a_matrix_reproduces_the_distances_of_points_in_the_plane():
    points = np.random.default_rng(0).random((1_200, 2))  # more nodes than landmarks
    matrix = from_coordinates(points).distance_matrix()
    layout = TSPInstance("plane", None, "EXPLICIT", matrix).layout()
    np.testing.assert_allclose(from_coordinates(layout).distance_matrix(), matrix, atol=1e-9)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_layout_of_a_matrix_of_zeros_is_one_point(n):
    layout = TSPInstance("zeros", None, "EXPLICIT", np.zeros((n, n))).unit_layout()
    np.testing.assert_array_equal(layout, np.zeros((n, 2)))


def test_layout_of_geographical_degrees_has_east_at_the_right_and_minutes_as_sixtieths():
    # latitude 60 degrees everywhere: a degree of longitude is half as wide; 10.30 is 10 degrees 30 minutes
    layout = TSPInstance("north", [[60.0, 10.30], [60.0, 20.0]], "GEO").layout()
    np.testing.assert_allclose(layout, [[5.25, 60], [10, 60]])


def test_a_map_is_cut_where_no_place_is():
    layout = TSPInstance("pacific", [[0.0, 170.0], [0.0, -175.0], [0.0, 100.0]], "GREAT_CIRCLE").layout()
    np.testing.assert_allclose(layout[:, 0], [170.0, 185.0, 100.0])
    layout = TSPInstance("atlantic", [[0.0, 20.0], [0.0, -60.0], [0.0, 0.0]], "GREAT_CIRCLE").layout()
    np.testing.assert_allclose(layout[:, 0], [20.0, -60.0, 0.0])


def test_unit_layout_keeps_proportions():
    layout = from_coordinates([[10, 10], [14, 10], [10, 12]]).unit_layout()
    np.testing.assert_allclose(layout, [[0, 0], [1, 0], [0, 0.5]])


def test_display_data_is_the_layout_of_a_matrix():
    display = [[1.0, 2.0], [3.0, 4.0]]
    instance = TSPInstance("shown", None, "EXPLICIT", [[0, 1], [1, 0]], display)
    np.testing.assert_array_equal(instance.layout(), display)


def test_generated_instances_are_uniform_and_a_larger_count_begins_with_the_same():
    few, many = generate("TSP", 3, 20, seed=4), generate("TSP", 500, 20, seed=4)
    for a, b in zip(few, many, strict=False):
        np.testing.assert_array_equal(a.coordinates, b.coordinates)
    points = np.concatenate([each.coordinates for each in many])
    # 10 000 draws: the mean's standard error is 0.0029
    np.testing.assert_allclose(points.mean(0), 0.5, atol=0.012)
    assert many[0].problem == "TSP"
    assert many[0].num_nodes == 20


def test_generating_an_unknown_problem_suggests_a_known_one():
    with pytest.raises(SettingError, match="Did you mean 'TSP'"):
        generate("TPS", 1, 5, seed=0)
    with pytest.raises(SettingError, match="at least"):
        generate("TSP", 1, 0, seed=0)
