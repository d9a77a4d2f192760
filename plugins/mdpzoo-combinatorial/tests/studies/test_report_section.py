"""The solutions that this family draws in reports."""

from dataclasses import replace

import numpy as np
import pytest

from mdpzoo.experiments.run import Run
from mdpzoo.experiments.training import train
from mdpzoo.report import RunRecord
from mdpzoo.report.records import Curve
from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.studies.report_section import AGENTS, SEED, draw_solutions


def run(problem, agent, score=0.0, **settings):
    id = f"mdpzoo/{problem}-v0"
    training = Curve(np.array([1.0]), np.array([score]))
    record = {"folder": "f", "environment": id, "environment_id": id, "agent": f"<{agent}>", "agent_id": agent}
    return RunRecord(**record, seed=0, status="done", training=training, environment_settings=settings)


@pytest.mark.parametrize(
    ("problem", "settings", "rule"),
    [
        ("TSP", {"num_nodes": 8}, "nearest-neighbour"),
        ("TSP", {"num_nodes": 8, "form": "bq"}, "nearest-neighbour"),
        ("CVRP", {"num_customers": 6}, "nearest-neighbour"),
        ("OP", {"num_customers": 6}, "nearest-neighbour"),
        ("ATSP", {"num_nodes": 6}, "nearest-neighbour"),
    ],
)
def test_what_is_drawn_is_a_solution_of_the_instance_with_its_objective(problem, settings, rule):
    section = draw_solutions([run(problem, rule, **settings)])
    (found,) = section.data["solutions"]
    size = next(each for name, each in settings.items() if name.startswith("num_"))
    (instance,) = generate(problem, 1, size, SEED)
    assert found["objective"] == instance.objective(found["solution"])  # raises unless it is a solution
    assert len(section.data["coordinates"]) == instance.num_nodes
    assert section.html.count("<svg") == 1
    assert f"&lt;{rule}&gt;" in section.html


def test_the_best_agents_are_drawn_the_best_first_and_those_that_must_learn_are_not():
    names = ("random", "farthest-insertion", "nearest-neighbour", "ppo")
    section = draw_solutions([run("TSP", name, score, num_nodes=6) for score, name in enumerate(names)])
    assert [each["agent"] for each in section.data["solutions"]] == [
        "<nearest-neighbour>",
        "<farthest-insertion>",
        "<random>",
    ]
    assert len(names) == AGENTS


def test_pretrained_weights_are_not_drawn_as_what_a_run_has_learned():
    assert draw_solutions([run("TSP", "bq-nco", num_nodes=6)]) is None


def test_the_agent_that_a_run_has_kept_is_the_one_that_is_drawn(tmp_path):
    home = tmp_path / "run"
    asked = Run(agent="nearest-neighbour", environment="mdpzoo/TSP-v0", steps=5, environment_settings={"num_nodes": 6})
    train(asked, home)
    kept = replace(run("TSP", "ppo", num_nodes=6), path=str(home))  # the name is another's, the folder counts
    (found,) = draw_solutions([kept]).data["solutions"]
    (rule,) = draw_solutions([run("TSP", "nearest-neighbour", num_nodes=6)]).data["solutions"]
    assert found["solution"] == rule["solution"]


def test_a_knapsack_and_a_large_instance_are_not_drawn():
    assert draw_solutions([run("Knapsack", "greedy-ratio")]) is None
    assert draw_solutions([run("TSP", "nearest-neighbour", num_nodes=500)]) is None
