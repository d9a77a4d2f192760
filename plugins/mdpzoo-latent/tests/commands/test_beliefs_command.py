"""``mdpzoo beliefs``, run as a user runs it."""

import json
import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from mdpzoo.errors import MdpzooError
from mdpzoo_latent.commands.beliefs_command import beliefs

APP = typer.Typer()
APP.command()(beliefs)


def printed(*words):
    """What the command alone prints."""
    done = CliRunner().invoke(APP, [str(each) for each in words])
    if done.exception is not None:
        raise done.exception
    return done.stdout


def test_the_optimum_stands_between_its_neighbours():
    command = [sys.executable, "-m", "mdpzoo", "beliefs", "mdpzoo/LatentSignpost-v0", "--horizon", "6", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["memoryless"], found["lower"], found["informed"]) == pytest.approx((3.0, 3.2, 6.0))
    assert found["exact"]


def test_the_table_says_the_same():
    lines = printed("mdpzoo/LatentSignpost-v0", "--env-set", "penalty=1.0", "--horizon", 4).splitlines()
    rows = dict(line.rstrip().rsplit(maxsplit=1) for line in lines[1:4])
    assert {name.strip(): float(each) for name, each in rows.items()} == pytest.approx(
        {"without memory": 0.0, "over histories": 1.2, "context known": 4.0}
    )


def test_a_budget_that_ends_prints_bounds():
    assert "between" in printed("mdpzoo/LatentRandom-v0", "--horizon", 7, "--seconds", 0)


def test_a_model_is_exported(tmp_path):
    printed("mdpzoo/Tiger-v0", "--discount", 0.95, "--pomdp", tmp_path / "tiger.POMDP")
    assert (tmp_path / "tiger.POMDP").read_text().startswith("discount: 0.95\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["CartPole-v1"], "is no latent MDP and no POMDP"),
        (["mdpzoo/Tiger-v0", "--method", "trie"], "Did you mean 'tree'"),
        (["mdpzoo/Tiger-v0", "--pomdp", "nowhere/tiger.POMDP"], "there is no folder"),
        (["mdpzoo/LatentSignpost-v0", "--env-set", "penalty=-1.0"], "penalty must be at least 0"),
    ],
)
def test_a_wrong_word_is_one_sentence(words, sentence):
    with pytest.raises(MdpzooError, match=sentence) as caught:
        printed(*words)
    assert "\n" not in str(caught.value)
