"""Instances and answers at the prompt and in notebooks."""

import sys

import pytest

from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.bq_nco.search.decodings import Solutions
from mdpzoo_combinatorial.problems import PROBLEMS

PNG = b"\x89PNG\r\n"


@pytest.mark.parametrize("problem", PROBLEMS)
def test_an_instance_and_its_answer_show_a_line_a_table_and_a_picture(problem):
    instance = generate(problem, 1, 30, seed=0)[0]
    answer = solve(instance, PROBLEMS[problem].rule)
    for each in (instance, answer):
        assert "\n" not in repr(each)
        assert len(repr(each)) < 250
        assert each._repr_png_().startswith(PNG)
        assert each._repr_html_().startswith("<table>")
        assert "data:image/png;base64," in each._repr_html_()
    assert instance.name in repr(answer)


def test_an_instance_says_what_it_is():
    shown = repr(read_instance("example:capitals"))
    assert shown.startswith(
        "TSPInstance(name='us-capitals', coordinates=float64[48, 2], edge_weight_type='GREAT_CIRCLE'"
    )


def test_without_matplotlib_there_is_a_table_only(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    instance = generate("TSP", 1, 5, seed=0)[0]
    assert instance._repr_png_() is None
    assert "<img" not in instance._repr_html_()


def test_many_solutions_are_told_by_their_shape():
    import numpy as np

    many = Solutions(np.zeros((64, 100), np.int64), np.zeros(64), "greedy", 1.0, True, 1)
    assert "sequence=int64[64, 100]" in repr(many)
