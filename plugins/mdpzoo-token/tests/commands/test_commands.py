import json

import pytest
import typer
from typer.testing import CliRunner

from mdpzoo.errors import MdpzooError
from mdpzoo_token.commands.cliff_command import cliff
from mdpzoo_token.commands.strategies_command import strategies

APP = typer.Typer()
for name, command in (("cliff", cliff), ("strategies", strategies)):
    APP.command(name)(command)


def run(*arguments):
    return CliRunner().invoke(APP, [str(each) for each in arguments])


def test_cliff_prints_radii_and_ties():
    done = run("cliff", "mdpzoo/TiedActions-v0", "--discount", 0.9)
    assert done.exit_code == 0, done.output
    assert "actions {0, 1} are equally good" in done.output
    assert "exact radius" in done.output


def test_cliff_as_json_and_as_a_picture(tmp_path):
    arguments = ("mdpzoo/TiedActions-v0", "--env-set", "eps=0.01", "--discount", 0.9)
    done = run("cliff", *arguments, "--json", "--picture", tmp_path / "cliff.png")
    assert done.exit_code == 0, done.output
    found = json.loads(done.output)
    assert found["exact_radius"] == pytest.approx(0.005)
    assert found["certified_radius"] == pytest.approx(0.01 * 0.1 / 2)
    assert (tmp_path / "cliff.png").read_bytes().startswith(b"\x89PNG")


def test_cliff_names_what_it_cannot_draw_or_solve():
    for arguments in (("mdpzoo/TiedActions-v0", "--picture", "x.txt"), ("mdpzoo/SumTarget-v0",)):
        assert isinstance(run("cliff", *arguments).exception, MdpzooError)


def test_strategies_are_listed_with_what_they_need():
    done = run("strategies", "--json")
    found = {each["name"]: each for each in json.loads(done.output)}
    assert len(found) >= 13
    assert found["arbitrary-aepo"]["needs"] == ["second_rollout"]
    assert "siren" in run("strategies").output
