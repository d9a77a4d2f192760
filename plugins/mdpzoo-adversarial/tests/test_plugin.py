import json
import subprocess
import sys

import pytest

import mdpzoo
import mdpzoo_adversarial
from mdpzoo import registry

OWN = [id for id in (*mdpzoo.environments(), *mdpzoo.agents()) if registry.owner(id) == "mdpzoo-adversarial"]


def test_the_plugin_brings_its_games_and_agents():
    robots = ("InvertedPendulum", "Hopper", "HalfCheetah", "Walker2d", "Ant", "Swimmer")
    games = [f"Adversarial{name}" for name in ("CartPole", "LQ", *robots)]
    games += ["ZeroSumMatrix", "MarkovSoccer", "PursuitEvasion", "RobustNavigation", "RobustMuJoCo"]
    agents = ["qarl", "rarl", "maximin", "unopposed-sac"]
    assert sorted(OWN) == sorted([f"mdpzoo/{name}-v0" for name in games] + agents)


@pytest.mark.parametrize("name", mdpzoo_adversarial.__all__)
def test_every_public_name_is_found(name):
    assert getattr(mdpzoo_adversarial, name) is not None
    assert name in dir(mdpzoo_adversarial)


def test_the_specs_are_read_without_scipy_torch_and_mujoco():
    code = (
        "import sys, json, mdpzoo, mdpzoo_adversarial.plugin as p; p.mdpzoo_environments(); p.mdpzoo_agents();"
        "heavy = ('scipy', 'torch', 'mujoco', 'stable_baselines3');"
        "print(json.dumps([name for name in heavy if name in sys.modules]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []
