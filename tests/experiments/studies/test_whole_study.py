"""A study keeps what is there, does what is missing and reports what fails."""

import csv
import json
import shutil

import pytest

from mdpzoo.errors import MissingExtraError, SettingError
from mdpzoo.experiments.studies.whole_study import check_out, run_study
from tests.experiments.studies.study_texts import POOL, RIVER, outcomes_here, planned

TIMES = {"seconds", "cpu_seconds"}


def contents(out):
    """What a study's runs have left, without times."""
    found = {}
    for path in sorted(out.glob("*/*/seed-*")):
        result = json.loads((path / "result.json").read_text())
        tables = []
        for name in ("progress.csv", "evaluations.csv"):
            with open(path / name, newline="") as file:
                tables += [{key: row[key] for key in row.keys() - TIMES} for row in csv.DictReader(file)]
        found[str(path.relative_to(out))] = {key: result[key] for key in result.keys() - TIMES}, tables
    return found


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A plan and the folder of the finished study."""
    folder = tmp_path_factory.mktemp("study")
    plan = planned(folder)
    report = run_study(plan, folder / "out", jobs=2)
    assert (report.done, report.failures) == (6, [])
    return plan, folder / "out"


def test_the_folder_says_what_the_study_is(finished):
    plan, out = finished
    assert (out / "study.toml").read_text() == RIVER
    study = json.loads((out / "study.json").read_text())
    assert (study["name"], study["seeds"], study["steps"]) == ("study-file", [0, 1], 40)
    assert [each["folder"] for each in study["runs"]] == [each.folder for each in plan.runs]
    assert study["runs"][0]["agent"] == "q-learning"
    assert study["skipped"][0]["agent"] == "q-learning"
    assert len(contents(out)) == 6
    assert {path.name for path in (out / plan.runs[0].folder).iterdir()} >= {
        "run.json", "progress.csv", "evaluations.csv", "versions.json", "result.json", "agent.zip"
    }  # fmt: skip


def test_what_is_known_exactly_stands_beside(finished):
    river = json.loads((finished[1] / "truth" / "mdpzoo-RiverSwim-v0.json").read_text())
    assert river["criterion"] == "return"
    assert river["environment"] == "mdpzoo/RiverSwim-v0"
    assert river["settings"] == {"max_episode_steps": 5}
    assert river["optimum"] == pytest.approx(5 * 0.005)  # five steps: going left in the first state
    tsp = json.loads((finished[1] / "truth" / "mdpzoo-TSP-v0.json").read_text())
    assert tsp["random"] < tsp["optimum"] < 0


def test_a_finished_study_is_not_done_again_and_a_missing_run_is_done_alike(finished, monkeypatch):
    monkeypatch.setattr(POOL, outcomes_here)
    plan, out = finished
    before, stamps = contents(out), {path: path.stat().st_mtime_ns for path in out.glob("*/*/*/result.json")}
    shutil.rmtree(out / plan.runs[0].folder)
    report = run_study(plan, out, jobs=1)
    assert (report.done, report.found) == (6, 5)
    assert contents(out) == before
    lost = out / plan.runs[0].folder / "result.json"
    assert all(path.stat().st_mtime_ns == stamp for path, stamp in stamps.items() if path != lost)


def test_another_study_of_the_same_names_is_refused(finished, tmp_path):
    other = planned(tmp_path, RIVER.replace("steps = 40", "steps = 41"))
    with pytest.raises(SettingError, match="with steps 40, the study says 41"):
        check_out(other, finished[1])


def test_a_study_may_get_more_seeds(finished, tmp_path, monkeypatch):
    monkeypatch.setattr(POOL, outcomes_here)
    shutil.copytree(finished[1], tmp_path / "out")
    report = run_study(planned(tmp_path, RIVER.replace("seeds = 2", "seeds = 3")), tmp_path / "out", jobs=1)
    assert (report.runs, report.done, report.found) == (9, 9, 6)


def test_failures_are_reported_and_do_not_stop_the_rest(tmp_path, monkeypatch):
    monkeypatch.setattr(POOL, outcomes_here)
    text = RIVER.replace('id = "random"', 'id = "q-learning"\nname = "wrong"\nsettings = {discount = 7.0}')
    report = run_study(planned(tmp_path, text), tmp_path / "out", jobs=1)
    assert (report.runs, report.done) == (4, 2)
    assert {each["folder"] for each in report.failures} == {f"mdpzoo-RiverSwim-v0/wrong/seed-{seed}" for seed in (0, 1)}
    assert all("discount must lie in" in each["sentence"] for each in report.failures)


@pytest.mark.parametrize("name", ["file", "folder"])
def test_a_folder_of_somebody_else_is_refused(name, tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "thesis.tex").touch()
    (tmp_path / "file").touch()
    with pytest.raises(SettingError, match="choose another folder"):
        run_study(planned(tmp_path), tmp_path / name, jobs=1)
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["thesis.tex"]


def test_an_unknown_engine_is_refused(tmp_path):
    with pytest.raises(SettingError, match="engine must be 'local' or 'ray', got 'slurm'"):
        run_study(planned(tmp_path), tmp_path / "out", jobs=1, engine="slurm")


def test_without_wandb_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"wandb is not installed; type: pip install 'mdpzoo\[wandb\]'"):
        run_study(planned(tmp_path), tmp_path / "out", jobs=1, wandb=True)
    assert not (tmp_path / "out").exists()
