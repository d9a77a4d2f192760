"""Readers of knapsack files; the format is detected from the lines.

======================  ====================================================================================
``n`` alone             n lines ``value weight`` or ``item value weight``, and the capacity alone on the last
                        line (Pisinger, Jooken) or on the second; or the capacity alone before ``n``
``n capacity``          n lines ``value weight`` or ``item value weight``, or a line of n values and a line of
                        n weights (n not 2). A third number in the first line (a best known value) and a last
                        line of n zeros and ones (a solution) are ignored
``knapPI_...``          Pisinger's format: ``n``, ``c``, ``z`` and ``time`` on a line each, n lines
                        ``item,value,weight,taken``, a line of dashes
======================  ====================================================================================
Items are numbered from 0 or from 1, in order. Lines that begin with ``#`` are ignored.
"""

import re

import numpy as np

from mdpzoo.errors import InstanceError
from mdpzoo_combinatorial.files.hostile_text import TextFile, name_of, numbers_of, quote
from mdpzoo_combinatorial.instances.knapsack_instance import KnapsackInstance

MAX_ITEMS = 100_000
Rows = list[list[float]]


def read_knapsack(file: TextFile) -> KnapsackInstance:
    """Reads any of the formats above, of at most 100 000 items.

    Args:
        file: an unread file.
    Raises:
        InstanceError: if the file is not valid; the message is one sentence.
    """
    file.skip_remarks()
    first = file.peek() or ""
    name = name_of(file, None)
    if first.startswith("knapPI"):
        name = name_of(file, file.take())
        n, capacity, items = _read_pisinger(file)
    else:
        head = numbers_of(file, file.take()) if first else []
        if len(head) not in (1, 2, 3):
            file.fail(f"a knapsack file begins with 'n' or 'n capacity', got {quote(first)}; correct line 1")
        n, capacity, items = _read_numbers(file, head)
    if n != len(items):
        file.fail(f"the file declares {n:g} items, but has {len(items)} lines of items; correct one of them")
    columns = _columns(file, items)
    try:
        return KnapsackInstance(name, columns[:, 0], columns[:, 1], capacity)
    except InstanceError as error:
        file.fail(f"{error}; correct the file")


def _read_numbers(file: TextFile, head: list[float]) -> tuple[float, float, Rows]:
    """Reads a format of numbers only; returns the number of items, the capacity and the items' lines."""
    rows = Rows()
    while file.peek() is not None:
        rows.append(numbers_of(file, file.take()))
        if len(rows) > MAX_ITEMS + 2:
            file.fail(f"more than {MAX_ITEMS} items; give a smaller instance", file.number)
    if len(head) == 1 and len(rows) > 1 and len(rows[0]) == 1 and rows[0][0] == len(rows) - 1 != head[0]:
        head = [rows.pop(0)[0], head[0]]  # the capacity comes first
    n = head[0]
    if not 1 <= n <= MAX_ITEMS or n % 1:
        file.fail(f"the number of items must be an integer in 1..{MAX_ITEMS}, got {n:g}; write it first in line 1")
    if len(rows) > n + 1:
        file.fail(f"the file declares {n:g} items, but more lines follow; correct the number in line 1")
    if len(head) > 1:
        if len(rows) == n + 1 and len(rows[-1]) == n and set(rows[-1]) <= {0.0, 1.0}:
            rows.pop()
        if n != 2 and [len(row) for row in rows] == [n, n]:
            rows = [list(pair) for pair in zip(*rows, strict=True)]
        return n, head[1], rows
    alone = [k for k in {0, len(rows) - 1} if rows and len(rows[k]) == 1]
    if len(alone) != 1:
        remedy = "write the capacity alone on the last line, or 'n capacity' on the first"
        file.fail(f"the capacity is {'missing' if not alone else 'ambiguous'}; {remedy}")
    return n, rows.pop(alone[0])[0], rows


def _columns(file: TextFile, items: Rows) -> np.ndarray:
    """Returns values and weights, ``[n, 2]``."""
    width = len(items[0])
    wrong = next((k for k, row in enumerate(items) if len(row) != width), None)
    if width not in (2, 3) or wrong is not None:
        k = wrong or 0
        expected = "'value weight' or 'item value weight', the same for all items"
        file.fail(f"expected {expected}, got {len(items[k])} numbers for item {k} (counted from 0); correct the line")
    columns = np.array(items)
    if width == 2:
        return columns
    order = columns[:, 0] - columns[0, 0]
    if columns[0, 0] not in (0, 1) or (order != np.arange(len(items))).any():
        remedy = "number the items in order, or remove the first column"
        file.fail(f"the first of three columns must count the items from 0 or 1; {remedy}")
    return columns[:, 1:]


def _read_pisinger(file: TextFile) -> tuple[float, float, Rows]:
    """Reads what follows the name in Pisinger's format; returns as ``_read_numbers``."""
    values, rows = dict[str, float](), Rows()
    while (line := file.peek()) is not None and (found := re.fullmatch(r"(n|c|z|time)\s+(\S+)", line)):
        file.take()
        values[found[1]] = numbers_of(file, found[2])[0]
    if "n" not in values or "c" not in values:
        file.fail("expected the lines 'n items' and 'c capacity' below the name; add them", file.number)
    while (line := file.peek()) is not None and not line.startswith("-----"):
        if len(rows) > min(values["n"], MAX_ITEMS):
            limit = f"{values['n']:g} items, of at most {MAX_ITEMS}"
            file.fail(f"the file declares {limit}, but more lines follow; correct the number", file.number)
        row = numbers_of(file, file.take().replace(",", " "))
        if len(row) != 4:
            file.fail(f"expected 'item,value,weight,taken', got {quote(line)}; correct the line", file.number)
        rows.append(row[:3])
    if line is not None:
        file.take()
    if file.peek() is not None:
        file.fail("the file has several instances; keep only one of them", file.number)
    if not rows:
        file.fail("the file has no items; add them")
    return values["n"], values["c"], rows
