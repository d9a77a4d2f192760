"""A compiled function can be called by Python and by compiled functions, in either order, from disk or not."""

import os
import subprocess
import sys

import pytest

MODULE = """
from mdpzoo.compiling import borrowing, compiled

@borrowing
def first(x):
    return x[0]

@compiled
def total(x):
    return first(x) + 1.0
"""
CALLS = ("first(x)", "total(x)")
RESULTS = {"first(x)": 5.0, "total(x)": 6.0}


def ran(folder, calls):
    """The results of calls in a process of their own, and how many functions it compiled."""
    code = f"import numpy as np; from kernels import *; x = np.full(1, 5.0); print(*[{', '.join(calls)}])"
    code += "; print(sum(sum(each.stats.cache_misses.values()) for each in (first, total)))"
    env = os.environ | {"PYTHONPATH": str(folder), "NUMBA_CACHE_DIR": str(folder / "cache")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    *found, misses = done.stdout.split()
    return [float(each) for each in found], int(misses)


@pytest.mark.parametrize("calls", [CALLS, CALLS[::-1], (*CALLS, *CALLS)])
def test_who_calls_first_makes_no_difference(tmp_path, calls):
    (tmp_path / "kernels.py").write_text(MODULE)
    for misses in (len(CALLS) + (calls[0] == "total(x)"), 0):  # compiled, then from disk
        assert ran(tmp_path, calls) == ([RESULTS[each] for each in calls], misses)


def test_what_a_compiled_function_alone_has_called_is_compiled_for_python_in_a_later_process(tmp_path):
    (tmp_path / "kernels.py").write_text(MODULE)
    assert ran(tmp_path, ["total(x)"]) == ([6.0], 2)
    assert ran(tmp_path, ["first(x)"]) == ([5.0], 1)


def test_a_compiled_function_can_be_sent_to_another_process(tmp_path):
    (tmp_path / "kernels.py").write_text(MODULE)
    send = "import pickle, sys; from kernels import total; sys.stdout.buffer.write(pickle.dumps(total))"
    read = "import numpy, pickle, sys; print(pickle.load(sys.stdin.buffer)(numpy.full(1, 5.0)))"
    env = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    sent = subprocess.run([sys.executable, "-c", send], capture_output=True, env=env, check=True)
    done = subprocess.run([sys.executable, "-c", read], input=sent.stdout, capture_output=True, env=env, check=True)
    assert float(done.stdout) == 6.0


def test_threads_that_call_at_once_get_their_results(tmp_path):
    (tmp_path / "kernels.py").write_text(MODULE)
    code = "import numpy; from concurrent.futures import ThreadPoolExecutor as Pool; from kernels import *; "
    code += "x = numpy.full(1, 5.0); print(*Pool(4).map(lambda each: each(x), [total, first, total, first]))"
    env = os.environ | {"PYTHONPATH": str(tmp_path), "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert [float(each) for each in done.stdout.split()] == [6.0, 5.0, 6.0, 5.0]
