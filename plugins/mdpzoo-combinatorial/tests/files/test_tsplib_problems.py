"""ATSP, CVRP and OP in TSPLIB's format, three coordinates, and what is wrong with such files."""

import numpy as np
import pytest

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files import read_tsplib

ASYMMETRIC = """NAME : three
TYPE : ATSP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : FULL_MATRIX
EDGE_WEIGHT_SECTION
9999 1 9
9 9999 2
3 9 9999
EOF
"""
ROUTES = """NAME : {0}
TYPE : {0}
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
{1}
NODE_COORD_SECTION
1 0 0
2 3 0
3 0 4
{2}
DEPOT_SECTION
 1
 -1
EOF
"""
CVRP = ROUTES.format("CVRP", "CAPACITY : 10\nVEHICLES : 2", "DEMAND_SECTION\n1 0\n3 6\n2 5")
OP = ROUTES.format("OP", "COST_LIMIT : 8.5\nTSP_SOLUTION : 12", "NODE_SCORE_SECTION\n1 1\n2 4\n3 5")
PLANE = """TYPE : {}
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 0
3 0 4
"""
TRIANGLE = """TYPE : {}
DIMENSION : 3
EDGE_WEIGHT_TYPE : EXPLICIT
EDGE_WEIGHT_FORMAT : {}
EDGE_WEIGHT_SECTION
1 2 3
"""


def written(folder, text):
    path = folder / "instance.tsp"
    path.write_text(text)
    return path


def test_an_asymmetric_file_has_a_direction_and_its_diagonal_does_not_count(tmp_path):
    instance = read_tsplib(written(tmp_path, ASYMMETRIC))
    assert (instance.problem, instance.objective([0, 1, 2]), instance.objective([2, 1, 0])) == ("ATSP", 6, 27)


@pytest.mark.parametrize("layout", ["UPPER_ROW", "LOWER_COL"])
def test_a_triangle_of_an_asymmetric_file_holds_for_both_directions(tmp_path, layout):
    instance = read_tsplib(written(tmp_path, TRIANGLE.format("ATSP", layout)))
    np.testing.assert_array_equal(instance.matrix, [[0, 1, 2], [1, 0, 3], [2, 3, 0]])


def test_coordinates_of_an_asymmetric_file_become_a_matrix_and_its_picture(tmp_path):
    instance = read_tsplib(written(tmp_path, PLANE.format("ATSP")))
    symmetric = read_tsplib(written(tmp_path, PLANE.format("TSP")))
    np.testing.assert_array_equal(instance.matrix, symmetric.distance_matrix())
    np.testing.assert_array_equal(instance.layout(), symmetric.coordinates)


@pytest.mark.parametrize(("kind", "expected"), [
    ("EUC_3D", 7),  # sqrt(4 + 9 + 36) = 7
    ("MAN_3D", 11),  # 2 + 3 + 6
    ("MAX_3D", 6),
    ("XRAY1", 600),  # the slowest motor turns by 6 degrees, in hundredths
    ("XRAY2", 522),  # max(2 / 1.25, 3 / 1.5, 6 / 1.15) = 5.217
])  # fmt: skip
def test_three_coordinates_are_read_into_a_matrix(tmp_path, kind, expected):
    text = f"TYPE : TSP\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : {kind}\nNODE_COORD_SECTION\n1 359 0 0\n2 357 3 6\n"
    instance = read_tsplib(written(tmp_path, text))
    assert instance.distance_matrix().tolist() == [[0, expected], [expected, 0]]
    np.testing.assert_array_equal(instance.layout(), [[359, 0], [357, 3]])
    # the first angle goes the short way round: 359 to 1 is 2 degrees
    around = read_tsplib(written(tmp_path, text.replace("357", "1")))
    assert ("XRAY" in kind) == (around.distance(0, 1) == expected)


def test_a_file_of_vehicles_has_demands_capacity_and_their_number(tmp_path):
    instance = read_tsplib(written(tmp_path, CVRP))
    assert instance.demands.tolist() == [0, 5, 6]
    assert (instance.capacity, instance.vehicles, instance.objective([[1], [2]])) == (10, 2, 14)
    assert read_tsplib(written(tmp_path, CVRP.replace("VEHICLES : 2", "SERVICE_TIME : 0"))).vehicles is None
    assert read_tsplib(written(tmp_path, CVRP.replace("DEPOT_SECTION\n 1\n -1\n", ""))).num_customers == 2


def test_a_file_of_an_orienteer_has_scores_and_a_limit(tmp_path):
    instance = read_tsplib(written(tmp_path, OP))
    assert (instance.prizes.tolist(), instance.limit) == ([1, 4, 5], 8.5)
    assert instance.objective([0, 2]) == 6


@pytest.mark.parametrize(("text", "old", "new", "message"), [
    (CVRP, " 1\n -1", " 2\n -1", "the only depot must be node 1, got '2'; make it the first node"),
    (CVRP, " 1\n -1", " 1\n 2\n -1", "the only depot must be node 1, got '1 2'"),
    (CVRP, " 1\n -1", " -1", "got 'none'"),
    (CVRP, " 1\n -1", " 1\n -1\n 3", "DEPOT_SECTION has '3' after -1"),
    (CVRP, "CAPACITY : 10\n", "", "CAPACITY is missing; add the line"),
    (CVRP, ": 10", ": 10.5", "must be integers, got 10.5"),
    (CVRP, ": 10", ": -10", "CAPACITY must be one number, at least 0, got '-10'"),
    (CVRP, ": 10", ": 10 20", "CAPACITY must be one number"),
    (CVRP, ": 10", ": ten", "expected numbers, got 'ten'"),
    (CVRP, ": 10", ": 5", "customer 2 demands 6, more than the capacity 5"),
    (CVRP, "1 0\n3", "1 1\n3", "demand of the depot, node 0, must be 0"),
    (CVRP, "3 6\n", "", "DEMAND_SECTION has 2 nodes, but DIMENSION is 3"),
    (CVRP, "3 6\n", "3 6 6\n", "expected a node in 1..3 and a number, got '3 6 6'"),
    (CVRP, "3 6\n", "1 6\n", "line 13: node 1 appears twice in DEMAND_SECTION"),
    (CVRP, "EOF", "TIME_WINDOW_SECTION\n1 2 3\nEOF", "time windows are not supported"),
    (CVRP, "EOF", "NODE_SCORE_SECTION\nEOF", "a section of CVRP, got 'NODE_SCORE_SECTION'"),
    (OP, "COST_LIMIT : 8.5\n", "", "COST_LIMIT is missing"),
    (OP, "3 5", "3 -5", "prizes must not be negative"),
    (OP, "NODE_SCORE", "NODE_SCOER", "Did you mean 'NODE_SCORE_SECTION'"),
    (ASYMMETRIC, "3 9 9999", "3 -9 9999", "must not be negative, but [2, 1] is -9"),
])  # fmt: skip
def test_what_is_wrong_with_a_file_of_another_problem_is_said_too(tmp_path, text, old, new, message):
    assert old in text
    with pytest.raises(InstanceError) as error:
        read_tsplib(written(tmp_path, text.replace(old, new, 1)))
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_known_to_name_the_wrong_layout_is_refused(tmp_path):
    text = CVRP.replace("EUC_2D", "EXPLICIT\nEDGE_WEIGHT_FORMAT : LOWER_COL\nCOMMENT : (Eilon et al)")
    text = text.replace("NODE_COORD_SECTION\n1 0 0\n2 3 0\n3 0 4", "EDGE_WEIGHT_SECTION\n1 2 3")
    with pytest.raises(InstanceError, match="write LOWER_ROW"):
        read_tsplib(written(tmp_path, text))
    assert read_tsplib(written(tmp_path, text.replace("LOWER_COL", "LOWER_ROW"))).num_customers == 2


def test_a_rule_that_needs_a_matrix_is_refused_above_its_size(tmp_path):
    nodes = "\n".join(f"{k} {k} 0" for k in range(1, 2_002))
    text = f"TYPE : ATSP\nDIMENSION : 2001\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n{nodes}\n"
    with pytest.raises(InstanceError, match="at most 2000 nodes, got 2001"):
        read_tsplib(written(tmp_path, text))


def test_the_third_coordinate_is_needed_wherever_its_rule_stands(tmp_path):
    late = "TYPE : TSP\nDIMENSION : 1\nNODE_COORD_SECTION\n1 0 0\nEDGE_WEIGHT_TYPE : EUC_3D\n"
    with pytest.raises(InstanceError, match="three numbers, got '1 0 0'"):
        read_tsplib(written(tmp_path, late))
    assert read_tsplib(written(tmp_path, late.replace("1 0 0", "1 0 0 5"))).num_nodes == 1
