import importlib.metadata
import platform

from mdpzoo import registry
from mdpzoo.experiments.provenance import versions


def test_versions_name_the_zoo_its_plugins_and_what_they_stand_on():
    found = versions()
    assert found["python"] == platform.python_version()
    assert found["cpu"]
    wanted = {"mdpzoo", "torch", "numpy", "gymnasium", "stable-baselines3"}
    wanted |= {status.distribution for status in registry.plugins()}
    assert wanted <= found["packages"].keys()
    assert all(importlib.metadata.version(name) == version for name, version in found["packages"].items())
