"""Tables and matrices as spreadsheets save them."""

import pytest

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import read_instance

PLACES = "x,y\n0,0\n3,0\n0,4\n"
ROUTES = "# capacity: 10\nname,x,y,demand\ndepot,0,0,0\nA,3,0,5\nB,0,4,6\n"
PRIZES = "# limit: 8.5\nx,y,prize\n0,0,1\n3,0,4\n0,4,5\n"
ITEMS = "# capacity: 8\nvalue,weight\n30,4\n20,5\n9,1\n"


def read(folder, text, name="table.csv"):
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return read_instance(path)


def test_columns_tell_the_problem(tmp_path):
    assert read(tmp_path, PLACES).objective([0, 1, 2]) == 12.0  # 3 + 5 + 4
    assert read(tmp_path, ROUTES).objective([[1], [2]]) == 14.0  # 2 * 3 + 2 * 4
    assert read(tmp_path, PRIZES).objective([0, 2]) == 6
    assert read(tmp_path, ITEMS).objective([0, 2]) == 39
    assert {read(tmp_path, text).problem for text in (PLACES, ROUTES, PRIZES, ITEMS)} == {
        "TSP",
        "CVRP",
        "OP",
        "Knapsack",
    }


@pytest.mark.parametrize("text", [
    ROUTES.replace(",", ";"),
    ROUTES.replace(",", "\t"),
    "\ufeff" + ROUTES,  # the mark that some spreadsheets begin a file with
    ROUTES.replace("name,x", "Name, X").replace("# capacity", "#Capacity "),
    ROUTES.replace("depot,", '"the depot, at home",').replace("\n", "\r\n"),
    "# a remark\n# problem: cvrp\n\n" + ROUTES,
    "# drawn with scale = 3\n" + ROUTES,  # an equals sign after an unknown word: a remark, not a key
    ROUTES.replace("# capacity: 10", "# capacity: 10,,,"),  # a spreadsheet fills lines up
])  # fmt: skip
def test_separators_marks_and_cases_do_not_matter(tmp_path, text):
    instance = read(tmp_path, text)
    assert (instance.problem, instance.capacity, instance.demands.tolist()) == ("CVRP", 10, [0, 5, 6])
    assert instance.coordinates.tolist() == [[0, 0], [3, 0], [0, 4]]


def test_keys_name_the_instance_its_rounding_and_its_vehicles(tmp_path):
    keys = "# name: five streets\n# comment: drawn by hand\n# edge_weight_type: CEIL_2D\n# vehicles: 3\n"
    instance = read(tmp_path, keys + ROUTES)
    assert (instance.name, instance.comment, instance.vehicles) == ("five streets", "drawn by hand", 3)
    assert instance.edge_weight_type == "CEIL_2D"
    assert read(tmp_path, ROUTES).name == "table"


def test_degrees_are_kilometres_on_the_sphere(tmp_path):
    instance = read(tmp_path, "name,latitude,longitude\nnorth,90,0\nequator,0,0\n")
    assert instance.edge_weight_type == "GREAT_CIRCLE"
    assert instance.objective([0, 1]) == pytest.approx(2 * 10_007.557, abs=0.001)  # half a meridian


def test_a_matrix_is_symmetric_or_has_a_direction(tmp_path):
    assert read(tmp_path, "0,1,2\n1,0,3\n2,3,0\n").problem == "TSP"
    assert read(tmp_path, "# problem: ATSP\n0,1,2\n1,0,3\n2,3,0\n").problem == "ATSP"
    instance = read(tmp_path, "0;1;9\n9;0;2\n3;9;0\n", "costs.txt")
    assert (instance.problem, instance.objective([0, 1, 2])) == ("ATSP", 6)


@pytest.mark.parametrize(("text", "message"), [
    ("# nothing else\n", "neither a header of columns nor a matrix"),
    ("# capactiy: 5\n" + PLACES, "Did you mean 'capacity'"),
    ("# capacity: 5\n" + PLACES, "the key capacity does not belong to this TSP"),
    ("# name: a\n# name: b\n" + PLACES, "the key name appears twice"),
    ("# problem: VRP\n" + PLACES, "Did you mean 'CVRP'"),
    ("# problem: ATSP\n" + PLACES, "an ATSP is a matrix"),
    ("# problem: OP\n" + PLACES, "OP needs the column prize"),
    ("# problem: TSP\n" + PRIZES.partition("\n")[2], "the column prize does not belong to TSP"),
    ("# problem: CVRP\n0,1\n1,0\n", "a matrix without a header is a TSP or an ATSP, not a CVRP"),
    ("# problem: TSP\n0,1\n2,0\n", "symmetric"),
    ("# edge_weight_type: EUC2D\n" + PLACES, "Did you mean 'EUC_2D'"),
    ("# edge_weight_type: EXPLICIT\n" + PLACES, "unknown edge_weight_type 'EXPLICIT'"),
    (ROUTES.partition("\n")[2], "the key capacity is missing; add the line '# capacity: number'"),
    (PRIZES.replace("8.5", "far"), "expected numbers, got 'far'"),
    (PRIZES.replace("8.5", "8 5"), "the key limit must be one number"),
    ("x,yy\n1,2\n", "Did you mean 'y'"),
    ("x,y,x\n1,2,3\n", "the column x appears twice"),
    ("x,demand\n", "there are no lines after the header"),
    ("x,y\n1,2,3\n", "3 values, but the header has 2 columns; correct the line, and write a decimal point"),
    ("x,y\n1\n", "1 values, but the header has 2 columns"),
    ("x,y\n1,\n", "y must be one number, got ''"),
    ("x,y\n1,2 3\n", "y must be one number, got '2 3'"),
    ("x,y\n1,nan\n", "finite"),
    ('name,x,y\n"a,1,2\n', "a quotation mark is not closed"),
    (ROUTES.replace("B,0,4,6", "B,0,4,16"), "customer 2 demands 16"),
    (ROUTES.replace("depot,0,0,0", "depot,0,0,1"), "demand of the depot"),
    ("0,1,2\n1,0,3\n", "needs 3 lines, got 2; add lines, or a header"),
    ("0,1\n1,0\n1,0\n", "more lines follow; remove them"),
    ("0,1\n1,0,0\n", "3 numbers, but the matrix has 2 columns"),
    ("0,1\n1,5\n", "diagonal of the matrix must be 0, got 5"),
    (",".join("0" * 2_001), "at most 2000 columns, got 2001"),
])  # fmt: skip
def test_what_is_wrong_with_a_table_is_said_with_a_remedy(tmp_path, text, message):
    with pytest.raises(InstanceError) as error:
        read(tmp_path, text)
    assert message in str(error.value)
    assert "table.csv" in str(error.value)
    assert "\n" not in str(error.value)
