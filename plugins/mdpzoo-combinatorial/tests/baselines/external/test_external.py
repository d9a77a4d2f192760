"""LKH, PyVRP and OR-tools: known optima, limits of time, Ctrl-C, and what stands in when they have nothing."""

import json
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.baselines.external import child_process
from mdpzoo_combinatorial.instances import ATSPInstance, CVRPInstance, KnapsackInstance, OPInstance, TSPInstance
from mdpzoo_combinatorial.local_search.budget import Budget

pytest.importorskip("elkai", reason="no elkai; type: pip install 'mdpzoo-combinatorial[solvers]'")
pytest.importorskip("pyvrp", reason="no pyvrp; type: pip install 'mdpzoo-combinatorial[solvers]'")
pytest.importorskip("ortools", reason="no ortools; type: pip install 'mdpzoo-combinatorial[solvers]'")
EXTERNAL = ("lkh", "pyvrp", "ortools")
SHORT = 0.5  # seconds


def test_lkh_reaches_the_proven_optimum_of_every_small_file(data):
    optima = json.loads((data / "tsplib/optima.json").read_text())
    small = [name for name, facts in optima.items() if facts["nodes"] <= 60]
    assert len(small) >= 12
    for name in small:
        answer = solve(read_instance(data / f"tsplib/{name}.tsp"), "lkh")
        assert answer.objective == optima[name]["optimum"], name
        assert not answer.proven_optimal
    assert solve(read_instance(data / "atsp/br17.atsp"), "lkh").objective == 39


def test_lkh_equals_its_own_answers_to_instances_that_are_not_whole(data):
    with np.load(data / "random/tsp100_lkh_128.npz") as facts:
        places, lengths = facts["coordinates"][:4].astype(float), facts["lengths"][:4]
    found = [solve(TSPInstance("t", each), "lkh").objective for each in places]
    np.testing.assert_allclose(found, lengths, rtol=1e-5)
    with np.load(data / "random/atsp50_lkh_8.npz") as facts:
        costs, lengths = facts["distances"][:2].astype(float) * (1 - np.eye(50)), facts["lengths"][:2]
    found = [solve(ATSPInstance("a", each), "lkh").objective for each in costs]
    assert np.all(found <= lengths * (1 + 1e-5))


@pytest.mark.parametrize("agent", ["pyvrp", "ortools"])
def test_small_routing_files_are_solved_to_their_optima_in_seconds(data, agent):
    for name, best in (("tsplib/burma14.tsp", 3323), ("cvrplib/P-n16-k8.vrp", 450), ("atsp/br17.atsp", 39)):
        assert solve(read_instance(data / name), agent, seconds=3).objective == best


def test_pyvrp_collects_what_the_best_heuristic_collects(data):
    instance = read_instance(data / "oplib/eil51-gen2-50.oplib")
    assert solve(instance, "pyvrp", seconds=3).objective >= 1668  # EA4OP's; the literature's optimum is 1674


@pytest.mark.parametrize("size", [20, 50])
def test_pyvrp_solves_instances_that_are_not_whole_itself(size):
    for problem in ("CVRP", "OP", "TSP"):
        instance = generate(problem, 1, size, seed=2)[0]
        answer, simple = solve(instance, "pyvrp", seconds=1), solve(instance, "two-opt")
        assert answer.decoding is None, problem  # nothing stood in
        better = 1 if instance.maximise else -1
        assert better * answer.objective >= better * simple.objective - 1e-9


def test_ortools_proves_the_optimum_of_a_knapsack_of_integers(data):
    optima = json.loads((data / "knapsack/optima.json").read_text())
    for name in ("pisinger_uncorrelated_n50_R1000", "pisinger_weakly_correlated_n200_R1000"):
        answer = solve(read_instance(data / f"knapsack/{name}.txt"), "ortools", seconds=5)
        assert (answer.objective, answer.proven_optimal) == (optima[name]["optimum"], True)
    third = KnapsackInstance("f", [0.5, 0.25, 0.3], [0.5, 0.25, 1 / 3], 0.8)  # no power of ten makes it an integer
    answer = solve(third, "ortools", seconds=2)
    assert (answer.solution, answer.proven_optimal) == ([0, 1], False)


DEGENERATE = (
    TSPInstance("one", [[0.0, 0.0]]),
    TSPInstance("two", [[0.0, 0.0], [1.0, 1.0]]),
    TSPInstance("same place", np.zeros((5, 2))),
    ATSPInstance("three", [[0, 1, 9], [9, 0, 1], [1, 9, 0]]),
    CVRPInstance("one customer", np.array([0, 3]), 3, np.array([[0.0, 0], [1, 1]])),
    CVRPInstance("no demand", np.zeros(4, int), 0, np.random.default_rng(0).random((4, 2))),
    OPInstance("no reach", np.array([0, 1, 1]), 0.1, np.array([[0.0, 0], [1, 1], [2, 2]])),
    OPInstance("no prize", np.zeros(4), 9.0, np.random.default_rng(0).random((4, 2))),
    OPInstance("no limit", np.array([0, 1, 1]), 9e14, np.array([[0.0, 0], [1, 1], [2, 2]])),
    CVRPInstance("far apart", np.array([0, 3, 10**14]), 10**14, np.array([[0.0, 0], [1e14, 1e14], [0, 1]])),
    KnapsackInstance("nothing fits", [1, 2], [5, 6], 3),
    KnapsackInstance("no room", [1, 0], [0, 6], 0),
    KnapsackInstance("large", [9e14, 9e14], [9e14, 9e14], 9e14),
)


@pytest.mark.parametrize("agent", EXTERNAL)
@pytest.mark.parametrize("instance", DEGENERATE, ids=lambda each: each.name)
def test_degenerate_instances_get_a_legal_answer(agent, instance):
    from mdpzoo_combinatorial.baselines import SOLVERS

    if instance.problem in SOLVERS[agent].problems:
        answer = solve(instance, agent, seconds=SHORT)
        assert answer.objective == instance.objective(answer.solution)
        if instance.name == "three":
            assert answer.objective == 3


@pytest.mark.parametrize("agent", EXTERNAL)
def test_the_limit_of_time_holds_and_no_process_stays(agent):
    instance = generate("TSP", 1, 400, seed=0)[0]
    solve(instance, "two-opt")  # what stands in is compiled
    began = time.monotonic()
    answer = solve(instance, agent, seconds=1)
    assert time.monotonic() - began < 10  # starting, stopping and, where nothing came, standing in
    assert sorted(answer.solution) == list(range(400))


def test_where_a_child_dies_or_says_nothing_local_search_stands_in(monkeypatch, tmp_path):
    silent = tmp_path / "silent_child.py"
    silent.write_text("import time; time.sleep(60)")
    dying = tmp_path / "dying_child.py"
    dying.write_text("import os; os.abort()")
    instance = generate("TSP", 1, 30, seed=0)[0]
    for script in (silent, dying):
        with monkeypatch.context() as patched:
            patched.setattr(child_process.Path, "with_name", lambda self, name, script=script: script)
            patched.setattr(child_process, "IMPORT_TIMEOUT", 1.0)
            began = time.monotonic()
            answer = solve(instance, "lkh", seconds=SHORT)
        assert answer.decoding == "two-opt stands in"
        assert time.monotonic() - began < 10
    assert answer.objective == solve(instance, "two-opt").objective


def test_a_budget_that_is_stopped_ends_a_child():
    budget, instance = Budget(60), generate("TSP", 1, 300, seed=0)[0]
    said = []
    budget.report = lambda rounds, objective: (said.append(objective), budget.stop())
    answer = solve(instance, "lkh", budget=budget)
    assert answer.objective == said[0]
    assert len(said) == 1


@pytest.mark.parametrize("agent", EXTERNAL)
def test_ctrl_c_prints_the_best_answer_so_far(tmp_path, agent):
    rows = "\n".join(
        f"{k + 1} {x} {y}" for k, (x, y) in enumerate(np.random.default_rng(0).integers(0, 10**6, (300, 2)))
    )
    path = tmp_path / "large.tsp"
    path.write_text(
        f"NAME : large\nTYPE : TSP\nDIMENSION : 300\nEDGE_WEIGHT_TYPE : EUC_2D\nNODE_COORD_SECTION\n{rows}\nEOF\n"
    )
    command = [sys.executable, "-m", "mdpzoo", "solve", str(path), "--agent", agent, "--seconds", "60", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        time.sleep(4)
        if running.poll() is None:  # ten runs of LKH may be over
            running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
    assert sorted(json.loads(out)["solution"]) == list(range(300))
    assert (running.returncode, "best solution so far" in err) in ((130, True), (0, False))
