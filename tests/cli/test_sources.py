"""Settings are read from sources as an import would give them, or not at all."""

import inspect
import json
import subprocess
import sys

import pytest

from mdpzoo import registry
from mdpzoo.cli.kept_settings import kept_rows
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.cli.sources import Unreadable, look_up

READ_ALL = """
import json, sys
from mdpzoo import registry
from mdpzoo.cli.settings_table import settings_rows
from mdpzoo.cli.sources import look_up
rows = {id: settings_rows(each.rules, each.settings, None, look_up) for id, each in registry.environments().items()}
rows |= {id: settings_rows(each.build, each.settings, each.ranges, look_up) for id, each in registry.agents().items()}
assert not {"torch", "numba", "scipy", "stable_baselines3", "sb3_contrib"} & set(sys.modules), "imported"
print(json.dumps(rows, default=str))
"""


@pytest.fixture(scope="module")
def rows():
    """The rows of every id, read where nothing has been imported."""
    told = subprocess.run([sys.executable, "-c", READ_ALL], capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


@pytest.mark.parametrize("id", [*registry.environments(), *registry.agents()])
def test_the_settings_of_every_id_are_read_as_an_import_gives_them(id, rows):
    spec = registry.environment(id) if "/" in id else registry.agent(id)
    code, ranges = (spec.rules, None) if "/" in id else (spec.build, spec.ranges)
    assert rows[id] == json.loads(json.dumps(settings_rows(code, spec.settings, ranges), default=str))


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Writes a package that must not be imported; returns the signature of its function or class ``made``."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(name, source, **files):
        (tmp_path / name).mkdir()
        for file, text in {"__init__": source, **files}.items():
            (tmp_path / name / f"{file}.py").write_text(text + "\nraise RuntimeError('imported')\n")
        return str(inspect.signature(look_up(f"{name}:made")))

    return write


@pytest.mark.parametrize(("source", "signature"), [
    ("LENGTH = 2 * 3\ndef made(a=LENGTH): raise OSError", "(a=6)"),  # a constant
    ("from .rest import LENGTH\ndef made(a=LENGTH): pass", "(a=7)"),  # of another module
    ("from . import rest\ndef made(a=max(rest.LENGTH, 1)): pass", "(a=7)"),
    ("from dataclasses import dataclass\n@dataclass\nclass made:\n    a: int = 1", "(a: int = 1) -> None"),
    ("from .rest import Base\nclass made(Base):\n    'Inherits.'", "(c: int)"),
    ("from dataclasses import dataclass\n@dataclass\nclass Maker:\n    x: int\n    def __call__(self, b): pass\n"
     "made = Maker(3)", "(b)"),  # a record that is called
    ("import functools\n@functools.cache\ndef made(a): pass", "(a)"),  # a decorator of the standard library
])  # fmt: skip
def test_a_signature_is_read_without_running_the_module(source, signature, module, request):
    name = "acme_" + str(abs(hash(request.node.name)))
    rest = "LENGTH = 7\nclass Base:\n    'A base.'\n    def __init__(self, c: int): pass"
    assert module(name, source, rest=rest) == signature


@pytest.mark.parametrize("source", [
    "def made(a): pass\ndef made(b): pass",  # bound twice
    "def made(a): pass\nfor each in (made,):\n    each.settings_of = 'x:y'",  # changed by a loop
    "from .rest import *",
    "def length(): return 3\ndef made(a=length()): pass",  # computed by the module
    "def wrap(f): return f\n@wrap\ndef made(a): pass",  # a decorator of its own
    "class made(metaclass=type):\n    def __init__(self, a): pass",
    "class made:\n    def __new__(cls, a): pass",
    "import unheard_of\ndef made(a: unheard_of.Thing = 1): pass",  # not installed
    "import unheard_of\nclass made(unheard_of.Base):\n    'A constructor that is not in reach.'",
    "from .rest import there_is_none as made",
])  # fmt: skip
def test_what_only_an_import_can_tell_is_not_guessed(source, module, request):
    with pytest.raises(Unreadable):
        module("acme_" + str(abs(hash(request.node.name))), source, rest="LENGTH = 7")


def test_what_sources_do_not_say_is_imported(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "acme_computed.py").write_text("def length(): return 3\ndef made(a: int = length()): pass")
    assert kept_rows("acme_computed:made", {})[0]["default"] == 3
