"""Label sets of the training mixtures, and the queue that labels and trains."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from mdpzoo.errors import InstanceError, SettingError
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.bq_nco.networks import make_network, network_settings
from mdpzoo_combinatorial.bq_nco.states.problems import PROBLEMS
from mdpzoo_combinatorial.bq_nco.training.examples import draw
from mdpzoo_combinatorial.bq_nco.training.imitation import losses
from mdpzoo_combinatorial.bq_nco.training.label_sets import LabelSet, sample, summary
from mdpzoo_combinatorial.bq_nco.training.labels import read_labels
from mdpzoo_combinatorial.bq_nco.training.sampling import prepare
from mdpzoo_combinatorial.mixtures import KINDS
from mdpzoo_combinatorial.mixtures import draw as draw_instances

ROOT = Path(__file__).resolve().parents[5]


def label_set(problem="TSP", **settings):
    kinds = dict.fromkeys(KINDS[problem], 1)
    given = {"chunks": 6, "kinds": kinds, "sizes": (8, 14), "iterations": 3, "seed": 5, "instances": 4}
    return LabelSet(problem, **(given | settings))


@pytest.mark.parametrize("problem", KINDS)
def test_a_chunk_holds_solutions_of_the_instances_that_its_cell_names(problem, tmp_path):
    labels = label_set(problem)
    kind, size, seed, _ = labels.cell(2)
    assert labels.write(tmp_path, 2) > 0
    read = read_labels(labels.file(tmp_path, 2))
    assert read.problem == problem
    instances = draw_instances(problem, kind, 4, size, seed)
    for instance, solution in zip(instances, read.solutions, strict=True):
        assert instance.objective(solution) > 0  # raises where it is no solution


def test_more_iterations_give_better_labels():
    def mean(iterations):
        labels = label_set("CVRP", sizes=(40, 40), instances=8, iterations=iterations, kinds={"benchmark": 1})
        instances = draw_instances("CVRP", "benchmark", 8, 40, labels.cell(0)[2])
        return np.mean([a.objective(b) for a, b in zip(instances, labels.make(0).solutions, strict=True)])

    assert mean(100) < mean(0)


def test_a_chunk_is_the_same_whatever_was_made_before(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for chunk in range(4):
        label_set().write(one, chunk)
    label_set(chunks=60).write(other, 3)  # a longer set begins with the same chunks
    first, second = (read_labels(label_set().file(folder, 3)) for folder in (one, other))
    assert torch.equal(first.sequence, second.sequence)
    assert torch.equal(first.batch.coordinates, second.batch.coordinates)
    assert not (one / label_set(seed=6).file(one, 3).name).exists() or label_set(seed=6).cell(3) != label_set().cell(3)


def test_what_is_missing_is_what_has_no_file(tmp_path):
    labels = label_set()
    assert labels.missing(tmp_path / "nowhere") == [0, 1, 2, 3, 4, 5]
    labels.write(tmp_path, 4)
    (tmp_path / ".tsp-000001-uniform-9.npz.00.part").write_bytes(b"half a file")  # of a killed process
    assert labels.missing(tmp_path) == [0, 1, 2, 3, 5]


def test_kinds_and_sizes_are_drawn_as_often_as_they_should_be():
    labels = label_set(chunks=600, kinds={"uniform": 3, "grid": 1}, sizes=(20, 22))
    cells = [labels.cell(chunk) for chunk in range(600)]
    assert 0.68 < np.mean([kind == "uniform" for kind, *_ in cells]) < 0.82  # 0.75
    assert [0.26 < np.mean([size == each for _, size, *_ in cells]) < 0.41 for each in (20, 21, 22)] == [True] * 3
    assert len({seed for *_, seed, _ in cells} | {seed for *_, seed in cells}) == 1200


def test_the_summary_counts_instances_and_time(tmp_path):
    labels = label_set(kinds={"uniform": 1})
    seconds = sum(labels.write(tmp_path, chunk) for chunk in range(2))
    assert summary(tmp_path) == {"instances": {"uniform": 8}, "cpu_minutes": round(seconds / 60, 1)}


@pytest.mark.parametrize("problem", KINDS)
def test_chunks_of_several_sizes_are_sources_of_one_fit(problem, tmp_path):
    labels = label_set(problem)
    for chunk in range(5):
        labels.write(tmp_path, chunk)
    sources = sample(tmp_path, 4, seed=0)
    assert len(sources) == 4
    assert len({each.batch.size for each in sources}) > 1
    network = make_network(PROBLEMS[problem], network_settings(width=16, layers=1, heads=2))
    generator = torch.Generator().manual_seed(0)
    for _ in range(40):
        loss, _ = losses(network, draw([prepare(each) for each in sources], 200, generator), True)
        assert torch.isfinite(loss).all()


def test_a_folder_without_labels_is_one_sentence(tmp_path):
    with pytest.raises(SettingError, match="has no labels"):
        sample(tmp_path, 4, seed=0)
    (tmp_path / "tsp-000000-uniform-9.npz").write_bytes(b"PK")
    with pytest.raises(InstanceError, match="not a file of labels"):
        sample(tmp_path, 4, seed=0)


@pytest.mark.parametrize(("settings", "message"), [
    ({"kinds": {"unifrom": 1}}, "Did you mean 'uniform'"),
    ({"kinds": {"uniform": 0}}, "must be positive, got 0"),
    ({"kinds": {}}, "at least one kind"),
    ({"sizes": (4, 9)}, "5 <= smallest"),  # a tour of 4 nodes has no choice to learn
    ({"sizes": (9, 8)}, "smallest <= largest"),
    ({"chunks": 0}, "chunks must be an integer of at least 1"),
])  # fmt: skip
def test_a_wrong_recipe_is_one_sentence(settings, message):
    with pytest.raises(SettingError, match=message):
        label_set(**settings)


def recipe(tmp_path):
    """Two problems in miniature."""
    chunk = {"chunks": 3, "sizes": [8, 10], "iterations": 2, "seed": 1, "instances": 8}
    network = {"width": 16, "layers": 1, "heads": 2}
    content = {
        "measurement": {"size": 9, "instances": 4, "few": 2, "seconds": 0.1},
        "labels": [
            {"problem": "TSP", "kinds": {"grid": 1}, **chunk, "priority": 2},
            {"problem": "CVRP", "kinds": {"benchmark": 1}, **chunk},
        ],
        "fits": [
            {"name": "small", "problem": "TSP", "decisions": 3000, "chunks_needed": 2, "network": network},
            {"name": "routes", "problem": "CVRP", "decisions": 2000, "chunks_needed": 3, "network": network},
        ],
    }
    (tmp_path / "recipe.json").write_text(json.dumps(content))
    script = ROOT / "benchmarks" / "train_bq_nco_mixtures.py"
    command = [sys.executable, script, "--work", tmp_path / "work", "--recipe", tmp_path / "recipe.json"]
    return [*command, "--label-seconds", "0.1", "--train-seconds", "0.3"]


def test_a_queue_that_is_killed_and_started_again_finishes_everything(tmp_path):
    command = recipe(tmp_path)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as started:
        while "small: " not in started.stdout.readline():
            assert started.poll() is None
        started.kill()
    before = json.loads((tmp_path / "work/fits/small.json").read_text())
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "routes is finished" in told
    after = json.loads((tmp_path / "work/fits/small.json").read_text())
    assert after[: len(before)] == before
    assert after[-1]["decisions"] >= 3000
    progress = json.loads((tmp_path / "work/progress.json").read_text())
    assert progress["fits"] == {"small": "finished", "routes": "finished"}
    assert progress["labels"] == {"TSP": "3 of 3 chunks", "CVRP": "3 of 3 chunks"}
    card = json.loads((tmp_path / "work/finished/small.json").read_text())
    assert card["labels"]["recipe"]["kinds"] == {"grid": 1}
    assert card["decisions"] == BQNCO.load(tmp_path / "work/finished/small.safetensors").num_timesteps >= 3000
    rows = json.loads((tmp_path / "work/fits/small-measured.json").read_text())
    assert [(each["kind"], each["decoding"]) for each in rows] == [("grid", "greedy"), ("grid", "reconstruct")]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
    content = json.loads((tmp_path / "recipe.json").read_text())
    content["fits"][0]["network"]["width"] = 32
    (tmp_path / "recipe.json").write_text(json.dumps(content))
    (tmp_path / "work/fits/small-measured.json").unlink()
    other = subprocess.run(command, capture_output=True, text=True)
    assert other.returncode == 1
    assert "give the changed fit a new name" in other.stderr


def test_only_one_queue_works_in_a_folder(tmp_path):
    fcntl = pytest.importorskip("fcntl")
    command = recipe(tmp_path)
    (tmp_path / "work").mkdir()
    with (tmp_path / "work/lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = subprocess.run(command, capture_output=True, text=True)
    assert refused.returncode == 1
    assert "another process works in" in refused.stderr
