import json
import subprocess
import sys

import pytest

import mdpzoo
import mdpzoo_coding
from mdpzoo import registry
from mdpzoo.checks import run_checks

OWN = [id for id in mdpzoo.environments() if registry.owner(id) == "mdpzoo-coding"]


def test_the_plugin_brings_its_games_agents_and_commands():
    assert sorted(OWN) == ["mdpzoo/CodeBottleneckGrid-v0", "mdpzoo/CodeCart-v0", "mdpzoo/CodeGrid-v0"]
    assert {"meme", "mec-b", "rl-perfect-receiver"} <= set(mdpzoo.agents())
    assert {"send", "receive"} <= set(registry.commands())


@pytest.mark.parametrize(
    ("id", "settings"),
    [
        ("mdpzoo/CodeGrid-v0", {"messages": 8, "noise": 0.25, "max_steps": 4}),
        ("mdpzoo/CodeCart-v0", {"blocks": 2, "noise": 0.1}),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_games_with_other_settings_keep_every_rule(id, settings):
    results = run_checks(id, **settings)
    assert [(each.name, each.failure) for each in results if each.failure] == []


@pytest.mark.parametrize("name", mdpzoo_coding.__all__)
def test_every_public_name_is_found(name):
    assert getattr(mdpzoo_coding, name) is not None
    assert name in dir(mdpzoo_coding)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'Encoder'"):
        mdpzoo_coding.Encoder  # noqa: B018


def test_the_specs_are_read_without_numba_torch_and_cryptography():
    heavy = ("numba", "torch", "stable_baselines3", "cryptography")
    code = (
        "import sys, json, mdpzoo, mdpzoo_coding.plugin as p; p.mdpzoo_environments(); p.mdpzoo_agents();"
        f"print(json.dumps([name for name in {heavy!r} if name in sys.modules]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []
