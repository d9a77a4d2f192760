"""A search finishes as many trials as are wanted, whatever was killed, and keeps the best as a study file."""

import json
from importlib.util import find_spec

import pytest

from mdpzoo import registry
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.errors import MissingExtraError, PluginError, SettingError
from mdpzoo.experiments.run import Run
from mdpzoo.experiments.studies.execution import Outcome, perform
from mdpzoo.experiments.studies.pairing import plan
from mdpzoo.experiments.studies.study_file import read_study
from mdpzoo.experiments.tuning import trials, tuner
from mdpzoo.specs import AgentSpec

RIVER = {"max_episode_steps": 10, "length": 3}
DEFAULTS = {"learning_rate": 0.1, "discount": 0.99, "epsilon": (1.0, 0.05), "initial_value": 0.0}
RUN = Run(agent="q-learning", environment="mdpzoo/RiverSwim-v0", steps=400, num_envs=2, environment_settings=RIVER)
needs_optuna = pytest.mark.skipif(find_spec("optuna") is None, reason="Optuna is not installed")


class Killed(BaseException):
    """As SIGKILL would, nothing handles it."""


@pytest.fixture
def in_this_process(monkeypatch):
    """Trials run here; a process dies in each of the trials with these places."""
    die_at = []

    def outcomes(tasks, jobs):
        for place, task in enumerate(tasks):
            if place in die_at:
                raise Killed
            yield task, Outcome(**json.loads(perform(task.to_text())))

    monkeypatch.setattr(tuner.process_pool, "outcomes", outcomes)
    return die_at


def states(folder):
    return [each.state.name for each in trials.open_journal(folder).trials]


@needs_optuna
def test_a_search_that_is_killed_twice_finishes_the_trials_that_are_wanted(in_this_process, tmp_path):
    in_this_process[:] = [3]
    for _ in range(2):
        with pytest.raises(Killed):
            tuner.run_search(RUN, 8, tmp_path, defaults=DEFAULTS)
        assert states(tmp_path).count("RUNNING") == 1
    in_this_process.clear()
    found = tuner.run_search(RUN, 8, tmp_path, defaults=DEFAULTS)
    assert found.finished == len(states(tmp_path)) == 8  # none lost, none twice
    assert set(states(tmp_path)) <= {"COMPLETE", "PRUNED"}
    assert found.best >= found.default
    first = json.loads((tmp_path / "trials" / "trial-0000" / "run.json").read_text())["settings"]
    assert first == DEFAULTS | {"epsilon": [1.0, 0.05]}  # the first trial has the defaults
    assert tuner.run_search(RUN, 8, tmp_path, defaults=DEFAULTS) == found  # nothing is left to do


@needs_optuna
def test_the_best_settings_are_a_study(in_this_process, tmp_path):
    found = tuner.run_search(RUN, 2, tmp_path, defaults=DEFAULTS)
    study = plan(read_study(found.file))
    assert len(study.runs) == 10
    assert study.runs[0].run.settings == found.settings
    assert study.runs[0].run.environment_settings == RIVER


@needs_optuna
def test_settings_that_are_given_are_not_searched(in_this_process, tmp_path):
    run = Run(**{**RUN.as_json(), "settings": {"discount": 0.5}})
    assert tuner.run_search(run, 2, tmp_path, defaults=DEFAULTS).settings["discount"] == 0.5


@needs_optuna
def test_a_task_without_end_is_judged_by_its_reward_per_step(in_this_process, tmp_path):
    run = Run(agent="q-learning", environment="mdpzoo/RandomMDP-v0", steps=200, num_envs=1)
    found = tuner.run_search(run, 2, tmp_path, defaults=DEFAULTS)
    assert 0 < found.best < 1


@needs_optuna
def test_another_search_in_the_folder_is_refused(in_this_process, tmp_path):
    tuner.run_search(RUN, 1, tmp_path, defaults=DEFAULTS)
    with pytest.raises(SettingError, match="holds another search"):
        tuner.run_search(Run(**{**RUN.as_json(), "steps": 500}), 1, tmp_path, defaults=DEFAULTS)


@needs_optuna
def test_a_search_of_which_every_trial_fails_ends(in_this_process, tmp_path):
    run = Run(**{**RUN.as_json(), "environment_settings": {"length": 0}})
    with pytest.raises(SettingError, match="6 trials have failed, the last one because: length must lie in"):
        tuner.run_search(run, 20, tmp_path, defaults=DEFAULTS)


@needs_optuna
def test_a_journal_that_was_cut_short_is_mended(in_this_process, tmp_path):
    tuner.run_search(RUN, 2, tmp_path, defaults=DEFAULTS)
    with open(tmp_path / trials.JOURNAL, "ab") as journal:
        journal.write(b'{"op_code": 4, "wor')
    (tmp_path / f"{trials.JOURNAL}.lock").symlink_to("nothing")  # as Optuna leaves it when it is killed
    assert tuner.run_search(RUN, 3, tmp_path, defaults=DEFAULTS).finished == 3


@needs_optuna
def test_an_agent_without_a_search_space_is_refused(tmp_path):
    with pytest.raises(SettingError, match="agent 'random' names no settings to search"):
        tuner.run_search(Run(**{**RUN.as_json(), "agent": "random"}), 1, tmp_path, defaults={})


def test_without_optuna_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"optuna is not installed; type: pip install 'mdpzoo\[optuna\]'"):
        tuner.run_search(RUN, 1, tmp_path, defaults=DEFAULTS)


@pytest.mark.parametrize("spec", [each for each in registry.agents().values() if each.search], ids=lambda each: each.id)
def test_what_is_searched_are_settings_of_the_agent(spec):
    known = {row["name"] for row in settings_rows(spec.build, spec.settings)}
    if spec.settings.get("algorithm"):
        from importlib import import_module

        home = spec.build.partition(":")[0].rpartition(".")[0]
        known |= set(import_module(f"{home}.designs").settings_of(spec.id))
    assert spec.search.keys() <= known


@pytest.mark.parametrize(
    "space",
    [3, {}, {"low": 1}, {"low": 2, "high": 1}, {"low": 0, "high": 1, "log": True}, {"choices": []},
     {"low": "a", "high": "b"}, {"low": 0, "high": 1, "step": 1}, {"low": True, "high": 2}],
)  # fmt: skip
def test_a_range_that_is_none_is_refused(space):
    with pytest.raises(PluginError, match="search of agent 'mine' has no range for 'x'"):
        AgentSpec(id="mine", build="a:b", summary="", search={"x": space})
