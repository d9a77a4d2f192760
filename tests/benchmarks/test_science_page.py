"""RESULTS.md beside its JSON, and how the one is made of the other."""

import pytest
import write_results
from science.page import origin, write_part
from science.records import Result, differences, from_text, read_result, split
from science.table_list import BENCHMARKS, SCIENCE, ScienceError, Table, read_tables

from mdpzoo.experiments.studies.study_file import read_study

TABLES = read_tables()
TOY = Table(name="toy", title="", command="toy.py", made_by="science", minutes=1, timings=("seconds",))
MADE = {"source": "measured", "date": "2026-01-01", "mdpzoo": "0.1.0", "cpu_seconds": 2.0}
ROWS = [{"size": 1000, "gap": 0.12345, "seconds": 1.5, "kind": "x"}, {"size": 2, "gap": None, "kind": "y"}]


def filled(text, rows=ROWS):
    """A part with the toy's rows, without the line of their origin."""
    result = split("toy", MADE, rows, TOY.timings)
    return write_part(text, {"toy": TOY}, lambda name: result).replace("\n" + origin(TOY, result), "").rstrip()


def table(marker, template):
    return f"{marker}\n| a |\n| --- |\n{template}\n"


def test_the_page_is_what_the_results_give():
    assert write_results.PAGE.read_text(encoding="utf-8") == write_results.page()


@pytest.mark.parametrize("entry", TABLES.values(), ids=lambda each: each.name)
def test_what_makes_a_table_is_there(entry):
    assert entry.script.is_file()
    if entry.study:
        read_study(BENCHMARKS / entry.study)


@pytest.mark.parametrize("name", TABLES)
def test_a_result_says_what_made_it_and_keeps_its_timings_apart(name):
    result = read_result(name)
    assert result.made["source"] in ("measured", "quoted", "converted")
    assert {"command", "seeds", "date", "mdpzoo"} <= result.made.keys()
    if result.made["source"] != "converted":  # what was printed before says neither
        assert {"code", "machine", "versions", "cpu_seconds"} <= result.made.keys()
    timings = set(TABLES[name].timings)
    assert not timings.intersection(*(row.keys() for row in result.figures))
    assert all(row.keys() <= timings for row in result.timings)


def test_science_needs_nothing_and_two_cores_make_it_in_an_hour():
    tables = [each for each in TABLES.values() if each.made_by == SCIENCE]
    assert all(each.needs == () for each in tables)
    assert sum(each.minutes / (2 if each.study else 1) for each in tables) < 60  # two runs of a study at a time


@pytest.mark.parametrize(("marker", "template", "lines"), [
    ("<!-- table: toy -->", "| {size:,} |", ["| 1,000 |", "| 2 |"]),
    ("<!-- table: toy -->", "| {gap:.2f} % |", ["| 0.12 % |", "| - |"]),  # null
    ("<!-- table: toy -->", "| {seconds} |", ["| 1.5 |", "| - |"]),  # a row without the field
    ("<!-- table: toy blank -->", "| {gap:.2f} |", ["| 0.12 |", "|  |"]),
    ("<!-- table: toy -->", "| {kind:.2f} |", ["| x |", "| y |"]),  # text has no digits
    ("<!-- table: toy where kind=y -->", "| {size} |", ["| 2 |"]),
    ("<!-- table: toy where size=1000 -->", "| {size} |", ["| 1000 |"]),
])  # fmt: skip
def test_a_template_is_written_once_for_every_row(marker, template, lines):
    assert filled(table(marker, template)).splitlines() == ["| a |", "| --- |", *lines]


def test_a_list_is_shown_item_by_item():
    assert filled(table("<!-- table: toy -->", "| {n:,} |"), [{"n": [1000, 20], "seconds": 1}]).endswith(
        "| 1,000, 20 |"
    )


def test_a_sentence_quotes_the_row_whose_first_field_it_names():
    assert filled("so {toy[1000].gap:.3f} % and prod_{j=1}^{7}") == "so 0.123 % and prod_{j=1}^{7}"


@pytest.mark.parametrize(("text", "sentence"), [
    (table("<!-- table: other -->", "| {size} |"), "table 'other' that science.toml does not list"),
    (table("<!-- table: toy -->", "| {length} |"), "'length' that no row of table 'toy' has"),
    (table("<!-- table: toy where kind=z -->", "| {size} |"), "no row of table 'toy' is shown"),
    (table("<!-- table: toy -->", "| {size:q} |"), "1000 cannot be shown as 'q'"),
    ("{toy[3].gap}", "which toy.json does not have"),
])  # fmt: skip
def test_a_page_that_does_not_fit_its_results_is_named_in_a_sentence(text, sentence):
    with pytest.raises(ScienceError, match=sentence.replace("[", r"\[")):
        filled(text)


def test_a_result_is_read_as_it_was_written():
    result = split("toy", MADE, ROWS, TOY.timings)
    assert from_text(result.to_text()) == result
    assert result.rows == ROWS


def test_a_timing_that_no_row_has_is_an_error():
    with pytest.raises(ScienceError, match="no field 'minutes'"):
        split("toy", MADE, ROWS, ("minutes",))


@pytest.mark.parametrize(("printed", "value", "equal"), [
    (0.93, 0.9341924, True),
    (0.93, 0.9351, False),
    (12, 12.4, True),
    (12.0, 12.4, True),  # 12.0 says no more than 12 in JSON
    (1.8e-15, 1.83e-15, True),
    (1.8e-15, 1.9e-15, False),
    ([1, 20], [1, 20], True),
    ("x", "y", False),
    (None, 1.0, False),
])  # fmt: skip
def test_a_converted_figure_is_compared_by_the_digits_that_were_printed(printed, value, equal):
    before = Result("toy", {"source": "converted"}, [{"gap": printed}], [{}])
    now = Result("toy", MADE, [{"gap": value, "not printed": 3}], [{}])
    assert (differences(before, now) == []) is equal


@pytest.mark.parametrize(("figures", "found"), [
    ([{"size": 1, "gap": 0.5 + 1e-9}], []),  # the last digits of another machine
    ([{"size": 1, "gap": 0.501}], ["row 1, gap: 0.501, formerly 0.5"]),
    ([{"size": 1, "gap": None}], ["row 1, gap: None, formerly 0.5"]),
    ([{"size": 1}], ["row 1, gap: None, formerly 0.5"]),
    ([], ["0 rows, formerly 1"]),
])  # fmt: skip
def test_results_differ_only_in_timings_where_their_figures_are_equal(figures, found):
    before = Result("toy", MADE, [{"size": 1, "gap": 0.5}], [{"seconds": 1.0}])
    now = Result("toy", MADE | {"date": "2027-01-01"}, figures, [{"seconds": 9.0}] * len(figures))
    assert differences(before, now) == found
