import json
import multiprocessing
import os
import signal

import pytest
from stable_baselines3.common.callbacks import BaseCallback

from mdpzoo.errors import CheckpointError, SettingError
from mdpzoo.experiments.keeping import save
from mdpzoo.experiments.run import Run, load_run, write_json
from mdpzoo.experiments.training import LOOSELY, train

BEGUN = ["agent.zip", "progress.csv", "run.json", "versions.json"]
KEPT = ["agent.zip", "progress.csv", "result.json", "run.json", "state.npz", "versions.json"]
RIVER = {"agent": "q-learning", "environment": "mdpzoo/RiverSwim-v0", "num_envs": 2}


def asked(**changes):
    return Run(**(RIVER | {"steps": 100, "environment_settings": {"length": 4}} | changes))


class StopAt(BaseCallback):
    """Ctrl-C, or another exception, at a step."""

    def __init__(self, step, error=KeyboardInterrupt):
        super().__init__()
        self.step, self.error = step, error

    def _on_step(self):
        if self.num_timesteps >= self.step:
            raise self.error
        return True


def names(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_a_run_leaves_its_question_its_agent_and_its_result_and_nothing_else(tmp_path):
    trained = train(asked(), tmp_path / "deep" / "run")
    assert trained.complete
    assert names(tmp_path / "deep" / "run") == KEPT
    result = json.loads((tmp_path / "deep" / "run" / "result.json").read_text())
    assert (result["agent"], result["steps"], result["seed"]) == ("q-learning", 100, 0)
    assert load_run(tmp_path / "deep" / "run") == asked()


def test_an_interrupted_run_keeps_its_agent_has_no_result_and_goes_on_to_the_same_total(tmp_path):
    stopped = train(asked(), tmp_path, callback=StopAt(40))
    assert (stopped.complete, stopped.steps) == (False, 40)
    assert names(tmp_path) == BEGUN
    resumed = train(asked(), tmp_path, resume=True)
    assert (resumed.complete, resumed.steps) == (True, 100)
    assert json.loads((tmp_path / "result.json").read_text())["steps"] == 100


@pytest.mark.parametrize(("presses", "worker", "exact"), [(1, False, True), (2, False, False), (2, True, True)])
def test_the_first_ctrl_c_waits_for_the_step_and_the_second_does_not(presses, worker, exact, tmp_path, monkeypatch):
    if worker:  # hears of one Ctrl-C twice
        monkeypatch.setattr(multiprocessing, "parent_process", lambda: object())

    def press(given, _):
        if given["self"].num_timesteps == 40:
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)
        return True

    stopped = train(asked(), tmp_path, callback=press)
    assert (stopped.complete, stopped.steps) == (False, 40)
    assert (tmp_path / "state.npz").exists() == exact
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_resumed_run_does_not_play_its_first_episodes_once_more(tmp_path):
    first, second = [], []

    def note(seen):
        return lambda given, _: seen.append(given["new_obs"].tolist()) or True

    train(asked(steps=40), tmp_path, callback=note(first))
    train(asked(steps=80), tmp_path, resume=True, callback=note(second))
    assert len(first) == len(second) == 20
    assert first != second


def test_a_finished_run_that_is_asked_for_more_has_no_result_until_it_is_done(tmp_path):
    train(asked(), tmp_path)
    train(asked(steps=200), tmp_path, resume=True, callback=StopAt(150))
    assert names(tmp_path) == BEGUN
    assert train(asked(steps=200), tmp_path, resume=True).steps == 200
    assert train(asked(steps=200), tmp_path, resume=True).steps == 200  # nothing is left to do


def test_a_run_that_died_before_it_saved_an_agent_begins_anew(tmp_path):
    write_json(tmp_path / "run.json", RIVER | {"steps": 100, "environment_settings": {"length": 4}})
    assert train(asked(), tmp_path, resume=True).steps == 100


def test_a_run_that_fails_leaves_the_folder_free(tmp_path):
    with pytest.raises(ZeroDivisionError):
        train(asked(), tmp_path, callback=StopAt(10, ZeroDivisionError))
    assert train(asked(), tmp_path).complete


@pytest.mark.parametrize(
    ("prepare", "change", "sentence"),
    [
        (lambda folder: train(asked(), folder), {}, "holds a run already"),
        (lambda folder: (folder / "thesis.tex").touch(), {}, "is not empty"),  # somebody's files
        (lambda folder: None, {"settings": {"env": 1}}, "'env' is no setting"),
        (lambda folder: None, {"environment_settings": {"rules": "os:getcwd"}}, "'rules' is no setting"),
        (lambda folder: None, {"environment_settings": {"length": 10**12}}, "must lie in 2..10000"),  # no such memory
        (lambda folder: None, {"environment": "CartPole-v1", "environment_settings": {"x": 1}}, "cannot be made"),
    ],
)
def test_what_cannot_be_carried_out_is_refused_and_changes_nothing(prepare, change, sentence, tmp_path):
    prepare(tmp_path)
    before = names(tmp_path)
    with pytest.raises(SettingError, match=sentence):
        train(asked(**change), tmp_path)
    assert names(tmp_path) == before


def test_another_run_cannot_be_resumed(tmp_path):
    train(asked(), tmp_path)
    with pytest.raises(SettingError, match="holds a run with seed 0, not 1"):
        train(asked(seed=1), tmp_path, resume=True)
    with pytest.raises(CheckpointError, match="holds no run to resume"):
        train(asked(), tmp_path / "elsewhere", resume=True)


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"steps": "many"},
        {"steps": True},
        {"seed": -1},
        {"seed": 2**31},  # NumPy's global seed ends at 2^32, and rows count up from it
        {"num_envs": 0},
        {"settings": {"seed": 3}},  # said twice
        {"settings": {"learning_rate": float("nan")}},
        {"settings": {"callback": len}},
        {"settings": 3},
    ],
)
def test_what_a_run_cannot_be_is_refused(change):
    with pytest.raises(SettingError):
        asked(**change)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"agent": "ppo"}', "[" * 100_000, '{"x": 1}', "\udcff"])
def test_a_damaged_run_is_refused_in_one_sentence(content, tmp_path):
    (tmp_path / "run.json").write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(CheckpointError, match="is damaged") as refused:
        load_run(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    write_json(tmp_path / "x.json", {"old": 1})

    def fail(*_):
        raise OSError("the disk is full")

    with pytest.raises(TypeError):
        write_json(tmp_path / "x.json", {"new": len})
    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="full"):
        write_json(tmp_path / "x.json", {"new": 1})
    assert names(tmp_path) == ["x.json"]
    assert json.loads((tmp_path / "x.json").read_text()) == {"old": 1}


def test_an_agent_that_fails_to_save_leaves_the_old_one(tmp_path):
    class Agent:
        def save(self, path):
            with open(f"{path}.zip", "w") as file:
                file.write("half")
            raise OSError("the disk is full")

    (tmp_path / "agent.zip").write_text("whole")
    with pytest.raises(OSError, match="full"):
        save(Agent(), tmp_path)
    assert names(tmp_path) == ["agent.zip"]
    assert (tmp_path / "agent.zip").read_text() == "whole"


def test_a_run_that_lost_its_state_says_so_when_it_goes_on(tmp_path):
    assert train(asked(), tmp_path, callback=StopAt(40)).resumed == ""
    assert train(asked(), tmp_path, resume=True).resumed == LOOSELY
    assert json.loads((tmp_path / "result.json").read_text())["resumes"] == LOOSELY
