"""``mdpzoo report`` and ``mdpzoo compare``, as they are typed."""

import json
import subprocess
import sys

import pytest

from tests.report.study_writer import StudyWriter, World


def typed(*arguments):
    command = [sys.executable, "-m", "mdpzoo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def study(root, skill, seeds=6):
    return StudyWriter(root, [World("mdpzoo/FrozenLake-v0", 0.74, 0.015)], {"ppo": skill}, seeds).write()


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("studies")
    return study(root / "before", 0.5), study(root / "after", 0.9)


def test_a_page_and_tables_are_written_and_rows_are_printed(folders, tmp_path):
    out = tmp_path / "r.html"
    ended = typed("report", folders[0], "-o", out, "--csv", tmp_path / "r.csv", "--latex", tmp_path / "r.tex", "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert (told["runs"], told["notes"]) == (6, [])
    assert told["rows"][0]["agent"] == "ppo"
    assert out.read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "r.csv").read_text().count("\n") == 2
    assert "ppo" in (tmp_path / "r.tex").read_text()


def test_two_folders_are_compared_by_seed(folders):
    ended = typed("compare", *folders, "--json")
    (row,) = json.loads(ended.stdout)
    assert row["paired"]
    assert row["difference"] > 0
    assert row["improvement"] == 1.0
    assert row["p_value"] == row["corrected"] == pytest.approx(2 / 2**6)  # six seeds that all agree
    table = typed("compare", *folders).stdout
    assert "6 pairs" in table
    assert "100" in table


def test_different_seeds_are_compared_without_pairs(folders, tmp_path):
    (row,) = json.loads(typed("compare", folders[0], study(tmp_path / "more", 0.9, seeds=4), "--json").stdout)
    assert not row["paired"]
    assert row["seeds"] == [4, 6]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("report", "nowhere"), "there is no folder 'nowhere'"),
        (("report", "{folder}", "-o", "nowhere/r.html"), "there is no folder"),
        (("compare", "{folder}"), "compare takes two folders, got 1"),
    ],
)
def test_an_error_is_one_sentence(folders, tmp_path, arguments, sentence):
    ended = typed(*(each.format(folder=folders[0]) for each in arguments))
    assert ended.returncode == 2
    assert sentence in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1


def test_a_folder_that_cannot_be_written_leaves_no_page(folders, tmp_path):
    blocked = tmp_path / "r.html"
    blocked.mkdir()
    ended = typed("report", folders[0], "-o", blocked, "--no-drawings")
    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["r.html"]


def test_listing_imports_nothing_of_reports():
    code = (
        "import sys; import mdpzoo.cli; "
        "heavy = [n for n in sys.modules if n.startswith(('mdpzoo.report', 'mdpzoo.experiments', 'jinja2'))]; "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_logs_of_stable_baselines3_make_a_page(tmp_path):
    folder = tmp_path / "logs" / "ppo" / "CartPole-v1_1"
    folder.mkdir(parents=True)
    (folder / "0.monitor.csv").write_text('#{"t_start": 0.0, "env_id": "CartPole-v1"}\nr,l,t\n9.0,9,0.1\n20.0,20,0.2\n')
    ended = typed("report", tmp_path / "logs", "-o", tmp_path / "r.html", "--json")
    (row,) = json.loads(ended.stdout)["rows"]
    assert (row["agent"], row["environment"], row["runs"]) == ("ppo", "CartPole-v1", 1)
    assert "Training episodes" in (tmp_path / "r.html").read_text()


def test_what_cannot_be_read_is_told_to_programs_and_on_the_page(tmp_path):
    root = study(tmp_path / "s", 0.9, seeds=2)
    broken = root / "mdpzoo-FrozenLake-v0" / "ppo" / "seed-0"
    for name in ("run.json", "result.json"):
        (broken / name).write_text("{")
    told = json.loads(typed("report", root, "-o", tmp_path / "r.html", "--json").stdout)
    assert told["runs"] == 1
    assert any("does not say which agent" in note for note in told["notes"])
    assert "What could not be read" in (tmp_path / "r.html").read_text()


def test_folders_without_agents_in_common_cannot_be_compared(folders, tmp_path):
    other = StudyWriter(tmp_path / "o", [World("x/A-v0")], {"ppo": 0.5}, seeds=2).write()
    ended = typed("compare", folders[0], other)
    assert ended.returncode == 2
    assert "share no agent with scores in the same environment" in ended.stderr


def test_a_damaged_file_that_a_comparison_leaves_out_is_named(folders, tmp_path):
    damaged = study(tmp_path / "damaged", 0.9)
    next(damaged.glob("*/*/*/result.json")).write_text("{")
    ended = typed("compare", folders[0], damaged)
    assert ended.returncode == 0
    assert "left out: " in ended.stderr
    assert "result.json' is damaged" in ended.stderr
