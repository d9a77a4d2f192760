"""Making tables again: what is there is left alone, what fails is told, what is stopped goes on."""

import importlib
import json
import os
import signal
import sys
from dataclasses import replace

import pytest
import regenerate
from science.records import read_result
from science.regenerating import CHANGED, FAILED, PRESENT, SAME, SKIPPED, Place, lacking
from science.regenerating import regenerate as make
from science.table_list import Table, read_tables

SCRIPT = """
import json, sys, time
json.dump([{{"size": 3, "seconds": time.perf_counter()}}], open(sys.argv[sys.argv.index("--rows") + 1], "w"))
{rest}
"""
STUDY = """
[study]
seeds = 2
steps = 64
num_envs = 4
evaluation_episodes = 8
[[environments]]
id = "mdpzoo/TSP-v0"
name = "five"
settings = { num_nodes = 5 }
[[agents]]
id = "random"
[[agents]]
id = "nearest-neighbour"
"""


@pytest.fixture
def place(tmp_path):
    return Place(tmp_path / "work", tmp_path / "results")


@pytest.fixture
def toy(tmp_path):
    """A table whose script is beside the test; ``rest`` is what it does after writing its rows."""

    def written(rest="", name="toy", **fields):
        script = tmp_path / f"{name}.py"
        script.write_text(SCRIPT.format(rest=rest))
        return Table(
            name=name, title="", command=str(script), made_by="science", minutes=1, timings=("seconds",), **fields
        )

    return written


def test_a_table_is_made_once_and_again_where_its_code_has_changed(toy, place):
    table = toy()
    assert make(table, place)[0] == CHANGED  # there was none
    assert make(table, place)[0] == PRESENT
    before = read_result("toy", place.results)
    assert make(toy("# edited"), place)[0] == SAME  # the seconds differ
    now = read_result("toy", place.results)
    assert now.figures == before.figures == [{"size": 3}]
    assert now.timings != before.timings
    assert now.made["code"] != before.made["code"]
    assert make(toy("# edited"), place, again=True)[0] == SAME


def test_figures_that_differ_are_told(toy, place):
    make(toy(), place)
    path = place.results / "toy.json"
    path.write_text(path.read_text().replace('"size": 3', '"size": 4'))
    ending, sentence = make(toy(), place, again=True)
    assert (ending, sentence) == (CHANGED, "row 1, size: 3, formerly 4")


def test_a_script_that_fails_leaves_no_result_and_stops_nothing(toy, place, capsys):
    broken = toy("print('what went wrong'); sys.exit(3)", name="broken")
    assert regenerate.make_all([broken, toy()], place, 1, False) == 1
    assert not (place.results / "broken.json").exists()
    assert (place.results / "toy.json").exists()
    assert "  failed: broken: exit code 3:" in capsys.readouterr().out
    assert make(broken, place)[0] == FAILED  # it is tried again


def test_ctrl_c_stops_and_the_same_command_goes_on(toy, place, monkeypatch):
    monkeypatch.setattr("science.regenerating.GRACE", 0.1)  # the toy does not hear the signal
    stopped = toy(f"import os; os.kill({os.getpid()}, {int(signal.SIGINT)}); time.sleep(30)", name="stopped")
    assert regenerate.make_all([toy(), stopped], place, 1, False) == 130
    assert not (place.results / "stopped.json").exists()
    assert make(toy(), place)[0] == PRESENT


@pytest.mark.parametrize(("needs", "surroundings", "found"), [
    ((), {}, ""),
    (("data",), {}, "MDPZOO_DATA names no folder of instances with known answers"),
    (("peer planners",), {}, "MDPZOO_PEER_PLANNERS names no Python and no folder with the peer"),
    (("peer planners",), {"MDPZOO_PEER_PLANNERS": sys.executable}, ""),
    (("no_such_package",), {}, "the package no_such_package is not installed"),
    (("numpy",), {}, ""),
    (("file build/nowhere.json",), {}, "there is no build/nowhere.json"),
])  # fmt: skip
def test_what_a_machine_lacks_for_a_table_is_a_sentence(toy, needs, surroundings, found):
    assert lacking(toy(needs=needs), surroundings) == found


def test_a_table_that_lacks_something_is_skipped_and_no_failure(toy, place):
    assert make(toy(needs=("no_such_package",)), place) == (SKIPPED, "the package no_such_package is not installed")
    assert regenerate.make_all([toy(needs=("no_such_package",))], place, 1, False) == 0


def test_a_study_is_executed_and_its_runs_are_compared_with_the_baseline(tmp_path, place):
    (tmp_path / "study.toml").write_text(STUDY)
    learning = replace(
        read_tables()["learning"], command="learning.py {study} --baseline random", study=str(tmp_path / "study.toml")
    )
    assert make(learning, place)[0] == CHANGED, (next(place.work.glob("*/*/log.txt"))).read_text()
    rows = read_result("learning", place.results).rows
    runs = [(agent, seed) for agent in ("random", "nearest-neighbour") for seed in ("0", "1", "all")]
    assert [(row["agent"], row["seed"]) for row in rows] == [*runs, ("best known", "all")]
    assert rows[6]["cost"] <= rows[5]["cost"]  # of the same instances
    assert all(row["saved"] == 0 and row["illegal"] == 0 for row in rows[:3])
    assert rows[5]["cost"] == pytest.approx((rows[3]["cost"] + rows[4]["cost"]) / 2)
    assert rows[5]["saved_percent"] > 0  # the nearest neighbour beats random tours


def test_the_tables_of_bq_nco_are_what_its_cards_say():
    cards = importlib.import_module("bq_nco_cards")
    for name, rows in (("bq-nco", cards.instances()), ("bq-nco-files", cards.files())):
        assert read_result(name).rows == json.loads(json.dumps(list(rows))), f"run regenerate.py --only {name}"


def test_the_correlations_are_those_of_the_table_of_environments(monkeypatch):
    study, agents = importlib.import_module("effective_horizon"), ["sqirl", "gorp", "ppo", "dqn"]
    monkeypatch.setattr(study, "RESAMPLES", 10)  # the intervals are not compared
    found = list(study.correlations(read_result("effective-horizon").rows, agents))
    kept = read_result("effective-horizon-correlations").rows
    assert [row["measure"] for row in found] == [row["measure"] for row in kept]
    for one, other in zip(found, kept, strict=True):
        assert [one[each] for each in agents] == pytest.approx([other[each] for each in agents])
