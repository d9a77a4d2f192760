"""The script that plants faults: which ones it makes of a text, and that each is a small change that still parses."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def mutants():
    spec = importlib.util.spec_from_file_location("mutants", ROOT / "benchmarks" / "mutants.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["mutants"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["mutants"]


@pytest.mark.parametrize(
    ("line", "changed"),
    [
        ("a < b", {"(a <= b)"}),
        ("a + b", {"(a - b)"}),
        ("a and b", {"(a or b)"}),
        ("3", {"4", "2"}),
        ("True", {"False"}),
        ("not a", {"a"}),
        ("min(a, b)", {"(max(a, b))", "pass"}),
        ("if a:\n    b", {"if (not a):\n    b"}),
        ("a += b", {"a -= b"}),
        ("f(a)", {"pass"}),
        ("raise E(1 + 2)", set()),  # messages are no behaviour
        ("a: int | None = b", set()),  # neither are annotations
        ("'ä' < b", {"('ä' <= b)"}),  # columns are counted in bytes
    ],
)
def test_a_line_has_these_faults(mutants, line, changed):
    found = {fault.applied(line) for fault in mutants.faults("file.py", line)}
    assert found == changed


def test_every_fault_of_a_file_parses_and_changes_it(mutants):
    path = ROOT / "mdpzoo" / "models" / "compiled.py"
    source = path.read_text()
    found = mutants.faults("compiled.py", source)
    assert len(found) > 30
    for fault in found:
        assert ast.dump(ast.parse(fault.applied(source))) != ast.dump(ast.parse(source))
        assert mutants.difference(fault, source).startswith(f"compiled.py:{fault.line}\n  -")


def test_the_nearest_tests_come_first(mutants):
    code, tests = mutants.package_of("mdpzoo")
    found = mutants.stages("mdpzoo/models/batched.py", code, tests, ROOT, False)
    assert found == [["tests/models/test_batched.py"], ["tests/models"], ["tests"]]


def test_a_room_without_tests_of_its_own_has_those_of_the_room_around_it(mutants):
    code, tests = mutants.package_of("mdpzoo-combinatorial")
    path = (code / "local_search/lin_kernighan/array_tours.py").as_posix()
    assert not (ROOT / tests / "local_search/lin_kernighan").exists()
    assert mutants.stages(path, code, tests, ROOT, True) == [[(tests / "local_search").as_posix()]]


def test_a_sample_depends_on_its_seed_alone(mutants):
    code, _ = mutants.package_of("mdpzoo")
    assert mutants.sample_faults(code, "models", 1, 5) == mutants.sample_faults(code, "models", 1, 5)
    assert mutants.sample_faults(code, "models", 1, 5) != mutants.sample_faults(code, "models", 2, 5)
