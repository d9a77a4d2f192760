"""Records with large arrays say little of themselves: one line at the prompt, a small table in a notebook."""

import re

import numpy as np
import pytest

from mdpzoo.experiments.evaluation import Evaluation
from mdpzoo.models import MarkovGame, TabularMDP
from mdpzoo.planning import evaluate, occupancy, solve_average, solve_discounted, solve_finite_horizon
from mdpzoo.planning.soft import solve_soft_discounted
from mdpzoo.showing import entry_text

LAKE = TabularMDP.from_gymnasium("FrozenLake-v1")
RECORDS = {
    "model": LAKE,
    "game": MarkovGame(LAKE, (2, 2)),
    "discounted": solve_discounted(LAKE, 0.9),
    "average": solve_average(LAKE),
    "finite horizon": solve_finite_horizon(LAKE, 50),
    "soft": solve_soft_discounted(LAKE, 0.9, 1.0),
    "evaluation of a policy": evaluate(LAKE, np.zeros(16, int), discount=0.9),
    "occupancy": occupancy(LAKE, np.zeros(16, int), discount=0.9),
    "evaluation of an agent": Evaluation(np.zeros(5_000), np.ones(5_000, int), 0),
}


@pytest.mark.parametrize("name", RECORDS)
def test_a_record_shows_itself_in_one_line_and_in_a_small_table(name):
    line = repr(RECORDS[name])
    assert line.startswith(f"{type(RECORDS[name]).__name__}(")
    assert "\n" not in line
    assert len(line) < 250
    assert len(RECORDS[name]._repr_html_()) < 2_000
    assert RECORDS[name]._repr_html_().startswith("<table>")


def test_a_model_says_its_size_and_a_solution_how_sure_it_is():
    assert repr(LAKE) == "TabularMDP(states=16, actions=4, transitions=148, terminal=5)"
    assert re.search(r"values=float64\[16\], policy=int64\[16\], error_bound=[\d.e-]+", repr(RECORDS["discounted"]))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.zeros((3, 2), np.int8), "int8[3, 2]"),
        (0.1 + 0.2, "0.3"),
        (list(range(1_000)), "1000 entries"),
        ("a" * 100, f"'{'a' * 46}…"),  # 47 characters and the mark of the cut
        ([1, 2], "[1, 2]"),
    ],
)
def test_an_entry_is_said_in_few_characters(value, text):
    assert entry_text(value) == text


def test_markup_in_an_entry_is_escaped():
    class Named(Evaluation):
        def _facts(self):
            return {"<b>": "<script>"}

    from mdpzoo.showing import html_of

    assert "<script>" not in html_of(Named(np.zeros(1), np.ones(1), 0))
