import json
import sys

import pytest

import mdpzoo
from mdpzoo.cli import main

CART = "mdpzoo/AdversarialCartPole-v0"
QUICK = {"learning_starts": 20, "batch_size": 16, "buffer_size": 2_000, "policy_kwargs": {"net_arch": [8]}}


@pytest.fixture(scope="module")
def saved(tmp_path_factory):
    path = tmp_path_factory.mktemp("agents") / "qarl.zip"
    game = mdpzoo.make_parallel(CART, max_cycles=15)
    mdpzoo.make_agent("qarl", game, seed=0, sac=QUICK).learn(60).save(path)
    return str(path)


def run(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["mdpzoo", "robustness", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_it_prints_returns_and_a_grid_for_programs(saved, monkeypatch, capsys, tmp_path):
    picture = tmp_path / "grid.png"
    axes = ("--axis", "pole_mass=0.1,0.2", "--axis", "gravity=9.8,5,1")
    code = run(monkeypatch, saved, *axes, "--episodes", "2", "--picture", str(picture), "--json")
    found = json.loads(capsys.readouterr().out)
    assert code == 0
    assert found["game"] == CART
    assert set(found["returns"]) == {"idle", "own"}
    assert 0 < found["returns"]["idle"] <= 15  # the agent's own time limit holds
    assert [len(row) for row in found["grid"]["means"]] == [3, 3]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_it_prints_tables_for_people(saved, monkeypatch, capsys):
    assert run(monkeypatch, saved, "--axis", "pole_mass=0.1,0.2", "--episodes", "1", "--fresh-steps", "150") == 0
    told = capsys.readouterr().out
    assert "fresh" in told
    assert "pole_mass" in told


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--axis", "pole_mass"), "--axis must look like"),
        (("--axis", "pole_mass=heavy"), "--axis must look like"),
        (("--picture", "grid.png"), "at least one --axis"),
        (("--axis", "pole_mas=0.1"), "has no parameter 'pole_mas'"),
    ],
)
def test_a_wrong_argument_is_one_sentence(saved, monkeypatch, capsys, arguments, words):
    assert run(monkeypatch, saved, "--episodes", "1", *arguments) == 2
    assert words in capsys.readouterr().err


def test_an_agent_of_another_family_is_refused(monkeypatch, capsys, tmp_path):
    mdpzoo.make_agent("ppo", "CartPole-v1", n_steps=8, batch_size=8).save(tmp_path / "ppo.zip")
    assert run(monkeypatch, str(tmp_path / "ppo.zip")) == 2
    assert "learns from games" in capsys.readouterr().err
