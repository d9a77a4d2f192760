import os
import subprocess
import sys

import pytest
import torch

import mdpzoo
from mdpzoo.checks import NotApplicable, checks, everything, run_check, run_checks
from mdpzoo.checks.environments.synchronisation import NoSynchronisation
from mdpzoo.checks.subject import Subject
from mdpzoo.checks.suites import suite

VARIANTS = [(id, dict(each)) for id, spec in mdpzoo.environments().items() for each in ({}, *spec.variants)]


@pytest.mark.parametrize(
    ("id", "settings", "name"),
    [(id, settings, name) for id, settings in VARIANTS for name, _ in checks(id, **settings)],
)
@pytest.mark.filterwarnings("ignore:.*For Box action spaces, we recommend")  # simulators' spaces are not ours to choose
@pytest.mark.filterwarnings("ignore:.*A Box observation space")
@pytest.mark.filterwarnings("ignore:Observation is not a NumPy array")  # PettingZoo's remark on Discrete observations
def test_every_registered_environment_passes(id, settings, name, capsys):
    try:
        dict(checks(id, **settings))[name]()
    except NotApplicable as reason:
        pytest.skip(str(reason))


OTHERS = [each for each in everything() if not isinstance(each, Subject)]


@pytest.mark.parametrize(
    ("title", "name", "check"),
    [(each.title, name, check) for each in OTHERS for name, check in suite(each)],
    ids=[f"{each.title}-{name}" for each in OTHERS for name, _ in suite(each)],
)
def test_every_installed_plugin_and_agent_passes(title, name, check):
    result = run_check(title, name, check)
    if result.skipped:
        pytest.skip(result.skipped)
    assert result.failure is None


@pytest.mark.parametrize(
    "offence",
    [
        lambda x: x.sum().item(),  # reads a value back
        lambda x: x[x > 0],  # the shape depends on data
        lambda x: x.nonzero(),
        lambda x: bool((x > 0).any()),
        lambda x: torch.zeros(3).index_put_((x > 0,), torch.ones(())),  # writes where a mask says
        lambda x: torch.unique(x),
        lambda x: torch.masked_select(x, x > 0),
    ],
)
def test_the_guard_catches_what_waits_for_the_device(offence):
    with pytest.raises(AssertionError, match="reads a value back or has a shape"), NoSynchronisation():
        offence(torch.tensor([1.0, -1.0, 2.0]))


def test_the_guard_lets_dense_code_pass():
    with NoSynchronisation():
        x = torch.tensor([[1.0, -1.0]])
        torch.where(x > 0, x, 0).gather(1, x.argmax(1, keepdim=True))


def test_a_face_that_differs_is_found(monkeypatch):
    from mdpzoo.models.compiled import CompiledTabular

    original = CompiledTabular.observe
    monkeypatch.setattr(CompiledTabular, "observe", lambda self, state: original(self, state) * 0)
    found = {each.name: each.failure for each in run_checks("mdpzoo/RiverSwim-v0", length=5)}
    assert "the observation of event" in found["same seed, same trajectory in every face"]


def test_a_simulator_whose_package_is_missing_fails_no_check(tmp_path):
    (tmp_path / "mujoco.py").write_text("raise ImportError('no mujoco')")  # as if it were not installed
    command = [sys.executable, "-m", "mdpzoo", "check", "mdpzoo/TiltedPendulum-v0"]
    surroundings = os.environ | {"PYTHONPATH": str(tmp_path), "COLUMNS": "300"}
    done = subprocess.run(command, capture_output=True, text=True, env=surroundings, check=False, timeout=200)
    assert "pip install 'mdpzoo-example[mujoco]'" in done.stdout
    assert done.returncode == 0, done.stdout
