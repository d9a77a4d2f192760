"""Tables for other programs, and results in a notebook."""

import csv
import io

import numpy as np
import pytest

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.experiments.evaluation import Evaluation
from mdpzoo.experiments.statistics import bootstrap_interval, compare_paired, performance_profile
from mdpzoo.report.analysis.tables import Row, rows_of
from mdpzoo.report.exports import csv_text, escaped, latex_text, write_table


def test_csv_has_every_number_in_full(shown_results):
    rows = rows_of(shown_results)
    lines = list(csv.DictReader(io.StringIO(csv_text(rows))))
    assert len(lines) == len(rows) == 16
    for line, row in zip(lines, rows, strict=True):
        assert float(line["score"]) == row.score
        assert line["gap"] == ("" if row.gap is None else str(row.gap))


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_name_is_no_formula_of_a_spreadsheet(name):
    row = Row(environment="e", agent=name, runs=1, failed=0, score=-1.0)
    (line,) = list(csv.DictReader(io.StringIO(csv_text([row]))))
    assert line["agent"] == f"'{name}"
    assert line["score"] == "-1.0"  # numbers stay numbers


def test_latex_names_each_environment_once_and_has_as_many_cells_everywhere(shown_results):
    text = latex_text(rows_of(shown_results))
    lines = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {line.count("&") for line in lines} == {5}
    assert text.count("mdpzoo/TSP-v0") == 1
    assert text.startswith(r"\begin{tabular}")
    for rule in ("toprule", "midrule", "bottomrule"):
        assert text.count(f"\\{rule}") == 1


def test_what_latex_would_run_is_escaped():
    assert escaped(r"\input{/etc/passwd}") == r"\textbackslash{}input\{/etc/passwd\}"
    assert escaped("50 % & _x^2 ~ #1 $a$ <b>\n%c") == (
        r"50 \% \& \_x\textasciicircum{}2 \textasciitilde{} \#1 \$a\$ \textless{}b\textgreater{} \%c"
    )


def test_parquet_holds_the_rows(shown_results, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra parquet writes it")
    rows = rows_of(shown_results)
    write_table(rows, tmp_path / "t.parquet", "parquet")
    assert parquet.read_table(tmp_path / "t.parquet").to_pylist() == [row.as_dict() for row in rows]


def test_without_pyarrow_one_sentence_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'mdpzoo\[parquet\]'"):
        write_table([], tmp_path / "t.parquet", "parquet")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_kind_of_table_is_named(tmp_path):
    with pytest.raises(SettingError, match="csv, latex, parquet"):
        write_table([], tmp_path / "t", "excel")
    assert list(tmp_path.iterdir()) == []


def test_results_show_themselves_in_a_notebook(shown_results):
    html = shown_results._repr_html_()
    assert html.count("<tr>") == 17
    assert "mdpzoo/TSP-v0" in html
    evaluation = Evaluation(np.array([1.0, 3.0]), np.array([5, 7]), 0)
    assert "<td>2.00</td>" in evaluation._repr_html_()
    assert "<b>2</b>" in bootstrap_interval([1.0, 3.0], "mean")._repr_html_()
    assert "50.0%" in performance_profile([0.0, 1.0], [0.5])._repr_html_()
    assert "&lt;b&gt;" in compare_paired("<b>", [1.0, 2.0], [0.0, 0.0])._repr_html_()
