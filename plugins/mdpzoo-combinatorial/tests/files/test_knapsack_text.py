"""Knapsack files of numbers only: the formats are told apart by their lines."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial import read_instance

OWN = "knapPI_1_3_10_1\nn 3\nc 8\nz 39\ntime 0.00\n1,30,4,1\n2,20,5,0\n3,9,1,1\n-----\n"
NUMBERED = "3\n0 30 4\n1 20 5\n2 9 1\n8\n"
HEADED = "3 8\n30 4\n20 5\n9 1\n"


def read(folder, text, name="items.txt"):
    path = folder / name
    path.write_text(text)
    return read_instance(path)


@pytest.mark.parametrize("text", [
    NUMBERED,
    "3\n1 30 4\n2 20 5\n3 9 1\n8\n",  # items from 1
    "3\n30 4\n20 5\n9 1\n8\n",  # no numbers of items
    "3\n8\n30 4\n20 5\n9 1\n",  # the capacity second
    HEADED,
    "3 8\n1 30 4\n2 20 5\n3 9 1\n",
    "3 8\n30 4\n20 5\n9 1\n1 0 1\n",  # somebody's solution
    "\n 3   8\r\n\r\n30\t4\r\n2e1 5.0\r\n9 1",  # white space does not matter
    OWN,
    OWN.removesuffix("-----\n"),
])  # fmt: skip
def test_every_format_gives_the_same_items(tmp_path, text):
    instance = read(tmp_path, text)
    assert (instance.values.tolist(), instance.weights.tolist(), instance.capacity) == ([30, 20, 9], [4, 5, 1], 8)
    assert instance.name == ("knapPI_1_3_10_1" if text.startswith("knap") else "items")


@pytest.mark.parametrize(("text", "message"), [
    ("3 8 1 2\n", "begins with 'n' or 'n capacity', got '3 8 1 2'"),
    ("0 8\n", "an integer in 1..100000, got 0"),
    ("2.5 8\n", "got 2.5"),
    ("100001 8\n", "got 100001"),
    ("4 8\n30 4\n20 5\n9 1\n", "declares 4 items, but has 3 lines of items"),
    ("8 3\n30 4\n20 5\n9 1\n", "declares 8 items, but has 3"),  # the capacity first
    ("1 8\n30 4\n20 5\n9 1\n", "declares 1 items, but more lines follow"),
    ("3\n30 4\n20 5\n9 1\n", "the capacity is missing; write the capacity alone on the last line"),
    ("3\n8\n30 4\n20 5\n8\n", "the capacity is ambiguous"),
    ("3\n", "the capacity is missing"),
    ("3 8\n30 4\n20 5 1\n9 1\n", "got 3 numbers for item 1"),
    ("2 8\n30\n20\n", "got 1 numbers for item 0"),
    ("2 8\n0 1 30 4\n1 1 20 5\n", "got 4 numbers for item 0"),
    ("2 8\n5 30 4\n6 20 5\n", "must count the items from 0 or 1"),
    ("2 8\n0 30 4\n0 20 5\n", "must count the items from 0 or 1"),
    ("2 8\n30 4\n-20 5\n", "values must not be negative, but [1] is -20"),
    ("2 -8\n30 4\n20 5\n", "the capacity must be at least 0"),
    ("2 8\n30 four\n20 5\n", "line 2: expected numbers"),
    ("2 8\n30 nan\n20 5\n", "finite"),
    ("2 1e300\n30 4\n20 5\n", "below 1e15"),
    (OWN.replace("n 3\n", ""), "expected the lines 'n items' and 'c capacity'"),
    (OWN.replace("1,30,4,1", "1,30,4"), "expected 'item,value,weight,taken', got '1,30,4'"),
    (OWN.replace("n 3", "n 2").replace("3,9", "3,9"), "declares 2 items, but has 3"),
    (OWN.replace("n 3", "n 1"), "declares 1 items, of at most 100000, but more lines follow"),
    (OWN + OWN, "several instances"),
    ("knapPI_1\nn 3\nc 8\n", "has no items"),
])  # fmt: skip
def test_what_is_wrong_with_a_knapsack_file_is_said_with_a_remedy(tmp_path, text, message):
    with pytest.raises(InstanceError) as error:
        read(tmp_path, text)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**9)), min_size=1, max_size=20),
    st.integers(0, 10**12),
    st.sampled_from(["numbered", "headed", "second"]),
)
def test_items_survive_writing_and_reading_in_every_format(tmp_path_factory, items, capacity, layout):
    pairs = "\n".join(f"{value} {weight}" for value, weight in items)
    triples = "\n".join(f"{k} {value} {weight}" for k, (value, weight) in enumerate(items))
    text = {
        "numbered": f"{len(items)}\n{triples}\n{capacity}\n",
        "headed": f"{len(items)} {capacity}\n{pairs}\n",
        "second": f"{len(items)}\n{capacity}\n{pairs}\n",
    }[layout]
    instance = read(tmp_path_factory.getbasetemp(), text)
    np.testing.assert_array_equal(np.stack([instance.values, instance.weights], 1), items)
    assert instance.capacity == capacity
