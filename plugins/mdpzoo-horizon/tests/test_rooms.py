"""The rooms of the plugin: few modules in each, imports that point one way, and former names that still load."""

import ast
import importlib
import pickle
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import mdpzoo_horizon

PACKAGE = "mdpzoo_horizon"
ROOT = Path(mdpzoo_horizon.__file__).parent
TESTS = Path(__file__).parent
LARGEST_ROOM = 15  # modules of a folder


def modules():
    """Every module's dotted name and file."""
    for file in ROOT.rglob("*.py"):
        parts = (PACKAGE, *file.relative_to(ROOT).with_suffix("").parts)
        yield ".".join(parts).removesuffix(".__init__"), file


NAMES = dict(modules())


def room(module):
    """The folder of a module."""
    return NAMES[module].parent.relative_to(ROOT).as_posix()


def imported(file, deferred=True):
    """The plugin's modules that a file imports, within functions too where ``deferred``; type checkers' excepted."""
    nodes = [ast.parse(file.read_text())]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            continue
        if isinstance(node, ast.FunctionDef) and not deferred:
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE:
            for each in node.names:
                inner = f"{node.module}.{each.name}"
                yield inner if inner in NAMES else node.module


def test_a_folder_holds_at_most_fifteen_modules():
    counts = {folder: len(list(folder.glob("*.py"))) for folder in {file.parent for file in NAMES.values()}}
    assert {folder.name: count for folder, count in counts.items() if count > LARGEST_ROOM} == {}


def test_imports_between_rooms_form_no_circle():
    arrows = {}
    for module, file in NAMES.items():
        others = {room(other) for other in imported(file)} - {room(module)}
        arrows[room(module)] = arrows.get(room(module), set()) | others
    list(TopologicalSorter(arrows).static_order())  # raises CycleError, which names the circle


def test_imports_between_modules_form_no_circle():
    arrows = {module: set(imported(file, deferred=False)) - {module} for module, file in NAMES.items()}
    list(TopologicalSorter(arrows).static_order())  # raises CycleError, which names the circle


def test_every_room_has_a_folder_of_tests():
    rooms = {room(module) for module in NAMES} - {"."}
    assert {each for each in rooms if not list((TESTS / each).glob("test_*.py"))} == set()


def test_no_module_is_named_like_its_public_function():
    clashes = set()
    for module, file in NAMES.items():
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
