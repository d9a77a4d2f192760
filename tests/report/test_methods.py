"""The paragraph on methods, and the head of the page."""

import numpy as np
import pytest

from mdpzoo.report import Results, RunRecord, Truth, page_of
from mdpzoo.report.page.methods import methods_paragraph
from mdpzoo.report.records import Curve, Episodes, Failure


def run(agent="ppo", seed=0, environment="e", **more):
    defaults = {"folder": f"{agent}/{seed}", "status": "done", "steps": 1_000.0, "steps_asked": 1_000.0}
    return RunRecord(agent=agent, seed=seed, environment=environment, **defaults | more)


def told(*runs, **more):
    return methods_paragraph(Results(title="t", runs=tuple(runs), **more))


@pytest.mark.parametrize(
    ("seeds", "words"),
    [
        ([0], "with 1 seed each (0)"),
        ([0, 1, 2, 3], "with 4 seeds each (0–3)"),
        ([0, 1, 5, 7, 8, 9], "with 6 seeds each (0, 1, 5, 7–9)"),
        (range(0, 300, 2), "with 150 seeds each, for"),  # too many to name
    ],
)
def test_seeds_are_counted_and_named(seeds, words):
    assert words in told(*(run(seed=seed) for seed in seeds))


def test_different_numbers_of_seeds_are_a_range():
    assert "with 1 to 2 seeds each (0, 1)" in told(run("a", 0), run("b", 0), run("b", 1))


def test_agents_and_environments_are_named_or_where_many_counted_too():
    assert told(run("a"), run("b"), run("c")).startswith("We ran a, b and c in e,")
    many = told(*(run(f"agent{place}") for place in range(9)))
    assert many.startswith("We ran 9 agents (agent0, ")


@pytest.mark.parametrize(
    ("steps", "words"),
    [([1_000, 1_000], "for 1,000 environment steps each"), ([500, 20_000], "for 500 to 20,000 environment steps each")],
)
def test_steps_are_those_that_were_asked_for(steps, words):
    assert words in told(*(run(seed=seed, steps=1.0, steps_asked=float(each)) for seed, each in enumerate(steps)))


def test_scores_are_explained_by_how_they_were_measured():
    assert "mean returns of training episodes over the last tenth" in told(run())
    one = Episodes(np.array([1.0, 2.0]), np.zeros(2), np.ones(2))
    assert "its last evaluation (1 episode)" in told(run(evaluations=one))


def test_intervals_and_normalisation_are_explained_where_there_are_some():
    pair = (run(seed=0), run(seed=1))
    assert "studentised bootstrap." in told(*pair)
    assert "normalised between uniformly random actions (0) and the optimum (1)" in told(
        *pair, truths={"e": Truth(optimum=1.0, random=0.0)}
    )
    assert "no intervals are given" in told(run())


def test_time_machine_and_versions_are_those_of_the_runs():
    versions = {"python": "3.11.7", "cpu": "Fast CPU", "mdpzoo": "0.1.0", "mdpzoo-horizon": "0.2.0", "left-pad": "9"}
    text = told(
        run(cpu_seconds=90.0, versions=versions), run(seed=1, cpu_seconds=90.0, versions=versions | {"mdpzoo": "0.2"})
    )
    assert "All runs took 3.00\u2009min of CPU time on Fast CPU." in text
    assert "Versions: python 3.11.7, mdpzoo 0.1.0 and 0.2, mdpzoo-horizon 0.2.0." in text
    assert "left-pad" not in text


def test_failures_are_said():
    failed = run(seed=1, status="failed", failure=Failure("E", "m"))
    assert "1 of 2 runs failed and are left out." in told(run(), failed)
    assert "none has ended" in told(failed)


def test_the_head_counts_runs_and_shows_what_is_bad_only_where_it_is():
    curve = Curve(np.array([1.0, 2.0]), np.array([0.0, 1.0]))
    good = page_of(Results(title="a <title>", runs=(run(training=curve),)))
    assert "<title>a &lt;title&gt;</title>" in good
    assert "<li><b>1</b>runs</li>" in good
    assert "</b>failed</li>" not in good
    bad = page_of(
        Results(title="t", runs=(run(), run(seed=1, status="failed", failure=Failure("E", "m"))), missing=("x",))
    )
    assert '<li class="bad"><b>1</b>failed</li>' in bad
    assert "<li><b>1</b>not ended</li>" in bad
    assert "1 agent in 1 environment, 1,000 steps a run" in bad
