"""Solution files, and ``mdpzoo verify``, which judges them."""

import json
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import KnapsackInstance, TSPInstance, generate, read_solution, write_solution
from mdpzoo_combinatorial.commands.verify_solution import verdict
from mdpzoo_combinatorial.files.solution_files import Claim, read_claim

PLACES = [[0, 0], [3, 0], [0, 4]]
FILES = {  # an instance file and a solution of each problem
    "TSP": ("x,y\n0,0\n3,0\n0,4\n", "TOUR_SECTION\n1\n3\n2\n-1\n", 12.0),
    "ATSP": ("0,1,9\n9,0,2\n3,9,0\n", "NAME : t\nTYPE : TOUR\nDIMENSION : 3\nTOUR_SECTION\n1 2 3 -1\nEOF\n", 6),
    "CVRP": (
        "# capacity: 10\n# edge_weight_type: EUC_2D\nx,y,demand\n0,0,0\n3,0,5\n0,4,6\n",
        "Route #1: 2\nRoute #2: 1\nCost 14\n",
        14,
    ),
    "OP": (
        "# limit: 8.5\nx,y,prize\n0,0,1\n3,0,4\n0,4,5\n",
        "TYPE : OP\nROUTE_SCORE : 6.00\nROUTE_COST : 8.00\nNODE_SEQUENCE_SECTION\n1\n3\n-1\nDEPOT_SECTION\n1\n-1\n",
        6,
    ),
    "Knapsack": ("2 8\n30 4\n20 5\n", "Items: 0\nValue 30\n", 30),
}
PROBLEMS = tuple(FILES)


def some_solution(instance, rng):
    if instance.problem in ("TSP", "ATSP"):
        return rng.permutation(instance.num_nodes)
    if instance.problem == "CVRP":
        return [[int(k)] for k in 1 + rng.permutation(instance.num_customers)]
    if instance.problem == "OP":
        near = int(1 + instance.distance(0, np.arange(1, instance.num_nodes)).argmin())
        return [0, near] if 2 * instance.distance(0, near) <= instance.limit else [0]
    order = rng.permutation(instance.num_items)
    return order[np.cumsum(instance.weights[order]) <= instance.capacity]


@settings(deadline=None, max_examples=50)
@given(st.sampled_from(PROBLEMS), st.integers(1, 60), st.integers(0, 99))
def test_a_solution_survives_writing_and_reading(tmp_path_factory, problem, size, seed):
    instance = generate(problem, 1, size, seed)[0]
    solution = instance.validate(some_solution(instance, np.random.default_rng(seed)))
    path = tmp_path_factory.getbasetemp() / "best.sol"
    write_solution(path, solution, instance)
    again = read_solution(path, instance)
    np.testing.assert_array_equal(
        np.concatenate(again) if problem == "CVRP" else again,
        np.concatenate(solution) if problem == "CVRP" else solution,
    )
    told = verdict(instance, read_claim(path, instance))
    assert told["valid"]
    assert told["objective"] == instance.objective(solution)


def test_an_empty_selection_and_a_long_one_survive_writing_and_reading(tmp_path):
    instance = KnapsackInstance("many", np.ones(5_000), np.ones(5_000), 5_000)
    for items in ([], range(5_000)):
        write_solution(tmp_path / "items.sol", items, instance)
        assert read_solution(tmp_path / "items.sol", instance).tolist() == list(items)


def test_routes_are_written_as_cvrplib_writes_them(tmp_path):
    instance = generate("CVRP", 1, 3, 0, capacity=30)[0]
    write_solution(tmp_path / "best.sol", [[3, 1], [2]], instance)
    lines = (tmp_path / "best.sol").read_text().splitlines()
    assert lines[:2] == ["Route #1: 3 1", "Route #2: 2"]
    assert lines[2] == f"Cost {instance.objective([[3, 1], [2]])}"


def test_a_name_that_is_not_ascii_is_written_with_question_marks(tmp_path):
    write_solution(tmp_path / "best.tour", [0, 1, 2], TSPInstance("S\u00e3o Paulo", PLACES))
    assert (tmp_path / "best.tour").read_bytes().startswith(b"NAME : S?o Paulo\n")


def test_writing_refuses_what_is_no_solution_and_leaves_nothing_behind(tmp_path):
    for problem in PROBLEMS:
        with pytest.raises(InstanceError):
            write_solution(tmp_path / "best.sol", [99], generate(problem, 1, 5, 0)[0])
    with pytest.raises(InstanceError, match="one line of plain text"):
        write_solution(tmp_path / "best.sol", [0], TSPInstance("two\nlines", [[0, 0]]))
    with pytest.raises(InstanceError, match="cannot be written"):
        write_solution(tmp_path / "no" / "best.sol", [0], TSPInstance("one", [[0, 0]]))
    assert not list(tmp_path.iterdir())


def written(folder, problem, solution=None):
    files = folder / "instance.csv", folder / "solution.txt"
    for path, text in zip(files, (FILES[problem][0], solution or FILES[problem][1]), strict=True):
        path.write_text(text)
    return files


def judged(capsys, monkeypatch, *arguments):
    from mdpzoo.cli import main

    monkeypatch.setattr(sys, "argv", ["mdpzoo", "verify", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code or 0, *capsys.readouterr()


@pytest.mark.parametrize("problem", PROBLEMS)
def test_a_valid_solution_is_told_with_its_objective(tmp_path, capsys, monkeypatch, problem):
    files = written(tmp_path, problem)
    if problem == "Knapsack":
        files = files[0].rename(tmp_path / "instance.txt"), files[1]
    code, out, err = judged(capsys, monkeypatch, *files, "--json")
    told = json.loads(out)
    assert (code, err) == (0, "")
    assert list(told) == ["problem", "instance", "objective", "valid", "fault", "claimed"]
    assert (told["problem"], told["instance"], told["valid"], told["fault"]) == (problem, "instance", True, None)
    assert told["objective"] == FILES[problem][2]
    code, out, err = judged(capsys, monkeypatch, *files)
    assert (code, out, err) == (0, f"instance ({problem}): valid, objective {FILES[problem][2]:g}\n", "")


@pytest.mark.parametrize(("problem", "solution", "fault"), [
    ("TSP", "TOUR_SECTION\n1\n3\n-1\n", "leaves out node 1"),
    ("TSP", "TOUR_SECTION\n1\n3\n3\n-1\n", "node 2 a second time"),
    ("TSP", "[0, 1, 7]", "node 7 at position 2"),
    ("ATSP", "TOUR_SECTION\n1 2 4 -1\n", "node 3 at position 2"),
    ("CVRP", "Route #1: 2 1\nCost 14\n", "loads 11, more than the capacity 10"),
    ("CVRP", "Route #1: 2\nRoute #2: 1\nCost 13\n", "the file states the objective 13, but its solution has 14"),
    ("CVRP", '{"problem": "CVRP", "objective": 13.5, "solution": [[1], [2]]}', "states the objective 13.5"),
    ("OP", "NODE_SEQUENCE_SECTION\n1 2 3 -1\n", "12 long, more than the limit 8.5"),
    ("OP", "ROUTE_SCORE : 7\nNODE_SEQUENCE_SECTION\n1 3 -1\n", "states the objective 7, but its solution has 6"),
    ("OP", "NODE_SEQUENCE_SECTION\n3 -1\n", "begins with 2"),
    ("CVRP", '{"solution": null}', "must be a list of routes"),
])  # fmt: skip
def test_the_first_fault_of_an_invalid_solution_is_told_with_exit_code_1(
    tmp_path, capsys, monkeypatch, problem, solution, fault
):
    files = written(tmp_path, problem, solution)
    code, out, err = judged(capsys, monkeypatch, *files, "--json")
    told = json.loads(out)
    assert (code, err, told["valid"]) == (1, "", False)
    assert fault in told["fault"]
    code, out, err = judged(capsys, monkeypatch, *files)
    assert (code, err) == (1, "")
    assert out.startswith(f"instance ({problem}): not valid: ")
    assert fault in out


@pytest.mark.parametrize(("problem", "solution", "message"), [
    ("TSP", " ", "the file is empty"),
    ("TSP", "Rout 1: 1 2", "expected 'Route #1: 5 2 7' or one line 'Cost 123', got 'Rout 1: 1 2'"),
    ("TSP", "3 3\n0 1 5\n0 1 5\n2 2 5\n", "the edges do not form one closed tour"),
    ("TSP", "1\n2\n3\n4\n5\n6\n", "more lines than a tour of 3 nodes can have"),
    ("TSP", "DIMENSION : 4\nTOUR_SECTION\n1 2 3 -1\n", "DIMENSION is 4, but the instance has 3 nodes"),
    ("TSP", "TOUR_SECTION\n1 2.5 3 -1\n", "not an integer"),
    ("CVRP", "DIMENSION : 9\nTOUR_SECTION\n1\n", "DIMENSION is 9, but the instance has 3 nodes"),
    ("CVRP", "Route #1: 1 x\n", "line 1: expected numbers"),
    ("CVRP", "Route #1: 1 1.5\n", "expected integers"),
    ("CVRP", "Route #1: 1\nCost 1\nCost 2\n", "a second cost, 'Cost 2'"),
    ("CVRP", "Cost 5\n", "no line such as"),
    ("CVRP", "Route #1: 1\nCost cheap\n", "expected a number as the objective, got 'cheap'"),
    ("CVRP", "Route #1:" + " 1" * 500 + "\n", "more numbers than a solution of size 3 can have"),
    ("CVRP", '{"solution": [[1], [2]]', "this is not valid JSON"),
    ("CVRP", "[" * 10_000, "this is not valid JSON"),
    ("CVRP", '{"answer": []}', "the key 'solution' is missing"),
    ("CVRP", '{"problem": "TSP", "solution": []}', "the solution is for 'TSP', but the instance is a CVRP"),
    ("CVRP", '{"objective": "low", "solution": []}', "the objective must be a number"),
    ("CVRP", '{"objective": NaN, "solution": []}', "the objective must be finite"),
    ("OP", "TYPE : OP\n", "NODE_SEQUENCE_SECTION is missing"),
    ("OP", "ROUTE_SCORE : high\nNODE_SEQUENCE_SECTION\n1\n", "expected a number as the objective, got 'high'"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_one_sentence_with_exit_code_2(
    tmp_path, capsys, monkeypatch, problem, solution, message
):
    code, out, err = judged(capsys, monkeypatch, *written(tmp_path, problem, solution), "--json")
    assert (code, out) == (2, "")
    assert message in err
    assert "solution.txt" in err
    assert err.count("\n") == 1


def test_an_objective_may_be_rounded_as_far_as_its_digits_say():
    instance = generate("CVRP", 1, 5, 0, capacity=45)[0]
    solution = [[k] for k in range(1, 6)]
    true = instance.objective(solution)
    for claimed, slack, fits in (
        (round(true, 2), 0.005, True),
        (round(true, 2) + 0.01, 0.005, False),
        (true * (1 + 1e-7), 0.0, True),
        (true * (1 + 1e-5), 0.0, False),
    ):
        assert verdict(instance, Claim(solution, claimed, slack))["valid"] == fits


def test_digits_of_a_cost_tell_how_it_was_rounded(tmp_path):
    instance = generate("CVRP", 1, 1, 0)[0]
    for text, slack in (("4", 0.5), ("4.25", 0.005), ("4.", 0.5), ("4e0", 0.0)):
        (tmp_path / "a.sol").write_text(f"Route #1: 1\nCost {text}\n")
        assert read_claim(tmp_path / "a.sol", instance).slack == pytest.approx(slack)


def test_a_wrong_solution_is_refused_when_read_too(tmp_path):
    (tmp_path / "a.sol").write_text("Items: 0 1\n")
    with pytest.raises(InstanceError, match=r"a\.sol': the selection weighs 9, more than .*; correct the solution"):
        read_solution(tmp_path / "a.sol", KnapsackInstance("two", [30, 20], [4, 5], 8))


def test_what_solve_prints_is_what_verify_reads(tmp_path):
    instance, answer = tmp_path / "square.csv", tmp_path / "answer.json"
    instance.write_text("# edge_weight_type: EUC_2D\nx,y\n0,0\n0,10\n10,10\n10,0\n")
    mdpzoo = [sys.executable, "-m", "mdpzoo"]
    solve = [*mdpzoo, "solve", str(instance), "--agent", "nearest-neighbour", "--json"]
    answer.write_bytes(subprocess.run(solve, capture_output=True, timeout=120, check=True).stdout)
    done = subprocess.run(
        [*mdpzoo, "verify", str(instance), str(answer)], capture_output=True, text=True, timeout=120, check=False
    )
    assert (done.returncode, done.stdout) == (0, "square (TSP): valid, objective 40\n")
