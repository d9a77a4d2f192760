"""Reads an instance of any of the five problems from any of the formats; the content tells which."""

import os
import re

from mdpzoo_combinatorial.files.csv_text import read_csv
from mdpzoo_combinatorial.files.hostile_text import TextFile, shown
from mdpzoo_combinatorial.files.knapsack_text import read_knapsack
from mdpzoo_combinatorial.files.tsplib_instances import read_tsplib
from mdpzoo_combinatorial.instances import Instance

TSPLIB_ENDINGS = (".tsp", ".atsp", ".vrp", ".cvrp", ".op", ".oplib")
CSV_ENDINGS = (".csv", ".tsv")


def read_instance(path: str | os.PathLike[str]) -> Instance:
    """Reads an instance of TSP, ATSP, CVRP, OP or Knapsack.

    The formats are TSPLIB95 with what CVRPLIB and OPLib add to it (``tsplib_instances``), knapsack files of numbers
    only (``knapsack_text``) and tables or matrices of spreadsheets (``csv_text``). The first line tells them apart;
    the ending of the name matters only where that line could belong to two of them.

    Raises:
        InstanceError: anything that is wrong with the file, in one sentence.
    """
    file = TextFile(path)
    first, ending = file.peek(), file.path.suffix.lower()
    if first is None:
        file.fail("the file is empty; give an instance")
    if first.startswith(("{", "[")) or re.match(r"route\b", first, re.IGNORECASE):
        file.fail("this is no instance, perhaps a solution; give the instance's file")
    if re.match(r"[A-Z][A-Z_0-9 ]*:", first):
        return read_tsplib(file)
    if first.startswith("knapPI"):
        return read_knapsack(file)
    if first.startswith("#") or re.search(r"[,;\t]", first):
        return read_csv(file)
    if ending in TSPLIB_ENDINGS:
        return read_tsplib(file)
    if ending in CSV_ENDINGS:
        return read_csv(file)
    if re.match(r"[-+.0-9]", first):
        return read_knapsack(file)
    if first.endswith("_SECTION"):
        return read_tsplib(file)
    formats = "TSPLIB ('NAME : ...'), a knapsack of numbers, or a table ('x,y,...')"
    file.fail(f"the first line {shown(first)} belongs to no known format; give {formats}", 1)
