"""``mdpzoo horizon``, run as a user runs it."""

import json
import subprocess
import sys

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from mdpzoo.errors import MdpzooError
from mdpzoo_horizon import combination_lock
from mdpzoo_horizon.commands.horizon_command import horizon

APP = typer.Typer()
APP.command()(horizon)


def mdpzoo(*arguments):
    """The whole program, in a process of its own."""
    command = [sys.executable, "-m", "mdpzoo", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


def printed(*arguments):
    """What the command alone prints."""
    done = CliRunner().invoke(APP, [str(each) for each in arguments])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def freeway(data):
    return data / "bridge" / "freeway_10_fs30" / "consolidated.npz"


def test_a_sticky_file_is_one_json_object(data):
    done = mdpzoo("horizon", freeway(data), "--horizon", 10, "--sticky", 0.25, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["num_states"], told["min_k"], told["epw"], told["sticky"]) == (322, 1, 6, 0.25)
    assert told["random_return"] == pytest.approx(0.031809488932291664, abs=1e-15)
    assert told["samples"] is None


def test_what_is_infinite_is_null(data):
    told = json.loads(printed(freeway(data), "--horizon", 10, "--json"))
    assert told["gaps"][-1] is None
    assert told["samples"] == [5307, 2244, 1020, 505, 262, 69, 57, 1]


def test_people_get_a_table_and_a_picture(tmp_path):
    picture = tmp_path / "lake.png"
    setting = ("--env-set", "is_slippery=false")
    told = printed("FrozenLake-v1", *setting, "--horizon", 20, "--picture", picture)
    assert told.startswith("FrozenLake-v1: 16 states, 4 actions, T = 20, deterministic\n")
    lines = {tuple(line.split()) for line in told.splitlines()}
    assert ("effective", "planning", "window", "6") in lines
    # k, return, gap 4^-5 * 2, m: two shortest ways of six steps
    assert any(line[:4] == ("1", "1", "0.001953125", "41,576") for line in lines)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_warnings_are_printed():
    told = printed("CliffWalking-v1", "--horizon", 50, "--max-lookahead", 2)
    assert "warning: no lookahead up to 2 solves the model; raise max_lookahead" in told


def test_an_exploration_policy_is_read(tmp_path):
    lock = combination_lock(4)
    lock.save(tmp_path / "lock.npz")
    policy = np.tile(np.array([0.2, 0.8], np.float32), (4, 5, 1))  # the right action is always 1
    np.save(tmp_path / "policy.npy", policy)
    arguments = (tmp_path / "lock.npz", "--horizon", 4, "--exploration", tmp_path / "policy.npy", "--json")
    told = json.loads(printed(*arguments))
    assert told["random_return"] == pytest.approx(0.8**4, rel=1e-6)
    stuck = json.loads(printed(*arguments, "--sticky", 0.5))
    # after a right action the same is executed again with probability 1/2 + 1/2 * 0.8
    assert stuck["random_return"] == pytest.approx(0.8 * 0.9**3, rel=1e-6)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("nowhere.npz", "--horizon", "5"), "nowhere.npz cannot be read as a NumPy archive"),
        (("mdpzoo/CombinationLock-v0",), "the environment has no time limit; give a horizon"),
        (("FrozenLake-v1", "--sticky", "1"), "--sticky must lie in [0, 1), got 1.0"),
        (
            ("FrozenLake-v1", "--picture", "lake.txt"),
            "a figure must end in .png, .svg, .pdf, got 'lake.txt'",
        ),
        (("Blackjack-v1", "--horizon", "5"), "BlackjackEnv is random"),
    ],
)
def test_errors_are_one_sentence(arguments, sentence):
    with pytest.raises(MdpzooError) as raised:
        printed(*arguments)
    assert sentence in str(raised.value)
    assert "\n" not in str(raised.value)


def test_an_error_is_one_line_at_the_prompt():
    done = mdpzoo("horizon", "mdpzoo/CombinationLock-v0")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the environment has no time limit")
    assert len(done.stderr.splitlines()) == 1
