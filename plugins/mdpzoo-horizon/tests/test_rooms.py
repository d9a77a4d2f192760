"""The rooms of the plugin: few modules in each, imports that point one way, and former names that still load."""

import ast
import importlib
import pickle
from pathlib import Path

import pytest

import mdpzoo_horizon
from tests.import_graph import ImportGraph

PACKAGE = "mdpzoo_horizon"
TESTS = Path(__file__).parent
LARGEST_ROOM = 15  # modules of a folder


GRAPH = ImportGraph(Path(mdpzoo_horizon.__file__).parent)


def test_a_folder_holds_at_most_fifteen_modules():
    assert GRAPH.crowded_folders(LARGEST_ROOM) == {}


def test_imports_between_modules_form_no_circle():
    GRAPH.refuse_circles_of_modules(deferred=False, with_packages=True)


def test_every_room_has_a_folder_of_tests():
    rooms = {GRAPH.room(module) for module in GRAPH.names} - {"."}
    assert {each for each in rooms if not list((TESTS / each).glob("test_*.py"))} == set()


def test_no_module_is_named_like_its_public_function():
    clashes = set()
    for module, file in GRAPH.names.items():
        name = module.rpartition(".")[2]
        clashes |= {
            module
            for node in ast.parse(file.read_text()).body
            if isinstance(node, ast.FunctionDef) and node.name == name
        }
    assert clashes == set()


@pytest.mark.parametrize("name", mdpzoo_horizon.__all__)
def test_every_public_name_is_imported_from_its_room(name):
    found = getattr(mdpzoo_horizon, name)
    assert found.__name__ == name
    assert found.__module__.startswith(f"{PACKAGE}.")
    assert name in dir(mdpzoo_horizon)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="module 'mdpzoo_horizon' has no attribute 'nothing'"):
        mdpzoo_horizon.nothing  # noqa: B018


@pytest.mark.parametrize(
    ("former", "name"),
    [
        ("gorp", "OpenLoopPolicy"),
        ("timed_policy", "TimedPolicy"),
        ("regressors", "Histogram"),
        ("regressors", "Ridge"),
        ("network_regressor", "Network"),
        ("shared_network", "SharedNetwork"),
    ],
)
def test_agents_saved_under_the_former_names_find_their_classes(former, name):
    # a protocol 0 pickle of a class is its module and its name, each on a line
    found = pickle.loads(f"c{PACKAGE}.{former}\n{name}\n.".encode())  # noqa: S301
    assert found.__module__.startswith(f"{PACKAGE}.algorithms.")
    assert found is getattr(importlib.import_module(found.__module__), name)
