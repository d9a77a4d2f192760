"""``mdpzoo check`` on one name, on several, and on names that it does not know."""

import json
import os
import subprocess
import sys

import pytest

from tests.checks.planting import Planted, class_of

RIVER = "mdpzoo/RiverSwim-v0"


@pytest.fixture
def faulty():
    """The id of a model that pays nan."""
    planted = Planted()
    yield planted.environment("model", class_of("models/not_a_number"))
    planted.take_back()


def test_one_subject_is_a_table_that_says_why_a_check_does_not_apply(zoo):
    code, out, _ = zoo("check", "CartPole-v1")
    assert code == 0
    assert "skipped: it declares no reward_range" in out
    assert "two environments share nothing" in out


def test_several_subjects_are_a_line_each_and_what_failed(zoo, faulty):
    code, out, err = zoo("check", "Taxi-v4", faulty, "q-learning")
    lines = [line.split("  ")[0] for line in out.splitlines()]
    assert code == 1
    assert [line for line in lines[1:] if line] == ["Taxi-v4", faulty, "q-learning"]
    assert "every step's observation, reward and mask is right: AssertionError: the reward after step 3 is nan" in out
    assert "mdpzoo check NAME" in err


def test_json_names_subject_check_and_result(zoo, faulty):
    code, out, _ = zoo("check", faulty, "CartPole-v1", "--json")
    rows = json.loads(out)
    assert code == 1
    assert {row["subject"] for row in rows} == {faulty, "CartPole-v1"}
    broken = {row["check"] for row in rows if row["result"].startswith("AssertionError")}
    assert "every step's observation, reward and mask is right" in broken


def test_settings_reach_an_environment_and_an_agent(zoo):
    rows = json.loads(zoo("check", RIVER, "--env-set", "length=3", "--json")[1])
    assert {row["subject"] for row in rows} == {f"{RIVER} length=3"}
    assert zoo("check", "q-learning", "--set", "discount=0.5")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name what to check, or give --all"),
        (["--all", RIVER], "name what to check, or give --all"),  # both
        ([RIVER, "q-learning", "--set", "discount=0.5"], "settings are for one environment or one agent"),
        (["mdpzoo-example", "--set", "discount=0.5"], "is a plugin and takes no settings"),
        (["q-learning", "--set", "discont=0.5"], "Did you mean 'discount'?"),
        (["CartPoel-v1"], "Did you mean 'CartPole-v1'?"),
    ],
)
def test_a_wrong_call_is_one_sentence(arguments, sentence, zoo):
    code, out, err = zoo("check", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1


def test_a_terminal_shows_a_bar():
    pty = pytest.importorskip("pty", reason="there are no pseudo-terminals on Windows")
    outer, inner = pty.openpty()
    command = [sys.executable, "-m", "mdpzoo", "check", "CartPole-v1", "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=inner, timeout=300, check=True)
    os.close(inner)
    assert b"checks" in os.read(outer, 100_000)
    assert json.loads(done.stdout)
