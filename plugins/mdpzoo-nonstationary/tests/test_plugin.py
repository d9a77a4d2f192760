import json
import subprocess
import sys

import numpy as np
import pytest

import mdpzoo
import mdpzoo_nonstationary
from mdpzoo import registry
from mdpzoo.codes import build
from mdpzoo.planning import solve_average

ALL = [id for id in mdpzoo.environments() if registry.owner(id) == "mdpzoo-nonstationary"]
OWN = [id for id in ALL if registry.environment(id).kind == "model"]


def test_the_plugin_brings_five_tables_and_two_drifting_environments():
    names = ("ActionSwapSwitch", "GridSwitch", "RandomSwitch", "RewardSwitch", "RiverSwimSwitch")
    assert sorted(OWN) == [f"mdpzoo/{name}-v0" for name in names]
    assert sorted(set(ALL) - set(OWN)) == ["mdpzoo/DriftingCartPole-v0", "mdpzoo/DriftingPendulum-v0"]


@pytest.mark.parametrize("id", OWN)
def test_by_default_there_are_four_changes_in_a_million_steps_and_the_gain_exists(id):
    rules = build(registry.environment(id).rules, {})
    assert rules.change_points(10**6).tolist() == [200_000, 400_000, 600_000, 800_000]
    for model in rules.models:
        gains = solve_average(model, 1e-8).gains
        assert np.ptp(gains) < 1e-6  # one gain, wherever the trajectory stands at a change


@pytest.mark.parametrize("id", OWN)
def test_consecutive_segments_differ(id):
    rules = build(registry.environment(id).rules, {})
    for t in rules.change_points(10**6):
        before, after = rules.at(int(t) - 1), rules.at(int(t))
        assert before is not after
        assert [each.tolist() for each in before.to_arrays()] != [each.tolist() for each in after.to_arrays()]


@pytest.mark.parametrize("name", mdpzoo_nonstationary.__all__)
def test_every_public_name_is_found(name):
    assert getattr(mdpzoo_nonstationary, name) is not None
    assert name in dir(mdpzoo_nonstationary)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'RBOCDP'"):
        mdpzoo_nonstationary.RBOCDP  # noqa: B018


def test_the_specs_are_read_without_numba_and_torch():
    code = (
        "import sys, json, mdpzoo, mdpzoo_nonstationary.plugin as p; p.mdpzoo_environments(); p.mdpzoo_agents();"
        "print(json.dumps([name for name in ('numba', 'torch', 'stable_baselines3') if name in sys.modules]))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(found.stdout) == []
