"""The table of a study comes from its folder alone, and a damaged folder is one sentence."""

import json

import pytest

from mdpzoo.errors import CheckpointError
from mdpzoo.experiments.studies.watching import Watcher

RUNS = [{"folder": f"env/agent/seed-{seed}", "environment": "env", "agent": "agent"} for seed in range(4)]


@pytest.fixture
def study(tmp_path):
    """A study of four runs: one done, one under way, one failed, one waiting."""
    (tmp_path / "study.json").write_text(json.dumps({"steps": 100, "runs": RUNS}))
    done, running, failed = (tmp_path / each["folder"] for each in RUNS[:3])
    for folder in (done, running, failed):
        folder.mkdir(parents=True)
        (folder / "run.json").write_text("{}")
    (done / "result.json").write_text('{"final_return": 3.0}')
    (running / "progress.csv").write_text("steps,mean_return\n10,\n50,5\n60,7.5")  # the last line is half written
    (failed / "failure.json").write_text("{}")
    return tmp_path


def test_every_run_is_counted_once(study):
    look = Watcher(study).look()
    assert look.rows == [
        {
            "environment": "env",
            "agent": "agent",
            "done": 1,
            "running": 1,
            "failed": 1,
            "waiting": 1,
            "percent": 37,  # 100 + 50 of 400 steps
            "return": "4",  # the mean of 3 and 5
        }
    ]
    assert look.sentence == "1 of 4 runs are done, 1 failed"
    assert not look.is_over


def test_the_time_left_comes_from_the_steps_since_the_first_look(study):
    watcher = Watcher(study)
    watcher.look()
    (study / "env/agent/seed-1/progress.csv").write_text("steps,mean_return\n90,1\n")
    assert "left" in watcher.look().sentence
    for each in RUNS[1:]:
        (study / each["folder"]).mkdir(exist_ok=True)
        (study / each["folder"] / "result.json").write_text("{}")
    assert watcher.look().is_over


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "{}",
        '{"steps": "x", "runs": []}',
        '{"steps": 1, "runs": [{"folder": "../../etc"}]}',
        "[" * 99_999,
    ],
)
def test_a_damaged_study_is_one_sentence(content, tmp_path):
    (tmp_path / "study.json").write_text(content)
    with pytest.raises(CheckpointError, match="is damaged") as refused:
        Watcher(tmp_path)
    assert "\n" not in str(refused.value)


def test_a_folder_without_a_study_is_one_sentence(tmp_path):
    with pytest.raises(CheckpointError, match="holds no study"):
        Watcher(tmp_path)
