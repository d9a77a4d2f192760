"""Markup that cannot be injected, numbers as people read them, and labels that do not overlap."""

import json

import numpy as np
import pytest

from mdpzoo.report.figures.axes import Scale, spread_labels
from mdpzoo.report.figures.number_text import alike, count, interval, number, seconds
from mdpzoo.report.markup import Html, element, joined, json_script


def test_text_is_escaped_and_markup_is_kept():
    assert element("p", "<b>", element("i", '"&')) == "<p>&lt;b&gt;<i>&quot;&amp;</i></p>"
    assert element("p", None, False, 0, ["a", Html("<br>")]) == "<p>0a<br></p>"


def test_attributes_are_quoted_and_named_as_in_html():
    assert element("td", class_="a", data_value='"><x', colspan=2) == (
        '<td class="a" data-value="&quot;&gt;&lt;x" colspan="2"></td>'
    )
    assert element("svg", viewBox="0 0 1 1", hidden=True, title=None) == '<svg viewBox="0 0 1 1" hidden></svg>'
    assert element("circle", cx=1.23456, cy=2.0) == '<circle cx="1.23" cy="2"/>'


@pytest.mark.parametrize("tag", ["script", "style", "iframe", "object", "a b", "p><script", ""])
def test_elements_that_run_or_load_are_refused(tag):
    with pytest.raises(ValueError, match="cannot be built"):
        element(tag)


@pytest.mark.parametrize(
    "attributes",
    [{"onclick": "x"}, {"ONLOAD": "x"}, {"href": "javascript:x"}, {"src": "x"}, {"style": "x"}, {"a b": 1}, {"": 1}],
)
def test_attributes_that_run_or_load_are_refused(attributes):
    with pytest.raises(ValueError, match="cannot be used"):
        element("a", **attributes)


def test_links_within_the_page_are_allowed():
    assert element("a", "x", href="#top") == '<a href="#top">x</a>'


def test_joined_parts_stay_markup():
    assert joined([element("b", "<"), "<"]) == "<b>&lt;</b>&lt;"


def test_data_cannot_end_its_script_and_is_json():
    value = {"</script><script>": ["<!--", "\u2028", "é"]}
    script = json_script("data", value)
    inner = script.removeprefix('<script type="application/json" id="data">').removesuffix("</script>")
    assert "<" not in inner
    assert json.loads(inner) == value
    with pytest.raises(ValueError, match="JSON"):
        json_script("data", float("nan"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.99999, "1.00"),  # rounding reaches the next power of ten
        (123456, "123,000"),
        (-0.0123, "−0.0123"),
        (1.5e9, "1.50e9"),
        (3e-7, "3.00e-7"),
        (None, "–"),
        (float("nan"), "–"),
        (float("-inf"), "−∞"),
    ],
)
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_numbers_of_one_axis_have_as_many_decimals():
    assert alike([0, 0.25, 0.5], 0.25) == ["0.00", "0.25", "0.50"]
    assert alike([-20, 0, 20], 20) == ["−20", "0", "20"]
    assert alike([-0.001], 0.01) == ["0.00"]  # no minus before nothing


def test_counts_times_and_limits_are_short():
    assert [count(each) for each in (999, 9_999, 100_000, 2_500_000)] == ["999", "9,999", "100\u2009k", "2.5\u2009M"]
    assert [seconds(each) for each in (None, 5, 300, 9_000)] == ["–", "5.00\u2009s", "5.00\u2009min", "2.50\u2009h"]
    assert interval(1, 2) == "[1.00, 2.00]"
    assert interval(None, None) == interval(float("nan"), 1) == ""


@pytest.mark.parametrize(("low", "high"), [(0, 1), (-3.7, 12.4), (1e-5, 3e-5), (99.9, 100.1), (0, 123_456)])
def test_ticks_are_round_within_the_limits_and_about_as_many_as_wanted(low, high):
    ticks = Scale(low, high, 0, 100).ticks(5)
    assert 3 <= len(ticks) <= 8
    assert all(low - 1e-9 <= each <= high + 1e-9 for each in ticks)
    steps = np.diff(ticks)
    np.testing.assert_allclose(steps, steps[0])
    assert f"{steps[0]:.3e}"[:4] in ("1.00", "2.00", "2.50", "5.00")


@pytest.mark.parametrize("seed", range(5))
def test_labels_keep_their_distance_their_order_and_the_area(seed):
    wanted = np.random.default_rng(seed).uniform(0, 100, 7).tolist()
    places = spread_labels(wanted, 12, 0, 100)
    assert min(np.diff(sorted(places))) >= 12 - 1e-9
    assert np.argsort(places).tolist() == np.argsort(wanted).tolist()
    assert -1e-9 <= min(places) <= max(places) <= 100 + 1e-9


def test_labels_that_are_apart_stay_where_they_are():
    assert spread_labels([10, 50, 90], 12, 0, 100) == [10, 50, 90]
