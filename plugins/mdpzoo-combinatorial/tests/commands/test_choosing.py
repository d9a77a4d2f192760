"""The default solver: the best installed one by a table of measured gaps, and ours where that says nothing."""

import json
from importlib.util import find_spec

import pytest

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.commands.choosing import FILE, choose, is_installed
from mdpzoo_combinatorial.problems import PROBLEMS

OURS = "edge-assembly"
TSP = generate("TSP", 1, 20, seed=0)[0]


def table(**agents):
    """One class of up to 50 nodes; gaps after 1 and 5 seconds, and the share of proofs."""
    facts = {name.replace("_", "-"): {"gaps": list(gaps), "proven": proven} for name, (*gaps, proven) in agents.items()}
    return {"rows": [{"problem": "TSP", "up_to": 50, "seconds": [1.0, 5.0], "agents": facts}]}


@pytest.mark.parametrize(
    ("seconds", "agents", "taken"),
    [
        (5, {"edge_assembly": (0.5, 0.5, 0), "pyvrp": (0.6, 0.4, 0)}, "pyvrp"),  # better after 5 s
        (4.9, {"edge_assembly": (0.5, 0.5, 0), "pyvrp": (0.6, 0.4, 0)}, OURS),  # but not after 1 s
        (60, {"edge_assembly": (0.5, 0.5, 0), "pyvrp": (0.6, 0.495, 0)}, OURS),  # within the margin
        (1, {"edge_assembly": (0.5, 0.5, 0), "pyvrp": (None, 0.1, 0)}, OURS),  # no answer after 1 s
        (5, {"edge_assembly": (0, 0, 0), "ortools": (0, 0, 1)}, "ortools"),  # equal, and proven
        (0.5, {"edge_assembly": (9, 9, 0), "pyvrp": (0, 0, 0)}, OURS),  # shorter than what was measured
    ],
)
def test_the_smallest_gap_at_that_time_is_taken(seconds, agents, taken):
    for needed in ("pyvrp", "ortools"):
        pytest.importorskip(needed)
    assert choose(TSP, seconds, table(**agents)).agent == taken


def test_what_is_not_installed_is_named_and_not_taken(monkeypatch):
    found = find_spec
    monkeypatch.setattr(
        "mdpzoo_combinatorial.commands.choosing.find_spec", lambda name: None if name == "elkai" else found(name)
    )
    choice = choose(TSP, 5, table(edge_assembly=(0.5, 0.5, 0), lkh=(0.0, 0.0, 0)))
    assert choice.agent == OURS
    assert choice.reason.endswith("better with pip install 'mdpzoo-combinatorial[lkh]'")


def test_an_instance_that_is_solved_in_a_moment_goes_to_ours():
    small = generate("TSP", 1, 15, seed=0)[0]
    choice = choose(small, 5, table(edge_assembly=(9, 9, 0), pyvrp=(0, 0, 0)))
    assert (choice.agent, choice.reason) == (OURS, "the instance is small, so the search ends before the time limit")


def test_an_instance_beyond_what_was_measured_goes_to_ours():
    large = generate("TSP", 1, 51, seed=0)[0]
    choice = choose(large, 5, table(edge_assembly=(9, 9, 0), pyvrp=(0, 0, 0)))
    assert (choice.agent, choice.reason) == (OURS, "solvers were not compared above 50 nodes")


def test_the_reason_names_the_largest_of_several_compared_sizes():
    compared = table(edge_assembly=(9, 9, 0))
    compared["rows"].append(compared["rows"][0] | {"up_to": 100})
    reason = choose(generate("TSP", 1, 101, seed=0)[0], 5, compared).reason
    assert reason == "solvers were not compared above 100 nodes"


@pytest.mark.parametrize("problem", PROBLEMS)
def test_the_shipped_table_covers_every_problem_with_solvers_that_there_are(problem):
    content = json.loads(FILE.read_text())
    rows = [row for row in content["rows"] if row["problem"] == problem]
    assert [row["up_to"] for row in rows] == sorted({row["up_to"] for row in rows})
    assert rows
    for row in rows:
        assert next(iter(row["agents"])) == PROBLEMS[problem].search  # ours wins ties
        assert all(problem in SOLVERS[agent].problems for agent in row["agents"])
        assert all(2 <= len(facts["gaps"]) <= len(row["seconds"]) for facts in row["agents"].values())
    choice = choose(generate(problem, 1, 20, seed=0)[0], 10)
    assert is_installed(choice.agent)
    assert choice.agent in choice.reason
