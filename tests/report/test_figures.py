"""Figures: what is drawn is where the numbers are."""

import re

import numpy as np
import pytest

from mdpzoo.experiments.statistics import Interval, performance_profile
from mdpzoo.report.figures.axes import Frame, Scale, band, padded, path
from mdpzoo.report.figures.interval_tables import Row, interval_rows
from mdpzoo.report.figures.matrices import heat_map
from mdpzoo.report.figures.palette import Look, looks
from mdpzoo.report.figures.profile_lines import profile_chart, profile_data
from mdpzoo.report.figures.step_lines import (
    FOOT,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Level,
    Series,
    drawn_data,
    frame_of,
    line_chart,
)

LOOK = Look("h0", None)


def series(name="a", steps=(0, 10, 20), values=(0, 1, 2), spread=0.5, seeds=None, look=LOOK):
    steps, values = np.array(steps, float), np.array(values, float)
    seeds = np.full(len(steps), 3) if seeds is None else np.array(seeds)
    low, high = (values - spread, values + spread) if spread is not None else (np.full(len(steps), np.nan),) * 2
    return Series(name, look, steps, values, low, high, seeds)


def attributes(name, text):
    return [float(each) for each in re.findall(rf'\b{name}="([-\d.]+)"', text)]


def test_a_scale_maps_its_limits_to_its_ends():
    scale = Scale(-1, 3, 100, 20)
    assert scale(np.array([-1, 1, 3])).tolist() == [100, 60, 20]


def test_paths_and_bands_go_through_their_points():
    xs, ys = np.array([0.0, 1.0]), np.array([2.0, 3.25])
    assert path(xs, ys) == "M0.0 2.0L1.0 3.2"
    assert band(xs, ys, ys + 1) == "M0.0 3.0L1.0 4.2L1.0 3.2L0.0 2.0Z"


@pytest.mark.parametrize("values", [[1.0], [0.0, 0.0], [-5.0, -5.0], [1e-12, 1e12], [0.0, 5e-324], [1e99, 1e99]])
def test_an_axis_never_has_length_zero(values):
    low, high = padded(values)
    assert low < min(values)
    assert high > max(values)


def test_a_frame_holds_lines_levels_and_zero():
    frame = frame_of([series(values=(5, 6, 7))], [Level("optimum", 9.0)], from_zero=True)
    assert frame.y.low < 0 < 9 < frame.y.high
    assert (frame.x.start, frame.x.end) == (LEFT, WIDTH - RIGHT)
    assert (frame.y.start, frame.y.end) == (HEIGHT - FOOT, TOP)


def test_one_wide_interval_does_not_flatten_the_lines():
    frame = frame_of([series(spread=1_000.0)], [])
    assert frame.y.high - frame.y.low < 5  # the lines span 2


def test_a_single_point_is_a_dot_with_a_whisker():
    chart = line_chart("c", "t", "y", [series(steps=(10,), values=(1,))])
    assert 'class="dot h0"' in chart
    assert 'class="whisker h0"' in chart
    assert "NaN" not in chart
    assert "nan" not in chart


def test_a_line_without_an_interval_has_no_band():
    assert 'class="band' not in line_chart("c", "t", "y", [series(spread=None)])


def test_levels_are_drawn_across_at_their_heights_and_named():
    drawn = line_chart("c", "t", "y", [series()], [Level("optimum", 2.5)])
    frame = frame_of([series()], [Level("optimum", 2.5)])
    (level,) = re.findall(r'<line [^>]*class="level"/>', drawn)
    assert attributes("y1", level) == attributes("y2", level) == [pytest.approx(float(frame.y(2.5)), abs=0.01)]
    assert ">optimum</text>" in drawn


@pytest.mark.parametrize(
    ("seeds", "whole"),
    [
        ([3, 3, 3], None),  # all are there all the time: one line
        ([3, 3, 1], 2),  # some have ended
        ([1, 3, 3], 2),  # some had not begun
    ],
)
def test_a_line_is_thin_where_not_all_runs_are(seeds, whole):
    drawn = line_chart("c", "t", "y", [series(seeds=seeds)])
    thick = re.search(r'<path d="([^"]*)" [^>]*class="curve h0"', drawn) or re.search(
        r'<path d="([^"]*)" class="curve h0"', drawn
    )
    assert drawn.count("curve thin") == (whole is not None)
    assert len(re.findall("[ML]", thick.group(1))) == (whole or 3)


def test_names_too_long_for_a_label_are_cut_in_the_label_only():
    drawn = line_chart("c", "t", "y", [series(name="a" * 40)])
    assert f">{'a' * 15}…</text>" in drawn
    assert f'data-name="{"a" * 40}"' in drawn


def test_data_have_six_digits_and_null_where_there_is_no_interval():
    data = drawn_data(frame_of([series()], []), "y", [series(values=(1 / 3, 1, 2), spread=None)], [])
    assert data["series"][0]["values"][0] == 0.333333
    assert data["series"][0]["low"] == [None] * 3


def test_an_agent_looks_the_same_whatever_else_is_drawn():
    every = looks([f"agent {place}" for place in range(20)])
    assert len(set(every.values())) == 20
    assert every["agent 3"] == looks(["a", "b", "c", "agent 3"])["agent 3"]
    assert every["agent 8"].swatch.endswith("dashed")


def test_rows_of_intervals_are_sorted_and_their_dots_are_at_the_estimates():
    rows = [
        Row(name, LOOK, Interval(middle, middle - 0.1, middle + 0.1, 0.95, "adjusted", 5))
        for name, middle in (("worse", 0.2), ("best", 0.9), ("middle", 0.5))
    ]
    table = interval_rows("IQM", rows)
    names = re.findall(r"</span>(\w+)</th>", table)
    assert names == ["best", "middle", "worse"]
    dots = [attributes("x1", each)[0] for each in re.findall(r'<line [^>]*class="point h0"', table)]
    # 0.9, 0.5 and 0.2 lie on one line: the middle one at 3/7 of the way from the last
    assert (dots[1] - dots[2]) / (dots[0] - dots[2]) == pytest.approx(3 / 7, abs=1e-3)
    whiskers = re.findall(r'<line [^>]*class="whisker h0"', table)
    for dot, whisker in zip(dots, whiskers, strict=True):
        assert (attributes("x1", whisker)[0] + attributes("x2", whisker)[0]) / 2 == pytest.approx(dot, abs=0.02)
    assert re.findall(r"</span>(\w+)</th>", interval_rows("gap", rows, "lower")) == names[::-1]


def test_an_estimate_without_an_interval_has_no_whisker():
    table = interval_rows("IQM", [Row("a", LOOK, Interval(0.5, np.nan, np.nan, 0.95, "none", 1))])
    assert "whisker" not in table
    assert "[" not in table


@pytest.mark.parametrize(
    ("value", "look"),
    [(0.0, "q0"), (0.55, "q5"), (1.0, "q9"), (3.0, "q9"), (-2.0, "q0"), (None, "empty")],
)
def test_cells_are_tinted_by_their_value_within_the_range(value, look):
    assert f'class="{look}"' in heat_map("t", ["r"], ["c"], [[value]], "{:.1f}".format)


def test_a_matrix_names_rows_and_columns_and_escapes_them():
    table = heat_map("t", ["<r>"], ["<c>"], [[0.2]], "{:.1f}".format, diverging=True)
    assert '<th scope="row">&lt;r&gt;</th>' in table
    assert '<th scope="col"><span>&lt;c&gt;</span></th>' in table
    assert 'class="d2">0.2</td>' in table


def test_profiles_start_and_end_where_their_shares_do():
    profiles = {
        "a": performance_profile([0.2, 0.6], np.linspace(0, 1, 11)),
        "b": performance_profile([0.1], [0.0] * 11),
    }
    styles = looks(["a", "b"])
    data = profile_data({"a": profiles["a"]}, styles)
    assert data["series"][0]["values"] == pytest.approx([1, 1, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0])
    assert data["limits"] == [0, 1, 0, 1]
    assert profile_chart("p", {"a": profiles["a"]}, styles).count('class="curve h0"') == 1


def test_axes_say_what_they_show():
    frame = Frame(Scale(0, 100_000, 0, 100), Scale(0, 1, 100, 0))
    text = frame.axes("environment steps", "mean return")
    assert "environment steps" in text
    assert ">40\u2009k<" in text
    assert ">0.4<" in text
