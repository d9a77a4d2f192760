import json
import subprocess
import sys

import pytest

import mdpzoo
import mdpzoo_latent
from mdpzoo import registry
from mdpzoo.codes import build
from mdpzoo.models import LatentMDP

OWN = [id for id in mdpzoo.environments() if registry.owner(id) == "mdpzoo-latent"]
LATENT = ("Bandit", "Random", "Rewards", "RiverSwim", "Rooms", "Signpost", "Tree")


def test_the_plugin_brings_its_nine_environments():
    assert sorted(OWN) == [
        *(f"mdpzoo/Latent{name}-v0" for name in LATENT),
        "mdpzoo/RevealingLock-v0",
        "mdpzoo/Tiger-v0",
    ]


@pytest.mark.parametrize("id", OWN)
def test_every_environment_ends_by_its_own_horizon(id):
    spec = registry.environment(id)
    assert build(spec.rules, spec.settings).horizon > 0
    assert spec.max_episode_steps is None


@pytest.mark.parametrize("name", LATENT)
def test_contexts_are_several_and_differ(name):
    spec = registry.environment(f"mdpzoo/Latent{name}-v0")
    model = build(spec.rules, spec.settings)
    assert isinstance(model, LatentMDP)
    assert model.num_contexts > 1
    assert (model.transitions != model.transitions[0]).any() or (model.rewards != model.rewards[0]).any()


@pytest.mark.parametrize("name", mdpzoo_latent.__all__)
def test_every_public_name_is_found(name):
    assert getattr(mdpzoo_latent, name) is not None
    assert name in dir(mdpzoo_latent)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'plam'"):
        mdpzoo_latent.plam  # noqa: B018


def test_the_specs_are_read_without_numba_and_torch():
    code = (
        "import sys, json, mdpzoo, mdpzoo_latent.plugin as p; p.mdpzoo_environments(); p.mdpzoo_agents();"
        "print(json.dumps([name for name in ('numba', 'torch', 'stable_baselines3') if name in sys.modules]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []
