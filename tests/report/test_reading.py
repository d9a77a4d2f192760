"""Results folders of several programs become records; what is damaged becomes a note."""

import json
import shutil

import numpy as np
import pytest

from mdpzoo.errors import ResultsError
from mdpzoo.report import read_results
from mdpzoo.report.reading.hostile_files import columns_of, lines_that_count, read_whole_lines
from tests.report.study_writer import StudyWriter, World, dump, fail, showcase, write_csv


@pytest.fixture(scope="module")
def shown(tmp_path_factory):
    return read_results([showcase(tmp_path_factory.mktemp("show") / "study")])


def small(root, **more):
    return StudyWriter(root, [World("mdpzoo/FrozenLake-v0", 0.74, 0.015)], {"ppo": 0.9}, **{"seeds": 2, **more}).write()


def test_a_study_is_read_with_its_truths_skipped_pairs_and_failures(shown):
    assert len(shown.runs) == 80
    assert shown.agents == ("bq-nco", "ppo", "q-learning", "random")
    assert shown.truth("mdpzoo/RiverSwim-v0").per_step
    assert shown.truth("mdpzoo/TSP-v0").scale == (-10.4, -3.83)
    assert shown.truth("example/Unknown-v0").scale is None
    assert [(each.agent, each.reason) for each in shown.skipped] == [("optimal", "it has no model")]
    (failed,) = (run for run in shown.runs if run.status == "failed")
    assert (failed.agent, failed.seed, failed.failure.type) == ("ppo", 1, "ValueError")
    assert [run.status for run in shown.runs].count("unfinished") == 1


def test_a_score_is_the_mean_of_the_last_evaluation(shown):
    run = next(run for run in shown.runs if run.environment == "mdpzoo/TSP-v0" and run.status == "done")
    last = run.evaluations.returns[run.evaluations.steps == 100_000]
    assert len(last) == 10
    assert run.score() == pytest.approx(last.mean())
    asked = json.loads((shown_path(run) / "result.json").read_text())
    assert run.score() == pytest.approx(asked["final_return"])


def shown_path(run):
    from pathlib import Path

    return Path(run.path)


def test_an_average_criterion_divides_by_steps(shown):
    run = next(run for run in shown.runs if run.environment == "mdpzoo/RiverSwim-v0" and run.agent == "bq-nco")
    # the writer plays episodes of 50 steps, whose mean reward is at most 0.88
    assert 0.5 < run.score(per_step=True) < 1.0
    assert run.score() == pytest.approx(50 * run.score(per_step=True))


def test_failed_runs_have_no_score(shown):
    assert sorted(shown.scores("mdpzoo/TSP-v0", "ppo")) == [0, 2, 3, 4]


def test_a_half_written_last_line_is_left_out(tmp_path):
    root = small(tmp_path / "s", seeds=1)
    path = next(root.rglob("evaluations.csv"))
    whole = read_results([root]).runs[0]
    path.write_text(path.read_text() + "105000,0,-123")
    assert read_results([root]).runs[0].score() == whole.score()


def test_lines_that_a_resumed_run_repeats_replace_those_before():
    steps = np.array([100, 200, 300, 200, 300, 400])
    assert lines_that_count(steps).tolist() == [True, False, False, True, True, True]
    assert lines_that_count(np.array([1, 1, 2, 2]), repeated=True).tolist() == [True] * 4


def test_an_evaluation_that_was_repeated_counts_once(tmp_path):
    root = small(tmp_path / "s", seeds=1)
    path = next(root.rglob("evaluations.csv"))
    write_csv(path, ("steps", "episode", "return", "length"), [(10, 0, 1.0, 5), (10, 1, 2.0, 5), (10, 0, 7.0, 5)])
    assert sorted(read_results([root]).runs[0].evaluations.returns) == [2.0, 7.0]


def test_extra_columns_missing_ones_and_words_for_numbers_are_survived():
    found = columns_of("other,steps,mean\n x ,10,1.5\n,20,nan\n,oops,3\n,30\n", ("steps", "mean", "missing"))
    assert found["steps"].tolist() == [10, 20, 30]
    np.testing.assert_array_equal(found["mean"], [1.5, np.nan, np.nan])
    assert np.isnan(found["missing"]).all()


@pytest.mark.parametrize(
    "content", [b"", b"\x00\xff", b"{", b"[1]", b'{"agent": 3}', b"[" * 100_000, b'{"agent": "a", "environment": null}']
)
def test_a_damaged_run_is_noted_and_the_others_are_read(tmp_path, content):
    root = small(tmp_path / "s")
    (root / "mdpzoo-FrozenLake-v0" / "ppo" / "seed-0" / "run.json").write_bytes(content)
    (root / "mdpzoo-FrozenLake-v0" / "ppo" / "seed-0" / "result.json").write_bytes(content)
    found = read_results([root])
    assert [run.seed for run in found.runs] == [1]
    assert found.notes


@pytest.mark.parametrize("name", ["progress.csv", "evaluations.csv", "versions.json", "result.json"])
@pytest.mark.parametrize("content", [b"", b"\x00\x01", b"steps\n", b'"', b"steps,return\n1e999,1\nnan,nan\n"])
def test_any_file_of_a_run_may_be_damaged_or_missing(tmp_path, name, content):
    root = small(tmp_path / "s", seeds=1)
    path = next(root.rglob(name))
    path.write_bytes(content)
    assert len(read_results([root]).runs) == 1
    path.unlink()
    assert len(read_results([root]).runs) == 1


@pytest.mark.parametrize("truth", [{"optimum": "high"}, {"interval": [1]}, {"criterion": 7, "random": None}, [], "x"])
def test_a_truth_may_say_anything(tmp_path, truth):
    root = small(tmp_path / "s", seeds=1)
    dump(next((root / "truth").iterdir()), truth)
    assert read_results([root]).truth("mdpzoo/FrozenLake-v0").scale is None


def test_runs_that_a_study_plans_and_that_have_not_begun_are_missing(tmp_path):
    root = small(tmp_path / "s")
    shutil.rmtree(root / "mdpzoo-FrozenLake-v0" / "ppo" / "seed-1")
    planned = json.loads((root / "study.json").read_text())
    planned["runs"].append({"folder": "../../etc"})  # outside of the study: not looked at
    dump(root / "study.json", planned)
    assert read_results([root]).missing == ("mdpzoo-FrozenLake-v0/ppo/seed-1",)


def test_labels_tell_settings_and_given_names_apart(tmp_path):
    root = small(tmp_path / "s", seeds=1)
    home = root / "mdpzoo-FrozenLake-v0"
    run = json.loads((home / "ppo" / "seed-0" / "run.json").read_text())
    for label, settings in (("ppo~1a2b3c4d", {"gamma": 0.9}), ("my ppo", {"gamma": 0.5})):
        shutil.copytree(home / "ppo", home / label)
        dump(home / label / "seed-0" / "run.json", run | {"settings": settings})
    assert read_results([root]).agents == ("my ppo", "ppo", "ppo (gamma=0.9)")


def test_names_that_a_study_gives_are_shown_for_runs_and_for_pairs_that_do_not_fit(tmp_path):
    root = small(tmp_path / "s", seeds=1)
    planned = json.loads((root / "study.json").read_text())
    planned["runs"][0] |= {"environment_name": "the lake", "agent_name": "ours"}
    planned["skipped"] = [{"environment": "mdpzoo-FrozenLake-v0", "agent": "optimal", "reason": "no model"}]
    dump(root / "study.json", planned)
    found = read_results([root])
    assert (found.runs[0].environment, found.runs[0].agent) == ("the lake", "ours")
    assert found.runs[0].environment_id == "mdpzoo/FrozenLake-v0"
    assert found.truth("the lake").optimum == 0.74
    assert found.skipped[0].environment == "the lake"


def test_a_run_of_train_alone_keeps_its_ids_whatever_its_folder_is_called(tmp_path):
    root = small(tmp_path / "s", seeds=1)
    shutil.copytree(root / "mdpzoo-FrozenLake-v0" / "ppo" / "seed-0", tmp_path / "runs" / "first")
    (run,) = read_results([tmp_path / "runs"]).runs
    assert (run.agent, run.environment, run.folder) == ("ppo", "mdpzoo/FrozenLake-v0", "first")


def test_the_same_run_in_two_folders_is_told_apart_by_the_folders(tmp_path):
    before, after = small(tmp_path / "before"), small(tmp_path / "after")
    assert read_results([before, after]).agents == ("ppo [after]", "ppo [before]")
    assert len(read_results([before]).agents) == 1


def test_folders_without_runs_and_folders_that_are_missing_are_errors(tmp_path):
    with pytest.raises(ResultsError, match="no run is below"):
        read_results([tmp_path])
    with pytest.raises(ResultsError, match="there is no folder"):
        read_results([tmp_path / "nowhere"])


def test_a_csv_of_more_than_the_limit_is_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr("mdpzoo.report.reading.hostile_files.LARGEST", 10)
    (tmp_path / "a.csv").write_text("steps\n" + "1\n" * 10)
    with pytest.raises(ResultsError, match="larger than"):
        read_whole_lines(tmp_path / "a.csv")


def test_a_failure_beside_a_result_does_not_count(tmp_path):
    root = small(tmp_path / "s", seeds=1)
    run = next(root.rglob("result.json")).parent
    kept = (run / "result.json").read_text()
    fail(run)
    assert read_results([root]).runs[0].status == "failed"
    (run / "result.json").write_text(kept)  # a second attempt succeeded
    assert read_results([root]).runs[0].failure is None
