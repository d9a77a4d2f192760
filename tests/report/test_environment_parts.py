"""The part of the page on one environment, and the lists of runs."""

import re

import numpy as np
import pytest

from mdpzoo.report.analysis.tables import rows_of
from mdpzoo.report.figures.palette import looks
from mdpzoo.report.page.environment_parts import environment_part
from mdpzoo.report.page.run_lists import MOST_FAILURES, MOST_MISSING, all_runs, what_is_missing
from mdpzoo.report.page.sortable_tables import Cell, Column, sortable_table
from mdpzoo.report.records import Curve, Failure, Results, RunRecord, Skipped, Truth


def curve(*values):
    return Curve(np.arange(1.0, len(values) + 1) * 100, np.array(values, float))


def run(agent="a", seed=0, values=(1, 2, 3), **more):
    defaults = {"folder": f"{agent}/{seed}", "environment": "e", "status": "done", "training": curve(*values)}
    return RunRecord(agent=agent, seed=seed, **defaults | more)


def part_of(runs, truth=None):
    results = Results(title="t", runs=tuple(runs), truths={} if truth is None else {"e": truth})
    return environment_part(results, "e", rows_of(results), looks(results.agents), "id")


def heads(part):
    return re.findall(r'<th scope="col"[^>]*>([^<]+)</th>', part.html)


def test_without_a_truth_there_is_a_curve_and_no_column_that_is_empty():
    part = part_of([run(seed=0), run(seed=1)])
    assert list(part.charts) == ["id-learning"]
    assert part.charts["id-learning"]["levels"] == {}
    assert heads(part) == ["agent", "seeds", "score", "95 % interval", "area", "steps"]


def test_an_optimum_adds_its_line_and_the_gap_which_is_the_optimum_less_the_curve():
    part = part_of([run(seed=0), run(seed=1, values=(2, 3, 4))], Truth(optimum=5.0, random=0.0, source="by hand"))
    assert part.charts["id-learning"]["levels"] == {"optimum": 5.0, "random actions": 0.0}
    learning, gap = (part.charts[name]["series"][0] for name in ("id-learning", "id-gap"))
    np.testing.assert_allclose(np.array(gap["values"]) + np.array(learning["values"]), 5.0)
    np.testing.assert_allclose(np.array(gap["low"]) + np.array(learning["high"]), 5.0)  # limits change places
    assert {"gap", "normalised"} <= set(heads(part))
    assert "by hand." in part.html


def test_an_optimum_that_is_not_exact_is_called_the_best_known():
    part = part_of([run()], Truth(optimum=5.0, exact=False, interval=(4.5, 5.5)))
    assert part.charts["id-learning"]["levels"] == {"best known": 5.0}
    assert "(95 % interval [4.50, 5.50])" in part.html


def test_a_gain_adds_regret_instead_of_the_gap():
    rewards = Curve(np.array([100.0, 200.0]), np.array([50.0, 150.0]))
    part = part_of([run(rewards=rewards)], Truth(optimum=5.0, random=0.0, gain=1.0))
    assert list(part.charts) == ["id-learning", "id-regret"]
    assert part.charts["id-regret"]["series"][0]["values"] == [0, 50, 50]
    assert "regret" in heads(part)


def test_steps_to_nine_tenths_are_told_where_all_seeds_get_there():
    truth = Truth(optimum=10.0, random=0.0)
    reaching = part_of([run(seed=0, values=(1, 9.5, 9.6)), run(seed=1, values=(1, 2, 9.5))], truth)
    assert "steps to 90\u2009%" in heads(reaching)
    assert 'data-value="250">250<' in reaching.html  # 200 and 300
    assert "steps to 90\u2009%" not in heads(part_of([run(seed=0, values=(1, 2, 3))], truth))


def test_failed_runs_are_counted_and_left_out_of_the_mean():
    runs = [run(seed=0), run(seed=1, values=(90, 90, 90), status="failed", failure=Failure("E", "m"))]
    part = part_of(runs)
    assert "1 (+1 failed)" in part.html
    assert part.charts["id-learning"]["series"][0]["values"] == [1, 2, 3]


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ([run()], "Training episodes: one seed each, so that there is no interval."),
        ([run(seed=0), run(seed=1)], "Training episodes: means over seeds with 95\u00a0% intervals."),
        ([run(seed=0), run(seed=1, values=(1, 2))], "a line is thin where some have ended or not begun."),
    ],
)
def test_a_caption_says_what_is_drawn(runs, sentence):
    assert sentence in part_of(runs).html


def test_an_environment_whose_runs_all_failed_has_a_table_and_no_chart():
    part = part_of([run(training=None, status="failed", failure=Failure("E", "m"))])
    assert part.charts == {}
    assert "0 (+1 failed)" in part.html


def test_all_runs_have_a_row_with_values_to_sort_by():
    results = Results(title="t", runs=(run(seconds=3.0, steps=300.0), run(seed=1, training=None)))
    html = all_runs(results)
    assert html.count("<tr>") == 3
    assert 'data-value="3">3.00\u2009s<' in html
    assert html.count("–") == 2  # the second run has neither score nor time


def test_nothing_missing_makes_no_part():
    assert what_is_missing(Results(title="t", runs=(run(),))) is None


def test_what_is_missing_is_listed_and_long_lists_are_cut():
    failed = tuple(run(seed=seed, status="failed", failure=Failure("E", f"<m{seed}>", "<tb>")) for seed in range(60))
    notes = tuple(f"note {place}" for place in range(MOST_MISSING + 5))
    results = Results(title="t", runs=failed, skipped=(Skipped("e", "a", "<r>"),), missing=("x/y",), notes=notes)
    html = what_is_missing(results, ["one <more>"])
    assert html.count("<pre") == MOST_FAILURES
    assert "and 10 more; the table of runs lists them" in html
    assert "and 6 more" in html
    for escaped in ("&lt;m0&gt;", "&lt;tb&gt;", "&lt;r&gt;", "x/y: not begun"):
        assert escaped in html


def test_a_run_that_has_not_ended_says_how_far_it_is():
    results = Results(title="t", runs=(run(status="unfinished", steps=20_000.0, steps_asked=50_000.0),))
    assert "a/0: 20\u2009k of 50\u2009k steps" in what_is_missing(results)


def test_cells_keep_their_values_apart_from_what_they_show():
    columns = [Column("name", False), Column("n", True, "how many")]
    html = sortable_table("t", columns, [[Cell("<a>", "<a>"), Cell("1,000", 1_000.0)], [Cell("b", "b"), Cell("–")]])
    assert 'data-value="&lt;a&gt;"' in html
    assert 'data-value="1000">1,000</td>' in html
    assert '<td class="number">–</td>' in html  # without a value it is last in any order
    assert 'title="how many"' in html


def test_the_value_of_a_game_is_called_so_and_has_no_gap():
    part = part_of([run(seed=0), run(seed=1, values=(2, 3, 4))], Truth(optimum=5.0, of_game=True))
    assert "value of the game" in str(part.html)
    assert "ptimum" not in str(part.html)
    assert [id for id in part.charts if id.endswith("gap")] == []
