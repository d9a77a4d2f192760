"""The commands around studies: what they print, how they end, and what they leave when they cannot go on."""

import json
import os
import resource
import signal
import subprocess
import time

import pytest

from tests.cli.test_commands import COMMAND, RIVER, one_value
from tests.experiments.studies.study_texts import POOL, outcomes_here
from tests.experiments.studies.study_texts import RIVER as STUDY

BAD = STUDY.replace('id = "random"', 'id = "q-learning"\nname = "wrong"\nsettings = {discount = 7.0}')


@pytest.fixture
def study(tmp_path):
    """A study file."""
    path = tmp_path / "study.toml"
    path.write_text(STUDY)
    return path


def test_a_dry_run_says_what_would_be_done_and_writes_nothing(study, zoo):
    told = one_value(zoo("bench", study, "--out", study.parent / "out", "--dry-run", "--json"))
    assert [row["state"] for row in told["runs"]] == ["waiting"] * 6
    assert told["skipped"][0]["agent"] == "q-learning"
    assert "skipped: q-learning on mdpzoo-TSP-v0" in zoo("bench", study, "--dry-run")[1]
    assert not (study.parent / "out").exists()


def test_a_study_is_executed_watched_and_gone_on_with(study, zoo, monkeypatch):
    monkeypatch.setattr(POOL, outcomes_here)
    out = study.parent / "out"
    told = one_value(zoo("bench", study, "--out", out, "--jobs", 2, "--json"))
    assert (told["runs"], told["done"], told["found"], told["failed"]) == (6, 6, 0, [])
    assert "6 of 6 runs are done, 6 of them earlier" in zoo("bench", study, "--out", out)[1]
    seen = one_value(zoo("watch", out, "--json"))
    assert (seen["summary"], seen["over"]) == ("6 of 6 runs are done", True)
    assert [row["done"] for row in seen["rows"]] == [2, 2, 2]
    head, first, *_ = zoo("watch", out, "--once")[1].splitlines()
    assert head.split() == ["environment", "agent", "done", "running", "failed", "waiting", "percent", "return"]
    assert "q-learning" in first
    assert one_value(zoo("bench", study, "--out", out, "--dry-run", "--json"))["runs"][0]["state"] == "done"


def test_a_failed_run_is_told_and_is_the_exit_code(study, zoo, monkeypatch):
    monkeypatch.setattr(POOL, outcomes_here)
    study.write_text(BAD)
    code, out, err = zoo("bench", study, "--out", study.parent / "out")
    assert code == 1
    sentence = "discount must lie in [0, 1], got 7.0"
    assert f"failed: mdpzoo-RiverSwim-v0/wrong/seed-0 and 1 more: {sentence}" in out
    assert out.count(sentence) == 1  # not once a seed
    assert "Traceback" not in out + err


def test_a_single_run_can_be_evaluated_on_the_way(zoo, tmp_path):
    typed = ["train", "ucrl2", RIVER, "--steps", 40, "--out", tmp_path / "run", "--evaluate-every", 20]
    one_value(zoo(*typed, "--evaluation-episodes", 2, "--json"))
    lines = (tmp_path / "run" / "evaluations.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines] == ["steps", "20", "20", "40", "40"]
    assert json.loads((tmp_path / "run" / "run.json").read_text())["num_envs"] == 1  # as many as ucrl2 takes


WRONG = [
    (["bench", "nothing.toml", "--out", "out"], "the study 'nothing.toml' cannot be read"),
    (["watch", "nothing"], "'nothing' holds no study"),
    (["tune", "q-lerning", RIVER, "--trials", 1, "--steps", 9, "--out", "out"], "Did you mean 'q-learning'?"),
    (["tune", "random", RIVER, "--trials", 1, "--steps", 9, "--out", "out"], "names no settings to search"),
]


@pytest.mark.parametrize(("typed", "sentence"), WRONG)
def test_what_is_wrong_is_one_sentence(typed, sentence, zoo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = zoo(*typed)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.count("\n") == 1


def test_a_study_needs_a_folder(study, zoo):
    code, _, err = zoo("bench", study)
    assert code == 2
    assert "--out FOLDER" in err


def test_a_search_prints_its_best(zoo, tmp_path, monkeypatch):
    monkeypatch.setattr(POOL, outcomes_here)
    pytest.importorskip("optuna")
    typed = ["tune", "q-learning", RIVER, "--trials", 2, "--steps", 100, "--out", tmp_path / "tuned"]
    told = one_value(zoo(*typed, "--episodes", 2, "--env-set", "length=3", "--json"))
    assert told["finished"] == 2
    assert told["best"] >= told["default"]
    assert "2 trials" in zoo(*typed, "--episodes", 2, "--env-set", "length=3")[1]  # nothing is left to do


def run_limited(arguments, most):
    """Runs a command that may write files of so many bytes at most, as if the disk were full."""

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, preexec_fn=limit)


def test_a_full_disk_is_one_sentence_and_leaves_nothing_that_looks_complete(study):
    out = study.parent / "out"
    ended = run_limited(["bench", study, "--out", out], 3_000)  # more than study.json takes, less than an agent
    assert ended.returncode == 2, ended.stderr
    assert "cannot be written (File too large); make room" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(out.glob("**/result.json"))


def test_a_folder_that_cannot_be_written_is_one_sentence(study):
    ended = run_limited(["bench", study, "--out", "/proc/studies"], 10**9)  # nobody can write there, root neither
    assert ended.returncode == 2
    assert "'/proc/studies' cannot be written" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_ctrl_c_keeps_what_was_learned(study):
    study.write_text(STUDY.replace("steps = 40", "steps = 10_000_000"))  # a line of the curve each 100 000
    out = study.parent / "out"
    command = [*COMMAND, "bench", str(study), "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as running:
        until = time.monotonic() + 120
        while not list(out.glob("*/*/*/progress.csv")) and running.poll() is None and time.monotonic() < until:
            time.sleep(0.1)
        os.killpg(running.pid, signal.SIGINT)
        told = running.stderr.read()
        assert running.wait() == 130
    assert "stopped; go on with the same command" in told
    assert "Traceback" not in told
    assert list(out.glob("*/*/*/agent.zip"))
    assert json.loads((out / "study.json").read_text())["steps"] == 10_000_000
