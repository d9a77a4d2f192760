"""Machine code on disk is never stale, and survives folders that cannot be read or written."""

import os
import subprocess
import sys
import textwrap

import pytest

RUN = "from caller import total; import sys; print(total(3.0), sum(total.stats.cache_hits.values()))"
INNER = """
from mdpzoo.compiling import inlined
from constants import FACTOR

@inlined
def grown(x):
    return FACTOR * x + {added}
"""
CALLER = """
from mdpzoo.compiling import compiled
from inner import grown

@compiled
def total(x):
    return grown(x)
"""


@pytest.fixture
def package(tmp_path):
    for name, text in (("inner", INNER.format(added=1.0)), ("caller", CALLER), ("constants", "FACTOR = 2.0\n")):
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(text))
    return tmp_path


def ran(folder, run=RUN, **environment):
    env = os.environ | {"PYTHONPATH": str(folder), "XDG_CACHE_HOME": str(folder / "user")} | environment
    env |= {"PYTHONDONTWRITEBYTECODE": "1"}  # bytecode of a file that changes twice in a second can be stale
    env.pop("NUMBA_CACHE_DIR", None) if "NUMBA_CACHE_DIR" not in environment else None
    done = subprocess.run([sys.executable, "-c", run], capture_output=True, text=True, env=env, check=True)
    return done.stdout.split()


def test_an_inlined_function_of_another_file_changes_what_its_caller_does(package):
    assert ran(package) == ["7.0", "0"]
    assert ran(package) == ["7.0", "1"]  # from disk
    (package / "inner.py").write_text(INNER.format(added=5.0))
    assert ran(package) == ["11.0", "0"]
    (package / "inner.py").write_text(INNER.format(added=1.0))
    assert ran(package) == ["7.0", "1"]  # the old state is still there


def test_a_constant_of_another_file_changes_what_a_function_does(package):
    assert ran(package) == ["7.0", "0"]
    (package / "constants.py").write_text("FACTOR = 3.0\n")
    assert ran(package) == ["10.0", "0"]


CLOSURE = """
from mdpzoo.compiling import compiled, inlined

@inlined
def double(x):
    return 2.0 * x

@inlined
def half(x):
    return 0.5 * x

def made_of(inner, added):
    @compiled
    def total(x):
        return inner(x) + added
    return total

total, other = made_of(double, 1.0), made_of(half, 1.0)
"""


def test_functions_that_a_closure_holds_are_told_apart_and_found_by_another_process(package):
    (package / "caller.py").write_text(textwrap.dedent(CLOSURE))
    both = RUN.replace("total; import sys", "other, total; import sys; print(other(3.0))")
    assert ran(package) == ["7.0", "0"]
    assert ran(package, run=both) == ["2.5", "7.0", "1"]  # 3 / 2 + 1, compiled, then 2 * 3 + 1 from disk
    assert ran(package, run=both.replace("total.stats", "other.stats")) == ["2.5", "7.0", "1"]


NAMESAKE = """
import numpy as np

WORDS = frozenset(("one", "two", "three", "four"))

def total(truck):
    return np.sqrt(truck.load) in WORDS  # there is a numpy.load, too
"""


def test_neither_the_order_of_a_set_nor_a_namesake_in_numpy_tells_processes_apart(package):
    (package / "caller.py").write_text(textwrap.dedent(NAMESAKE))
    run = "from mdpzoo.compiling.source_cache import stamp_of; from caller import total; print(stamp_of(total))"
    assert len({ran(package, run=run, PYTHONHASHSEED=str(seed))[0] for seed in range(4)}) == 1


def test_a_comment_in_a_file_that_is_not_used_changes_nothing(package):
    assert ran(package) == ["7.0", "0"]
    (package / "other.py").write_text("# a comment\n")
    assert ran(package) == ["7.0", "1"]


def test_code_beside_read_only_sources_is_used_and_the_users_cache_takes_the_rest(package):
    beside = package / "__pycache__"
    beside.write_text("not a folder: nothing can be written here, even by root")
    assert ran(package) == ["7.0", "0"]
    assert ran(package) == ["7.0", "1"]
    assert list((package / "user").rglob("*.nbi"))


def test_a_damaged_file_is_compiled_again(package):
    assert ran(package) == ["7.0", "0"]
    (kept,) = (package / "__pycache__").rglob("*.nbc")
    kept.write_bytes(b"rubbish")
    assert ran(package) == ["7.0", "0"]
    assert ran(package) == ["7.0", "1"]


def test_a_folder_of_ones_own_replaces_both(package, tmp_path):
    own = tmp_path / "own"
    assert ran(package, NUMBA_CACHE_DIR=str(own)) == ["7.0", "0"]
    assert ran(package, NUMBA_CACHE_DIR=str(own)) == ["7.0", "1"]
    assert not list((package / "__pycache__").rglob("*.nbi"))
