"""The rooms of the plugin: few modules in each, and imports that point one way."""

import ast
import importlib
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import mdpzoo_combinatorial

PACKAGE = "mdpzoo_combinatorial"
ROOT = Path(mdpzoo_combinatorial.__file__).parent
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


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        ("cvrp", "environments.cvrp", "visits"),
        ("exhaustive", "environments.exhaustive", "check_bisimulation"),
        ("bq_nco.labels", "bq_nco.training.labels", "read_labels"),
    ],
)
def test_names_that_the_documentation_has_shown_still_work_and_warn(old, new, name):
    with pytest.warns(DeprecationWarning, match=f"is now {PACKAGE}.{new}"):
        moved = getattr(importlib.import_module(f"{PACKAGE}.{old}"), name)
    assert moved is getattr(importlib.import_module(f"{PACKAGE}.{new}"), name)
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        importlib.import_module(f"{PACKAGE}.{old}").nothing  # noqa: B018
