"""Every format is known by its content; every file of the data folder is read, and known optima are met exactly."""

import json

import numpy as np
import pytest

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import ATSPInstance, read_instance
from mdpzoo_combinatorial.instances import from_coordinates

# routes found by a solver, worth what the literature knows as the optimum
A_N32_K5 = [
    [12, 1, 16, 30], [24, 27], [26, 7, 13, 17, 19, 31, 21], [20, 5, 25, 10, 15, 22, 9, 8, 18, 29],
    [6, 3, 2, 23, 4, 11, 28, 14],
]  # fmt: skip
E_N22_K4 = [[17, 20, 18, 15, 12], [9, 7, 5, 2, 1, 6], [13, 11, 4, 3, 8, 10], [16, 19, 21, 14]]
MATRIX = "0,1,2\n1,0,3\n2,3,0\n"
NAMED = "NAME : {}\nTYPE : {}\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\n{}NODE_COORD_SECTION\n1 0 0\n2 3 0\n3 0 4\n{}"


@pytest.mark.parametrize(("pattern", "count", "problem"), [
    ("tsplib/*.tsp", 51, "TSP"),
    ("atsp/*.atsp", 1, "ATSP"),
    ("cvrplib/*.vrp", 95, "CVRP"),
    ("oplib/*.oplib", 80, "OP"),
    ("knapsack/*.txt", 18, "Knapsack"),
])  # fmt: skip
def test_every_file_of_the_data_folder_is_an_instance_of_its_problem(data, pattern, count, problem):
    instances = [read_instance(path) for path in sorted(data.glob(pattern))]
    assert len(instances) == count
    assert {instance.problem for instance in instances} == {problem}
    assert all(instance.integral for instance in instances)


def test_sizes_and_capacities_are_those_of_the_tables_beside_the_files(data):
    for name, facts in json.loads((data / "cvrplib/best_known.json").read_text()).items():
        instance = read_instance(data / f"cvrplib/{name}.vrp")
        assert (instance.num_nodes, instance.capacity) == (facts["nodes"], facts["capacity"])
        assert instance.objective([[k] for k in range(1, instance.num_nodes)]) > facts["best_known"]
    for name, facts in json.loads((data / "oplib/best_known.json").read_text()).items():
        instance = read_instance(data / f"oplib/{name}.oplib")
        assert (instance.num_nodes, instance.limit) == (facts["nodes"], facts["limit"])
        assert instance.objective([0]) == instance.prizes[0] < facts["ea4op_score"] <= instance.prizes.sum()
    for name, facts in json.loads((data / "knapsack/optima.json").read_text()).items():
        instance = read_instance(data / f"knapsack/{name}.txt")
        assert (instance.num_items, instance.capacity) == (facts["items"], facts["capacity"])
        assert instance.values.max() <= facts["optimum"] < instance.values.sum()


@pytest.mark.parametrize(("name", "routes", "optimum"), [("A-n32-k5", A_N32_K5, 784), ("E-n22-k4", E_N22_K4, 375)])
def test_routes_that_are_optimal_cost_what_the_literature_says(data, name, routes, optimum):
    assert json.loads((data / "cvrplib/best_known.json").read_text())[name]["best_known"] == optimum
    assert read_instance(data / f"cvrplib/{name}.vrp").objective(routes) == optimum


@pytest.mark.parametrize("name", [
    "pisinger_strongly_correlated_n50_R1000", "pisinger_uncorrelated_n50_R1000", "pisinger_subset_sum_n200_R1000",
])  # fmt: skip
def test_the_best_selection_has_the_value_that_is_known(data, name):
    instance = read_instance(data / f"knapsack/{name}.txt")
    capacity = int(instance.capacity)
    best, taken = np.zeros(capacity + 1), np.zeros((instance.num_items, capacity + 1), bool)
    for k in range(instance.num_items):
        weight = int(instance.weights[k])
        better = best[: capacity + 1 - weight] + instance.values[k]
        taken[k, weight:] = better > best[weight:]
        best[weight:] = np.maximum(best[weight:], better)
    items, left = [], capacity
    for k in reversed(range(instance.num_items)):
        if taken[k, left]:
            items.append(k)
            left -= int(instance.weights[k])
    assert instance.objective(items) == json.loads((data / "knapsack/optima.json").read_text())[name]["optimum"]


def test_the_best_tour_of_br17_costs_39(data):
    instance = read_instance(data / "atsp/br17.atsp")
    costs, m = instance.distance_matrix(), instance.num_nodes - 1
    best, before = np.full((1 << m, m), np.inf), np.zeros((1 << m, m), int)  # of a set of nodes, ending at one of them
    best[1 << np.arange(m), np.arange(m)] = costs[0, 1:]
    for chosen in range(1, 1 << m):
        through = best[chosen][:, None] + costs[1:, 1:]  # [last, next]
        rest = np.flatnonzero(~chosen >> np.arange(m) & 1)
        least, larger = through[:, rest].min(0), chosen | 1 << rest
        better = least < best[larger, rest]
        best[larger[better], rest[better]] = least[better]
        before[larger[better], rest[better]] = through[:, rest].argmin(0)[better]
    chosen = (1 << m) - 1
    tour = [int((best[-1] + costs[1:, 0]).argmin())]
    while len(tour) < m:
        last, chosen = before[chosen, tour[-1]], chosen & ~(1 << tour[-1])
        tour.append(int(last))
    assert instance.objective([0, *(k + 1 for k in reversed(tour))]) == 39


def test_tours_of_lkh_have_the_lengths_that_it_found(data):
    kept = np.load(data / "random/tsp100_lkh_128.npz")
    for points, tour, length in zip(kept["coordinates"], kept["tours"], kept["lengths"], strict=True):
        assert from_coordinates(points).objective(tour) == pytest.approx(length, rel=1e-6)
    kept = np.load(data / "random/atsp50_lkh_8.npz")
    for matrix, tour, length in zip(kept["distances"], kept["tours"], kept["lengths"], strict=True):
        assert ATSPInstance("metric", matrix).objective(tour) == pytest.approx(length, rel=1e-6)


@pytest.mark.parametrize(("name", "text", "problem"), [
    ("a.txt", NAMED.format("a", "TSP", "", ""), "TSP"),
    ("a.csv", NAMED.format("a, b", "TSP", "", ""), "TSP"),  # content before ending
    ("a.vrp", NAMED.format("a", "CVRP", "CAPACITY : 5\n", "DEMAND_SECTION\n1 0\n2 5\n3 1\n"), "CVRP"),
    ("a.op", NAMED.format("a", "OP", "COST_LIMIT : 9\n", "NODE_SCORE_SECTION\n1 0\n2 5\n3 1\n"), "OP"),
    ("a", "2 5\n3 4\n5 6\n", "Knapsack"),
    ("a.kp", "2\n0 3 4\n1 5 6\n7\n", "Knapsack"),
    ("a.csv", "knapPI_1\nn 1\nc 5\n1,2,3,0\n-----\n", "Knapsack"),
    ("a.txt", MATRIX, "TSP"),
    ("a.txt", "# a remark\n" + MATRIX, "TSP"),
    ("a.txt", "\xef\xbb\xbfx\ty\n1\t2\n", "TSP"),  # with the mark that some spreadsheets begin a file with
    ("a.csv", "0\n", "TSP"),  # only the ending tells it from a knapsack
])  # fmt: skip
def test_the_first_line_tells_the_format(tmp_path, name, text, problem):
    path = tmp_path / name
    path.write_bytes(text.encode("latin-1"))
    assert read_instance(path).problem == problem


@pytest.mark.parametrize(("name", "text", "message"), [
    ("a.txt", "", "the file is empty"),
    ("a.txt", "\n \n", "the file is empty"),
    ("a.txt", "Hello", "'Hello' is of no known format; use TSPLIB"),
    ("a.tsp", "Hello", "expected 'KEYWORD : value' or a section, got 'HELLO'"),
    ("a.tsp", "5 5", "expected 'KEYWORD : value' or a section, got '5 5'"),
    ("a.csv", "x y", "there are no lines after the header"),
    ("a.json", '{"solution": []}', "perhaps a solution"),
    ("a.sol", "Route #1: 1 2", "perhaps a solution"),
    ("a.txt", "TOUR_SECTION\n1", "TYPE is missing"),
    ("a.sol", "NAME : a\nTYPE : OP\nDIMENSION : 3\nNODE_SEQUENCE_SECTION\n1\n", "this is a solution"),
])  # fmt: skip
def test_what_is_no_instance_is_refused_with_a_remedy(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InstanceError) as error:
        read_instance(path)
    assert message in str(error.value)


@pytest.mark.parametrize(("text", "name"), [
    (NAMED.format("S\u00e3o  Paulo", "TSP", "", ""), "S\u00e3o Paulo"),
    ("# name: S\u00e3o Paulo\nx,y\n0,0\n", "S\u00e3o Paulo"),
    ("x,y\n0,0\n", "two\\nlines"),  # the file's own name
])  # fmt: skip
def test_a_name_can_be_printed_on_a_line(tmp_path, text, name):
    path = tmp_path / "two\nlines.csv"
    path.write_text(text, encoding="utf-8")
    assert read_instance(path).name == name


@pytest.mark.parametrize("name", ["x" * 201, "bell\x07", "\x1b[31mred"])
def test_a_name_that_cannot_be_printed_is_refused(tmp_path, name):
    path = tmp_path / "a.csv"
    path.write_text(f"# name: {name}\nx,y\n0,0\n")
    with pytest.raises(InstanceError, match="at most 200 printable characters"):
        read_instance(path)
