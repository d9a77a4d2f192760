"""A task ends in an outcome, whatever happens; a failure is kept with its traceback."""

import json
import os
import shutil

import pytest

from mdpzoo.experiments import training
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.studies.execution import Task, execute, is_done, perform
from mdpzoo.experiments.studies.states import state_of

RUN = Run(agent="q-learning", environment="mdpzoo/RiverSwim-v0", steps=20, num_envs=2)


def test_a_run_is_done_once(tmp_path):
    assert state_of(RUN, tmp_path / "run") == "waiting"
    assert execute(RUN, tmp_path / "run").status == "done"
    written = (tmp_path / "run" / "result.json").stat().st_mtime_ns
    assert execute(RUN, tmp_path / "run").status == "done"
    assert (tmp_path / "run" / "result.json").stat().st_mtime_ns == written
    assert state_of(RUN, tmp_path / "run") == "done"
    assert not is_done(Run(**{**RUN.as_json(), "steps": 30}), tmp_path / "run")


@pytest.mark.parametrize("damage", [b"", b'{"agent": "q-le', b"[]", b"\xff", b"[" * 100_000])
def test_a_damaged_result_is_written_again_and_is_the_same(damage, tmp_path):
    execute(RUN, tmp_path / "run")
    path = tmp_path / "run" / "result.json"
    before, evaluated = json.loads(path.read_text()), (tmp_path / "run" / "progress.csv").read_text().count("\n")
    path.write_bytes(damage)
    assert not is_done(RUN, tmp_path / "run")
    assert execute(RUN, tmp_path / "run").status == "done"
    after = json.loads(path.read_text())
    assert {**before, "seconds": 0, "cpu_seconds": 0} == {**after, "seconds": 0, "cpu_seconds": 0}
    assert (tmp_path / "run" / "progress.csv").read_text().count("\n") == evaluated  # nothing was learned again


def test_a_failure_is_kept_with_its_traceback_and_counted_and_goes_when_the_run_succeeds(tmp_path):
    wrong = Run(**{**RUN.as_json(), "settings": {"discount": 2.0}})
    for attempt in (1, 2):
        outcome = execute(wrong, tmp_path)
        assert (outcome.status, outcome.sentence) == ("failed", "discount must lie in [0, 1], got 2.0")
        failure = json.loads((tmp_path / "failure.json").read_text())
        assert (failure["type"], failure["attempt"]) == ("SettingError", attempt)
        assert "Traceback" in failure["traceback"]
        assert not (tmp_path / "result.json").exists()
    assert state_of(wrong, tmp_path) == "failed"
    assert execute(RUN, tmp_path / "well").status == "done"


def test_a_run_that_failed_can_be_executed_again(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("no luck")

    with monkeypatch.context() as broken:
        broken.setattr(training, "_learn", fail)
        assert execute(RUN, tmp_path).sentence == "ZeroDivisionError: no luck"
    assert execute(RUN, tmp_path).status == "done"
    assert not (tmp_path / "failure.json").exists()


@pytest.mark.parametrize("kind", ["run", "truth"])
def test_a_folder_that_cannot_be_written_is_an_outcome(kind, tmp_path):
    (tmp_path / "file").write_text("")
    asked = RUN.as_json()
    if kind == "truth":
        asked = {"environment": RUN.environment, "settings": {}, "seeds": [1], "episodes": 1, "steps": 1}
    outcome = json.loads(perform(Task(kind, str(tmp_path / "file" / "x"), asked, {}).to_text()))
    assert outcome["status"] == "unwritable"
    assert "cannot be written" in outcome["sentence"]


def test_a_disk_that_is_full_leaves_nothing_that_looks_complete(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as context:
        context.setattr(os, "replace", full)
        outcome = execute(RUN, tmp_path / "run")
    assert outcome.status == "unwritable"
    assert "No space left on device" in outcome.sentence
    assert not list(tmp_path.glob("**/result.json"))
    shutil.rmtree(tmp_path / "run", ignore_errors=True)
    assert execute(RUN, tmp_path / "run").status == "done"
