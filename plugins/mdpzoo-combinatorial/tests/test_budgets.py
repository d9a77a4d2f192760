"""Budgets of the code: short files and functions, few parameters, annotations everywhere, names that differ."""

import ast
from pathlib import Path

import pytest

import mdpzoo_combinatorial

ROOT = Path(mdpzoo_combinatorial.__file__).parent
FILES = sorted(ROOT.rglob("*.py"))
LINES, LENGTH, PARAMETERS = 300, 60, 10
KERNELS = {"compiled", "inlined", "cache"}  # decorators of compiled code, whose arrays are one argument each


def functions(tree):
    """Functions that are no kernels, nor within one."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            if KERNELS & {ast.unparse(each) for each in node.decorator_list}:
                continue
            yield node
        yield from functions(node)


def arguments(node):
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg]
    return [each for each in every if each is not None and each.arg not in ("self", "cls")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_a_file_is_within_its_budgets(file):
    text = file.read_text()
    tree = ast.parse(text)
    assert len(text.splitlines()) <= LINES
    assert [each.name for each in functions(tree) if each.end_lineno - each.lineno >= LENGTH] == []
    assert [each.name for each in functions(tree) if len(arguments(each)) > PARAMETERS] == []
    missing = [(each.name, one.arg) for each in functions(tree) for one in arguments(each) if one.annotation is None]
    assert missing == []


def test_no_module_is_named_like_its_own_function():
    alike = [
        file.name
        for file in FILES
        if file.stem in {each.name for each in ast.parse(file.read_text()).body if isinstance(each, ast.FunctionDef)}
    ]
    assert alike == []


def test_no_module_is_a_drawer_for_anything():
    assert {file.stem for file in FILES} & {"utils", "common", "helpers", "misc"} == set()
