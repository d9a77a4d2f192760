import subprocess
import sys

import pytest

import mdpzoo
import mdpzoo_token
import mdpzoo_token.alignment
import mdpzoo_token.denoising
from mdpzoo import registry
from mdpzoo.checks import run_checks


def test_the_plugin_brings_its_environments_agent_and_commands():
    own = [id for id in mdpzoo.environments() if registry.owner(id) == "mdpzoo-token"]
    names = "Countdown", "CopySort", "KeyDoor", "MaskedDenoise", "SumTarget", "TiedActions"
    assert sorted(own) == sorted(f"mdpzoo/{name}-v0" for name in names)
    assert "grpo-token" in mdpzoo.agents()
    assert {"cliff", "strategies"} <= set(registry.commands())


@pytest.mark.parametrize(
    ("id", "settings"),
    [
        ("mdpzoo/SumTarget-v0", {"length": 4, "turn_length": 3, "vocabulary": 11}),
        ("mdpzoo/MaskedDenoise-v0", {"source": "ring", "length": 3, "steps": 2, "remask": False}),
    ],
)
@pytest.mark.filterwarnings("ignore::UserWarning")
def test_tasks_with_other_settings_keep_every_rule(id, settings):
    results = run_checks(id, **settings)
    assert [(each.name, each.failure) for each in results if each.failure] == []


@pytest.mark.parametrize("module", [mdpzoo_token, mdpzoo_token.alignment, mdpzoo_token.denoising])
def test_every_public_name_is_found(module):
    for name in module.__all__:
        assert getattr(module, name) is not None


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import mdpzoo_token.plugin, mdpzoo_token", "torch"),
        (
            "from mdpzoo_token.strategies import grpo, clip_cov, kl_cov, steer, lp_reg, siren, epo, empg",
            "stable_baselines3",
        ),
    ],
)
def test_specs_import_no_torch_and_strategies_no_sb3(code, heavy):
    found = subprocess.run(
        [sys.executable, "-c", f"{code}; import sys; print({heavy!r} in sys.modules)"], capture_output=True, text=True
    )
    assert found.stdout.strip() == "False", found.stderr
