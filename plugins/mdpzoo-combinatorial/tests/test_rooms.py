"""The rooms of the plugin: few modules in each, and imports that point one way."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mdpzoo_combinatorial
from mdpzoo_combinatorial.baselines.table import BASELINES
from mdpzoo_combinatorial.problems import PROBLEMS, resolve
from tests.import_graph import ImportGraph

PACKAGE = "mdpzoo_combinatorial"
LARGEST_ROOM = 15  # modules of a folder


GRAPH = ImportGraph(Path(mdpzoo_combinatorial.__file__).parent)


def test_a_folder_holds_at_most_fifteen_modules():
    assert GRAPH.crowded_folders(LARGEST_ROOM) == {}


def test_imports_between_modules_form_no_circle():
    GRAPH.refuse_circles_of_modules(deferred=False, with_packages=True)


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


READERS = {"files.csv_text", "files.tsplib_instances"}  # which dispatch on the problem that a file is of


def switches(tree):
    """Lines that compare with a problem's name, match it or look it up in a dictionary of literals."""
    names = {name for problem in PROBLEMS for name in (problem, problem.lower())}

    def named(node):
        return isinstance(node, ast.Constant) and node.value in names

    for node in ast.walk(tree):
        parts = []
        if isinstance(node, ast.Compare):
            parts = [node.left, *node.comparators]
        elif isinstance(node, ast.Dict):
            parts = [key for key in node.keys if key is not None]
        elif isinstance(node, ast.MatchValue):
            parts = [node.value]
        inner = [each for part in parts for each in (part.elts if isinstance(part, ast.Tuple | ast.Set) else [part])]
        if any(map(named, inner)):
            yield node.lineno


def test_only_readers_and_a_problems_own_module_switch_on_its_name():
    found = {
        f"{module}:{line}"
        for module, file in GRAPH.names.items()
        if module.removeprefix(f"{PACKAGE}.") not in READERS and not module.startswith(f"{PACKAGE}.problems.")
        for line in switches(ast.parse(file.read_text()))
    }
    assert found == set()


def test_a_switch_on_a_name_is_seen():
    code = "a = problem == 'TSP'\nb = {'OP': 1}\nc = problem in ('CVRP', 'OP')\nd = problem == 'tour'\n"
    assert sorted(switches(ast.parse(code))) == [1, 2, 3]


def test_importing_the_records_imports_no_torch_and_no_numba():
    code = (
        "import sys, mdpzoo_combinatorial.plugin as plugin\n"
        "plugin.mdpzoo_environments(), plugin.mdpzoo_agents()\n"
        "sys.exit(any(name in sys.modules for name in ('torch', 'numba', 'stable_baselines3')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_reference_of_a_record_names_something():
    for record in PROBLEMS.values():
        for part in (record, record.observation, record.generation, record.learning):
            for each in vars(part).values():
                if isinstance(each, str) and re.fullmatch(r"[a-z_.]+:\w+", each) and not each.startswith(PACKAGE):
                    assert resolve(each) is not None
        assert resolve(record.instance).problem == record.name
        assert all(name in BASELINES for name in record.baselines)
