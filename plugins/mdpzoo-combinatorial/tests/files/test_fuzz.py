"""Damaged files of every format over every reader: nothing but instance errors, one short sentence each."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import fuzz_readers
from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import generate, read_instance, read_solution

SEEDS = list(fuzz_readers.generated())
NESTED = st.recursive(st.integers() | st.floats() | st.none() | st.text(max_size=3), st.lists, max_leaves=9)
TEXTS = st.text("0123456789,;.-+eE#:\n xyTOUR_SECTIONRouteItems[]{}", max_size=200)


def complaint_of(function, *arguments):
    """What an instance error says, or nothing."""
    try:
        function(*arguments)
    except InstanceError as error:
        return str(error)
    return ""


def test_every_seed_is_a_good_file(tmp_path):
    for seed in SEEDS:
        path = tmp_path / f"seed{seed.ending}"
        path.write_bytes(seed.content)
        assert fuzz_readers.attempt(path, seed.instance) is None


@pytest.mark.parametrize("batch", range(4))
def test_a_thousand_damaged_files_raise_nothing_but_instance_errors(tmp_path, batch):
    rng, refused, slowest = np.random.default_rng(batch), 0, 0.0
    for _ in range(250):
        one, other = (SEEDS[int(k)] for k in rng.integers(len(SEEDS), size=2))
        path = tmp_path / f"damaged{one.ending}"
        path.write_bytes(fuzz_readers.mutated(one.content, other.content, rng))
        began = time.perf_counter()
        complaint = fuzz_readers.attempt(path, one.instance)
        slowest = max(slowest, time.perf_counter() - began)
        if complaint:
            refused += 1
            assert "\n" not in complaint
            assert len(complaint) < 500
    assert refused > 100
    assert slowest < fuzz_readers.SECONDS


@pytest.mark.parametrize("ending", [".tsp", ".csv", ".txt"])
@settings(deadline=None, max_examples=150)
@given(content=st.binary(max_size=400))
def test_random_bytes_are_an_instance_or_an_instance_error(tmp_path_factory, ending, content):
    path = tmp_path_factory.getbasetemp() / f"random{ending}"
    path.write_bytes(content)
    assert "\n" not in complaint_of(read_instance, path)


@pytest.mark.parametrize("problem", ["TSP", "CVRP", "OP", "Knapsack"])
@settings(deadline=None, max_examples=100)
@given(content=TEXTS | NESTED.map(repr))
def test_what_looks_like_a_solution_is_one_or_an_instance_error(tmp_path_factory, problem, content):
    path = tmp_path_factory.getbasetemp() / "random.sol"
    path.write_text(content)
    assert "\n" not in complaint_of(read_solution, path, generate(problem, 1, 5, 0)[0])


@settings(deadline=None, max_examples=200)
@given(st.sampled_from(["TSP", "ATSP", "CVRP", "OP", "Knapsack"]), NESTED)
def test_any_nested_list_is_a_solution_or_an_instance_error(problem, solution):
    instance = generate(problem, 1, 3, 0)[0]
    complaint = complaint_of(instance.objective, solution)
    assert "\n" not in complaint
    assert complaint_of(instance.validate, solution) == complaint
