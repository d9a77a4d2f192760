"""A record's fields are attributes, for Python and for compiled functions alike."""

import numpy as np
import pytest

from mdpzoo.compiling import borrowing
from mdpzoo_combinatorial.local_search.kernels.records import record

FIELDS = np.dtype([("count", "i8"), ("cost", "f8")])


@borrowing
def _add(entry, cost):
    entry.count += 1
    entry.cost += cost


def test_fields_that_are_not_given_are_0():
    made = record(FIELDS, cost=2.5)
    assert (made.count, made.cost) == (0, 2.5)


def test_what_a_compiled_function_writes_is_seen_by_python_and_the_other_way_round():
    made = record(FIELDS, count=3)
    _add(made, 0.5)
    assert (made.count, made.cost) == (4, 0.5)
    made.count = 7
    _add(made, 1.0)
    assert (made.count, made.cost) == (8, 1.5)


def test_a_field_that_numpy_would_hide_is_an_error():
    with pytest.raises(ValueError, match="cannot be named 'size'.*rename it"):
        record(np.dtype([("cost", "f8"), ("size", "i8")]))
