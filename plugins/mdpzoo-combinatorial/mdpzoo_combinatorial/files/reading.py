"""Reads an instance of any problem from a file; the format is detected from its content."""

import os
import re

from mdpzoo_combinatorial.files.csv_text import columns_of, read_csv
from mdpzoo_combinatorial.files.hostile_text import TextFile, quote
from mdpzoo_combinatorial.files.knapsack_text import read_knapsack
from mdpzoo_combinatorial.files.tsplib_instances import read_tsplib
from mdpzoo_combinatorial.files.tsplib_sections import KEYWORDS, keyword_of
from mdpzoo_combinatorial.instances import Instance
from mdpzoo_combinatorial.instances.examples import PREFIX, example

TSPLIB_ENDINGS = (".tsp", ".atsp", ".vrp", ".cvrp", ".op", ".oplib")
CSV_ENDINGS = (".csv", ".tsv")
KEYWORD = re.compile(r"[A-Za-z][A-Za-z_0-9 ]*\s*[:=]|[A-Za-z_0-9]+_SECTION\s*$", re.IGNORECASE)


def read_instance(path: str | os.PathLike[str]) -> Instance:
    """Reads an instance of TSP, ATSP, CVRP, OP or Knapsack.

    The formats are TSPLIB95 with the extensions of CVRPLIB and OPLib (``tsplib_instances``), knapsack files
    (``knapsack_text``) and tables or matrices of spreadsheets (``csv_text``). The format is detected from the first
    line that is not a comment; the file's extension decides only if that line fits two formats.

    Args:
        path: of a file, or the name of an example, such as ``example:capitals``.
    Raises:
        UnknownNameError: if the example is unknown.
        InstanceError: if the file is not valid; the message is one sentence.
    """
    if isinstance(path, str) and path.startswith(PREFIX) and not os.path.exists(path):
        return example(path)
    file = TextFile(path)
    if file.peek() is None:
        file.fail("the file is empty; pass the file of an instance")
    first, ending = _first_line(path), file.path.suffix.lower()
    if first.startswith(("{", "[")) or re.match(r"route\b", first, re.IGNORECASE):
        file.fail("this is not an instance but perhaps a solution; pass the file of the instance")
    if KEYWORD.match(first) or (keyword_of(first)[0] in KEYWORDS and _in_words(first)):
        return read_tsplib(file)
    if first.startswith("knapPI"):
        return read_knapsack(file)
    if not re.match(r"[-+.0-9\s]+$", first) and re.search(r"[,;\t]", first):
        return read_csv(file)
    if ending in TSPLIB_ENDINGS:
        return read_tsplib(file)
    if ending in CSV_ENDINGS or columns_of(first):
        return read_csv(file)
    if re.match(r"0[.0]*\t", first):  # the first number of a matrix is the 0 of its diagonal
        return read_csv(file)
    if re.match(r"[-+.0-9]", first):
        return read_knapsack(file)
    formats = "TSPLIB ('NAME : ...'), a knapsack file of numbers, or a table ('x,y,...')"
    file.fail(f"the first line {quote(first)} is of no known format; use {formats}", 1)


def _first_line(path: str | os.PathLike[str]) -> str:
    """Returns the first line that is not a comment; the last comment if there is none."""
    file, line = TextFile(path), ""
    while line.startswith("#") or not line:
        if file.peek() is None:
            return line
        line = file.take()
    return line


def _in_words(line: str) -> bool:
    """Returns whether a line is ``KEYWORD value`` and not the header of a table."""
    return not re.search(r"[,;\t]", line) and columns_of(line) is None
