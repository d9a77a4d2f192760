"""``mdpzoo solve``, run as a user runs it."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mdpzoo_combinatorial import read_instance
from mdpzoo_combinatorial.baselines.registry import Answer
from mdpzoo_combinatorial.commands.solve_file import _little_search
from mdpzoo_combinatorial.files.tours import read_tour
from mdpzoo_combinatorial.local_search.budget import Budget, SettingError

SQUARE = """NAME : square
TYPE : TSP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 0 10
3 10 10
4 10 0
5 5 11
EOF
"""  # the best tour is 10 + 5 + 5 + 10 + 10: the roof's sides are sqrt(26) = 5.1, rounded


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "square.tsp"
    path.write_text(SQUARE)
    return path


def mdpzoo(*arguments):
    command = [sys.executable, "-m", "mdpzoo", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    done.stderr = "".join(line for line in done.stderr.splitlines(True) if not line.startswith("compiling once"))
    return done


def test_the_answer_is_one_json_object(square, tmp_path):
    picture, tour = tmp_path / "tour.png", tmp_path / "best.tour"
    done = mdpzoo("solve", square, "--seconds", 1, "--json", "--picture", picture, "--tour", tour)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert list(told) == [
        *("problem", "instance", "objective", "unit", "solution", "names", "search_seconds", "setup_seconds"),
        *("agent", "decoding", "proven_optimal", "chosen_because", "warning"),
    ]
    assert told["chosen_because"] == "the instance is small, so the search ends before the time limit"
    assert told["warning"] is None
    assert 0 < told["search_seconds"] < 2  # imports and compiling do not count
    assert (told["problem"], told["instance"], told["objective"]) == ("TSP", "square", 40)
    assert sorted(told["solution"]) == list(range(5))
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert read_instance(square).objective(read_tour(tour, 5)) == 40


def test_auto_says_what_it_took_and_why_and_a_chosen_agent_does_not(square):
    done = mdpzoo("solve", "example:capitals", "--seconds", 1)
    assert re.fullmatch(r"auto chose (\S+) \(mean gaps after 1 s up to 200 nodes: \1 .*\)\n", done.stderr)
    assert mdpzoo("solve", square, "--agent", "two-opt").stderr == ""


@pytest.mark.parametrize(
    ("looks", "seconds", "warned"),
    [
        (1, 0.01, True),  # the time was up when the search first looked
        (20, 0.01, False),  # it had begun long before
        (1, 60.0, False),  # it ended by itself
    ],
)
def test_a_search_that_hardly_began_before_its_time_was_up_gets_a_warning(looks, seconds, warned):
    budget = Budget(seconds)
    for _ in range(looks - 1):
        budget.spent  # noqa: B018
    budget.left  # noqa: B018  # the clock runs from here at the latest
    time.sleep(0.02)
    answer = Answer([0], 1, False, None, 0.0, None)
    said = f"{seconds:g} s were too short for a search; increase --seconds"
    assert _little_search("two-opt", answer, budget) == (said if warned else None)
    assert _little_search("two-opt", answer._replace(proven_optimal=True), budget) is None


def test_people_are_told_what_stands_in_for_a_solver_without_an_answer(data):
    told = mdpzoo("solve", data / "tsplib/d1291.tsp", "--seconds", "0.01", "--agent", "ortools")
    said = "warning: ortools found no solution within 0.01 s: two-opt stands in; increase --seconds"
    assert (told.returncode, told.stderr.strip()) == (0, said)


@pytest.mark.parametrize("agent", ["dynamic-programming", "ortools"])
def test_an_exact_solver_proves_a_small_instance_within_any_budget(agent):
    told = json.loads(mdpzoo("solve", "example:luggage", "--agent", agent, "--seconds", "0.01", "--json").stdout)
    assert (told["objective"], told["proven_optimal"], told["warning"]) == (19_962, True, None)


def test_nearest_neighbour_solves_too_and_people_get_a_sentence(square):
    done = mdpzoo("solve", square, "--agent", "nearest-neighbour")
    assert done.returncode == 0
    # from the origin: 10 to the first corner (ties go to the first), 5 to the roof, 5 down, 10 and 10 home
    assert "square: a tour of length 40, not proven optimal, in" in done.stdout
    assert "0 1 4 2 3" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["missing.tsp"], "missing.tsp"),
        (["{square}", "--agent", "bq-noc"], "Did you mean 'bq-nco'"),
        (["{square}", "--agent", "two-otp"], "Did you mean 'two-opt'"),
        (["{square}", "--agent", "savings"], "savings solves CVRP, but square is a TSP; use bq-nco, nearest"),
        (["{square}", "--agent", "two-opt", "--decoding", "greedy"], "one decoding only"),
        (["{square}", "--decoding", "gready"], "Did you mean 'greedy'"),
        (["{square}", "--picture", "tour.gif"], "must end in .png, .svg, .pdf"),
        (["{square}", "--picture", "no/such/folder/tour.png"], "no folder"),
        (["{square}", "--agent", "nearest-neighbour", "--decoding", "greedy"], "one decoding only"),
        (["{square}", "--seconds", "nan"], "greater than or equal to 0.01"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(square, arguments, named):
    done = mdpzoo("solve", *(each.format(square=square) for each in arguments))
    assert done.returncode == 2
    assert named in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


OTHERS = {  # problem -> name, file, the default agent, its objective, what the sentence says
    "CVRP": (
        "three.vrp",
        "NAME : three\nTYPE : CVRP\nDIMENSION : 4\nCAPACITY : 5\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n"
        "1 0 0\n2 3 4\n3 6 8\n4 -3 4\nDEMAND_SECTION\n1 0\n2 2\n3 3\n4 5\nDEPOT_SECTION\n1\n-1\nEOF\n",
        "iterated-local-search",
        30,  # the first two customers lie on one line: 10 there and 10 back; the third is 5 away
        "2 routes that cost 30, not proven optimal",
    ),
    "OP": (
        "prizes.oplib",
        "NAME : prizes\nTYPE : OP\nDIMENSION : 3\nCOST_LIMIT : 10\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n"
        "1 0 0\n2 3 4\n3 6 8\nNODE_SCORE_SECTION\n1 0\n2 7\n3 9\nDEPOT_SECTION\n1\n-1\nEOF\n",
        "iterated-local-search",
        7,  # the third node is 10 away, and 10 back is too far
        "a tour that collects 7, not proven optimal",
    ),
    "Knapsack": (
        "items.txt",
        "3\n0 6 3\n1 5 2\n2 4 2\n4\n",
        "dynamic-programming",
        9,  # items 1 and 2 fill it; item 0 alone is worth 6
        "2 items worth 9, proven optimal",
    ),
    "ATSP": (
        "turn.atsp",
        "NAME : turn\nTYPE : ATSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : FULL_MATRIX\n"
        "EDGE_WEIGHT_SECTION\n0 1 9\n9 0 1\n1 9 0\nEOF\n",
        "edge-assembly",
        3,  # one way round costs 1 + 1 + 1, the other 27
        "a tour of length 3, not proven optimal",
    ),
}


@pytest.mark.parametrize("problem", OTHERS)
def test_every_problem_has_a_default_agent_a_sentence_and_a_file_that_verify_accepts(tmp_path, problem):
    name, text, agent, objective, sentence = OTHERS[problem]
    path, written = tmp_path / name, tmp_path / ("best.tour" if problem == "ATSP" else "best.sol")
    path.write_text(text)
    done = mdpzoo("solve", path, "--json", "--solution", written)
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["problem"], told["agent"], told["objective"]) == (problem, agent, objective)
    assert told["proven_optimal"] == (problem == "Knapsack")
    checked = json.loads(mdpzoo("verify", path, written, "--json").stdout)
    assert (checked["valid"], checked["objective"]) == (True, objective)
    assert f"{told['instance']}: {sentence}, in" in mdpzoo("solve", path).stdout


@pytest.mark.parametrize("problem", OTHERS)
def test_every_problem_has_a_picture(tmp_path, problem):
    name, text, *_ = OTHERS[problem]
    path, picture = tmp_path / name, tmp_path / "picture.png"
    path.write_text(text)
    done = mdpzoo("solve", path, "--picture", picture, "--seconds", 2)
    assert done.returncode == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("compiling", [True, False])
def test_ctrl_c_prints_the_best_answer_so_far(data, tmp_path, compiling):
    command = [sys.executable, "-m", "mdpzoo", "solve", str(data / "tsplib/eil51.tsp"), "--seconds", "60", "--json"]
    if not compiling:
        command += ["--agent", "iterated-local-search"]  # which does not end by itself
        mdpzoo(*command[3:5], *command[-2:], "--seconds", "0.01")
    env = os.environ | ({"NUMBA_CACHE_DIR": str(tmp_path)} if compiling else {})
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as running:
        if compiling:
            assert "compiling once" in running.stderr.readline()
        else:
            time.sleep(6)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert running.returncode == 130
    if compiling:
        assert json.loads(out)["agent"] == "nearest-neighbour"
    assert sorted(json.loads(out)["solution"]) == list(range(51))
    assert "best solution so far" in err


def test_a_small_tour_is_found_long_before_its_time_limit(data):
    told = json.loads(mdpzoo("solve", data / "tsplib/berlin52.tsp", "--seconds", 600, "--json").stdout)
    assert told["objective"] == 7542  # the optimum, as the collection says
    assert told["search_seconds"] < 60  # 0.3 on a quiet core; 600 would be the limit


@pytest.mark.parametrize("name", ["gr17", "ulysses22", "att48"])
def test_the_objective_is_the_tours_own_by_the_files_rule(data, name):
    path = data / "tsplib" / f"{name}.tsp"
    told = json.loads(mdpzoo("solve", path, "--seconds", 1, "--json").stdout)
    instance = read_instance(path)
    tour = np.array(told["solution"])
    assert told["objective"] == sum(int(instance.distance(a, b)) for a, b in zip(tour, np.roll(tour, -1), strict=True))
    optimum = json.loads((data / "tsplib/optima.json").read_text())[name]["optimum"]
    assert told["objective"] >= optimum


def test_a_budget_ends_by_itself_or_when_told():
    assert not Budget().spent
    budget = Budget(60)
    budget.stop()
    assert budget.spent
    for seconds in (0, -1, float("nan"), float("inf"), "soon"):
        with pytest.raises(SettingError, match="positive number"):
            Budget(seconds)


def damaged(generator):
    """The square, damaged in one of six ways."""
    text = SQUARE.encode()
    place = int(generator.integers(len(text)))
    numbers = [b"nan", b"-1", b"1e999", b"99999999999999999999", b"0", b"2.5", b"0x10", b""]
    return [
        lambda: text[:place],  # truncated
        lambda: text.replace(b"DIMENSION : 5", b"DIMENSION : " + generator.choice(numbers)),  # a wrong count
        lambda: text.replace(b"3 10 10", b"3 10 " + generator.choice(numbers[:4])),  # a number that is none
        lambda: generator.bytes(400),  # binary
        lambda: text.replace(b"NODE_COORD", b"EDGE_WEIGHT"),  # a wrong section
        lambda: text[:place] + generator.bytes(1) + text[place + 1 :],  # a flipped byte
    ][generator.integers(6)]()


def test_two_hundred_damaged_files_are_one_sentence_each(tmp_path, monkeypatch, capsys):
    from mdpzoo.cli import main

    generator, refused = np.random.default_rng(0), 0
    for number in range(200):
        path = tmp_path / f"damaged{number}.tsp"
        path.write_bytes(damaged(generator))
        monkeypatch.setattr(sys, "argv", ["mdpzoo", "solve", str(path), "--agent", "nearest-neighbour"])
        with pytest.raises(SystemExit) as ended:
            main()
        told = capsys.readouterr()
        if ended.value.code in (0, None):  # a flipped byte may leave a good file
            continue
        refused += 1
        assert ended.value.code == 2
        assert told.out == ""
        assert told.err.count("\n") == 1
        assert path.name in told.err
    assert refused > 150


def test_examples_are_there_by_name_with_their_cities_and_unit():
    told = json.loads(mdpzoo("solve", "example:capitals", "--agent", "nearest-neighbour", "--json").stdout)
    assert (told["unit"], told["names"][0], len(told["names"])) == ("km", "Montgomery", 48)
    people = mdpzoo("solve", "example:capitals", "--agent", "nearest-neighbour").stdout
    assert " km, not proven optimal" in people
    assert "Montgomery - Atlanta - " in people
    assert "Did you mean 'capitals'" in mdpzoo("solve", "example:capitols").stderr
