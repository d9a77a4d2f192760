"""Folders in which any byte may be wrong are read without an exception, and shown."""

import contextlib
import json
import os
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo.errors import ResultsError
from mdpzoo.report import page_of, read_results
from mdpzoo.report.reading.hostile_files import columns_of, integer_or, mapping_or_empty, number_or_none, text_or
from mdpzoo.report.reading.study_folders import truth_of
from tests.report.study_writer import StudyWriter, World, write_csv

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("hostile") / "s"
    worlds = [World("x/A-v0", 1.0, 0.0, gain=1.0)]
    return StudyWriter(root, worlds, {"ppo": 0.5}, seeds=2, evaluations=3, episodes=2, lines=5).write()


@pytest.mark.parametrize("seed", range(12))
def test_files_with_bytes_changed_are_read_and_shown(folder, seed):
    rng = np.random.default_rng(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    kept = {path: path.read_bytes() for path in files}
    try:
        for path in files:
            content = bytearray(kept[path])
            for place in rng.integers(len(content), size=rng.integers(0, 6)):
                content[place] = rng.integers(256)
            path.write_bytes(content[: rng.integers(1, len(content) + 1)] if rng.random() < 0.3 else content)
        with contextlib.suppress(ResultsError):  # both runs may be beyond reading, which is one sentence
            assert "</html>" in page_of(read_results([folder]))
    finally:
        for path, content in kept.items():
            path.write_bytes(content)


@settings(deadline=None, max_examples=80)
@given(
    told=st.dictionaries(st.sampled_from(["optimum", "random", "gain", "criterion", "interval", "source"]), ANYTHING)
)
def test_a_truth_has_numbers_or_nothing(told):
    truth = truth_of(told)
    for value in (truth.optimum, truth.random, truth.gain):
        assert value is None or np.isfinite(value)
    assert isinstance(truth.source, str)


@settings(deadline=None, max_examples=80)
@given(value=ANYTHING)
def test_values_of_json_have_the_type_that_is_asked_for(value):
    assert number_or_none(value) is None or isinstance(number_or_none(value), float)
    assert 0 <= integer_or(value, 3) < 2**63
    assert 0 < len(text_or(value, "x")) <= 200
    assert isinstance(mapping_or_empty(value), dict)


@settings(deadline=None, max_examples=80)
@given(text=st.text(alphabet='0123456789.,-"\n e', max_size=80))
def test_any_text_is_columns_of_equal_lengths(text):
    found = columns_of(f"steps,return\n{text}", ("steps", "return"))
    assert len(found["steps"]) == len(found["return"])
    assert np.isfinite(found["steps"]).all()


@pytest.mark.parametrize("value", ["1e308", "-1e308", "1e99", "5e-324", "0", "1e-200"])
def test_numbers_of_any_size_are_shown_or_left_out(tmp_path, value):
    root = StudyWriter(tmp_path / "s", [World("x/A-v0", 1.0, 0.0)], {"ppo": 0.5}, seeds=3).write()
    for seed, path in enumerate(sorted(root.rglob("evaluations.csv"))):
        write_csv(
            path, ("steps", "episode", "return", "length"), [(10, 0, value, 1), (20, 0, seed, 1), (20, 1, value, 9)]
        )
    page = page_of(read_results([root]))
    assert "</html>" in page
    assert not re.search(r"[\s\"](nan|inf)[\s\"]", page)


def test_links_that_lead_in_circles_are_not_followed(folder, tmp_path):
    os.symlink(tmp_path, tmp_path / "again")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "run.json").write_text(json.dumps({"agent": "a", "environment": "e", "seed": 0}))
    assert len(read_results([tmp_path]).runs) == 1


@pytest.mark.parametrize("value", [-1, "3", 2**70, 1.5, None, True, [1]])
def test_a_seed_that_is_none_becomes_zero(tmp_path, value):
    (tmp_path / "run").mkdir()
    asked = {"agent": "a", "environment": "e", "seed": value, "steps": value, "settings": value, "num_envs": value}
    (tmp_path / "run" / "run.json").write_text(json.dumps(asked))
    (run,) = read_results([tmp_path]).runs
    assert run.seed == 0
    assert "</html>" in page_of(read_results([tmp_path]))
