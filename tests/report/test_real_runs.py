"""Folders that ``mdpzoo train`` writes itself."""

import json

import pytest

from mdpzoo import registry
from mdpzoo.report import page_of, read_results

AGENT, ENVIRONMENT = "q-learning", "mdpzoo/RiverSwim-v0"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    pytest.importorskip("stable_baselines3", reason="training needs the extra sb3")
    if AGENT not in registry.agents() or ENVIRONMENT not in registry.environments():
        pytest.skip(f"no installed plugin brings {AGENT} and {ENVIRONMENT}")
    from mdpzoo.experiments.run import Run
    from mdpzoo.experiments.training import train

    root = tmp_path_factory.mktemp("trained")
    for seed in (0, 1):
        run = Run(agent=AGENT, environment=ENVIRONMENT, steps=4_000, seed=seed, num_envs=4, settings={})
        train(run, root / f"river-{seed}")
    return root


def test_runs_of_train_are_read_as_they_were_asked_for(trained):
    results = read_results([trained])
    assert [(run.agent, run.environment, run.seed) for run in results.runs] == [
        (AGENT, ENVIRONMENT, each) for each in (0, 1)
    ]
    assert {run.status for run in results.runs} == {"done"}
    assert {run.steps_asked for run in results.runs} == {4_000.0}
    assert all(run.steps >= 4_000 and run.num_envs == 4 for run in results.runs)


def test_their_curves_reach_the_page(trained):
    results = read_results([trained])
    assert all(run.training is not None and len(run.training) > 1 for run in results.runs)
    assert "We ran q-learning in mdpzoo/RiverSwim-v0, with 2 seeds each (0, 1)" in page_of(results)


def test_a_run_that_is_still_going_is_unfinished(trained, tmp_path):
    folder = tmp_path / "going"
    folder.mkdir()
    (folder / "run.json").write_text(json.dumps({"agent": AGENT, "environment": ENVIRONMENT, "steps": 9, "seed": 0}))
    (run,) = read_results([tmp_path]).runs
    assert (run.status, run.score()) == ("unfinished", None)
