"""TSPLIB, CSV and knapsack files as other programs write them: read where they have one meaning."""

import numpy as np
import pytest

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import read_instance

SQUARE = """NAME : square
TYPE : TSP
DIMENSION : 4
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 0 10
3 10 10
4 10 0
EOF
"""
ITEMS = (5.0, 6.0, 3.0), (4.0, 5.0, 3.0), 10.0


def made(folder, text, name="instance.txt"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode("latin-1"))
    return read_instance(path)


@pytest.mark.parametrize("text", [
    SQUARE,
    SQUARE.lower(),
    SQUARE.title(),
    SQUARE.replace(" : ", " = "),
    SQUARE.replace(" : ", " "),
    SQUARE.replace(" : ", "\t:\t").replace(" ", "\t"),
    "\xef\xbb\xbf" + SQUARE.replace("\n", "\r\n"),
    "# made by a script\n" + SQUARE.replace("1 0 0", "# nodes\n1 0 0"),
    SQUARE.replace("EOF", "-1\nEOF : \ntrailing words"),
    SQUARE.replace("DIMENSION : 4\n", "").replace("EOF", "DIMENSION : 4"),
    SQUARE.replace("TYPE : TSP", "TYPE : TSP (M.~Somebody)\nAUTHOR : somebody\nBEST_KNOWN : 40\nDISTANCE : 0"),
    SQUARE.replace("1 0 0\n2 0 10\n3 10 10\n4 10 0", "0 0 0\n1 0 10\n2 10 10\n3 10 0"),
])  # fmt: skip
def test_one_square_is_read_from_every_dialect(tmp_path, text):
    instance = made(tmp_path, text)
    assert instance.objective([0, 1, 2, 3]) == 40
    assert instance.problem == "TSP"


def test_weights_may_stand_before_their_format(tmp_path):
    text = "TYPE : ATSP\nDIMENSION : 2\nEDGE_WEIGHT_SECTION\n0 3 9 0\nEDGE_WEIGHT_TYPE : EXPLICIT\n"
    assert made(tmp_path, text + "EDGE_WEIGHT_FORMAT : FULL_MATRIX\n").objective([0, 1]) == 12


@pytest.mark.parametrize(("rule", "length"), [
    ("EXACT_2D", np.sqrt(2.0) + np.sqrt(2.0) + 2.0),
    ("FLOOR_2D", 1 + 1 + 2),  # each root of 2 is 1
    ("CEIL_2D", 2 + 2 + 2),
])  # fmt: skip
def test_rules_of_other_collections_round_as_their_names_say(tmp_path, rule, length):
    nodes = "TYPE : TSP\nDIMENSION : 3\nNODE_COORD_SECTION\n1 0 0\n2 1 1\n3 0 2\n"
    instance = made(tmp_path, f"{nodes}EDGE_WEIGHT_TYPE : {rule}\n")
    assert instance.objective([0, 1, 2]) == pytest.approx(length, rel=1e-12)


@pytest.mark.parametrize(("replaced", "by", "message"), [
    ("TYPE : TSP", "TYPE : ACVRP", "TYPE 'ACVRP' is not supported; supported are TSP, ATSP, CVRP, OP"),
    ("TYPE : TSP", "TYPE : m-PDTSP\nDEMAND_DIMENSION : 2", "TYPE 'M-PDTSP' is not supported"),
    ("TYPE : TSP", "TYPE : TSP\nSALESMEN : 2", "several salesmen are not supported; remove the SALESMEN"),
    ("4 10 0", "4 ten 0", "expected numbers, got '4 ten 0'"),
    ("4 10 0", "0 10 0", "expected a node in 1..4"),
    ("EOF", "DEMAND SECTION", "unknown keyword 'DEMAND'"),
])  # fmt: skip
def test_what_another_program_means_differently_is_refused(tmp_path, replaced, by, message):
    with pytest.raises(InstanceError) as error:
        made(tmp_path, SQUARE.replace(replaced, by, 1))
    assert message in str(error.value)
    assert "Did you mean" not in str(error.value) or "keyword" in str(error.value)


@pytest.mark.parametrize(("layout", "count", "other"), [
    ("LOWER_DIAG_ROW", 6, "LOWER_ROW"),
    ("LOWER_ROW", 10, "LOWER_DIAG_ROW"),
    ("UPPER_ROW", 16, "FULL_MATRIX"),
])  # fmt: skip
def test_a_mislabelled_layout_is_named(tmp_path, layout, count, other):
    head = f"TYPE : TSP\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : {layout}\n"
    with pytest.raises(InstanceError, match=f"got {count}; {other} has as many; correct EDGE_WEIGHT_FORMAT"):
        made(tmp_path, f"{head}EDGE_WEIGHT_SECTION\n{'7 ' * count}\n")


def test_an_asymmetric_matrix_is_no_vehicle_routing(tmp_path):
    head = "TYPE : CVRP\nCAPACITY : 2\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : FULL_MATRIX\n"
    with pytest.raises(InstanceError, match="an asymmetric CVRP is not supported"):
        made(tmp_path, f"{head}EDGE_WEIGHT_SECTION\n0 3 9 0\nDEMAND_SECTION\n1 0\n2 1\n")


def test_sections_that_count_nodes_differently_are_refused(tmp_path):
    text = "TYPE : CVRP\nCAPACITY : 2\nDIMENSION : 2\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n{}\n{}\n"
    demands = "DEMAND_SECTION\n1 0\n2 1\nDEPOT_SECTION\n{}\n"
    with pytest.raises(InstanceError, match="some sections count nodes from 0"):
        made(tmp_path, text.format("0 0 0", "1 3 4") + demands.format(1))
    zero = text.format("0 0 0", "1 3 4") + demands.replace("1 0\n2 1", "0 0\n1 1")
    assert made(tmp_path, zero.format(0)).objective([[1]]) == 10
    with pytest.raises(InstanceError, match="the only depot must be node 0"):
        made(tmp_path, zero.format(1))


@pytest.mark.parametrize("text", [
    "3 10\n5 4\n6 5\n3 3\n",
    "# my own\n3 10\n5 4\n# half\n6 5\n3 3\n",
    "3\t10\n5\t4\n6\t5\n3\t3\n",
    "3 10\n5 6 3\n4 5 3\n",
    "10\n3\n5 4\n6 5\n3 3\n",
    "3 10 9\n5 4\n6 5\n3 3\n",
    "# capacity: 10\nprofit,weight\n5,4\n6,5\n3,3\n",
    "# Capacity = 10\nid;name;value;weight\n1;a;5;4\n2;b;6;5\n3;c;3;3\n",
])  # fmt: skip
def test_three_items_are_read_from_every_dialect(tmp_path, text):
    instance = made(tmp_path, text)
    assert (tuple(instance.values), tuple(instance.weights), instance.capacity) == ITEMS


@pytest.mark.parametrize(("text", "names"), [
    ("lat,lon\n0,0\n0,1\n1,0\n", ()),
    ('City,Latitude,Lng\n"A, B",0,0\nC,0,1\n,1,0\n', ("A, B", "C", "-")),
    ("id name latitude longitude\n7 A 0 0\n8 B 0 1\n9 C 1 0\n", ("A", "B", "C")),
    ("latitude,longitude,,\n0,0,,\n0,1,,\n,,,\n1,0,,\n", ()),
])  # fmt: skip
def test_places_have_names_and_kilometres(tmp_path, text, names):
    instance = made(tmp_path, text, "places.csv")
    assert (instance.names, instance.unit) == (names, "km")
    assert instance.distance(0, 1) == pytest.approx(111.195, abs=0.001)  # a degree of the equator


def test_a_matrix_may_have_labels(tmp_path):
    instance = made(tmp_path, ",a,b,c\na,0,1,2\nb,1,0,3\nc,2,3,0\n")
    assert (instance.names, instance.objective([0, 1, 2])) == (("a", "b", "c"), 6)
    with pytest.raises(
        InstanceError, match="expected the row of 'b', got 'c'; put the rows in the order of the columns"
    ):
        made(tmp_path, ",a,b,c\na,0,1,2\nc,1,0,3\nb,2,3,0\n")


@pytest.mark.parametrize(("text", "message"), [
    ("lat,lon\n91,0\n", "latitude must lie in -90..90 degrees, got 91"),
    ("lat,lon\n0,-181\n", "longitude must lie in -180..180 degrees, got -181"),
    ("0,1,inf\n1,0,3\n2,3,0\n", "numbers must be finite and below 1e15, got 'inf'"),
    ("0,1,\n1,0,3\n,3,0\n", "column 3 must be one number, got ''"),
    ("x;y\n0;0\n1,5;2\n", "x is '1,5'; write a decimal point, not a comma"),
    (b"\xff\xfeN\0A\0", "the text is UTF-16; save it as UTF-8"),
])  # fmt: skip
def test_a_cell_that_is_wrong_is_named(tmp_path, text, message):
    with pytest.raises(InstanceError) as error:
        made(tmp_path, text, "table.csv")
    assert message in str(error.value)
