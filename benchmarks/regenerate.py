"""Makes the tables of RESULTS.md again: ``make science`` and ``make science-full`` call this.

    python benchmarks/regenerate.py                      # what a bare machine makes in under an hour
    python benchmarks/regenerate.py --full               # all; what needs data or peers is skipped where they lack
    python benchmarks/regenerate.py --only shells seats  # these, whatever target they belong to
    python benchmarks/regenerate.py --list               # what there is, and whether it is there

Ctrl-C loses at most the table that is being made; the same command goes on. A table that was made by the same code is
left alone, unless ``--again`` is given. Exit code 1 if a table failed; figures that differ from the former ones are
printed and are no failure. At the end RESULTS.md is written anew.
"""

import argparse
import sys
import time
from collections import Counter

import write_results
from science.regenerating import CHANGED, FAILED, SKIPPED, Place, lacking, regenerate
from science.table_list import SCIENCE, ScienceError, Table, read_tables


def chosen(tables: dict[str, Table], full: bool, only: list[str] | None) -> list[Table]:
    """The tables that are asked for.

    Raises:
        ScienceError: there is no such table.
    """
    for name in only or ():
        if name not in tables:
            raise ScienceError(f"there is no table {name!r}; --list prints all")
    return [each for each in tables.values() if (each.name in only if only else full or each.made_by == SCIENCE)]


def make_all(tables: list[Table], place: Place, jobs: int, again: bool) -> int:
    """Makes tables one after the other, prints how each ended, and returns the exit code."""
    endings: dict[str, tuple[str, str]] = {}
    for number, table in enumerate(tables, 1):
        print(f"[{number}/{len(tables)}] {table.name}, about {table.minutes:g} min: ", end="", flush=True)
        began = time.monotonic()
        try:
            endings[table.name] = regenerate(table, place, jobs, again)
        except KeyboardInterrupt:
            print("stopped; the same command goes on", flush=True)
            return 130
        ending, sentence = endings[table.name]
        print(f"{ending} ({time.monotonic() - began:.0f} s){sentence and f': {sentence}'}", flush=True)
    print(", ".join(f"{count} x {ending}" for ending, count in Counter(each for each, _ in endings.values()).items()))
    for name, (ending, sentence) in endings.items():
        if ending in (CHANGED, FAILED, SKIPPED):
            print(f"  {ending}: {name}: {sentence}")
    return int(any(ending == FAILED for ending, _ in endings.values()))


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all tables")
    parser.add_argument("--only", nargs="+", metavar="TABLE", help="these tables")
    parser.add_argument("--again", action="store_true", help="make them although they are there")
    parser.add_argument("--jobs", type=int, default=1, help="runs of a study at a time")
    parser.add_argument("--list", action="store_true", help="print the tables and make nothing")
    options = parser.parse_args()
    try:
        tables = chosen(read_tables(), options.full, options.only)
    except ScienceError as error:
        parser.error(str(error))
    if options.list:
        for each in tables:
            print(f"{each.name:28} {each.made_by:13} {each.minutes:6g} min  {lacking(each) or each.title}")
        return 0
    code = make_all(tables, Place(), options.jobs, options.again)
    return code if code == 130 else max(code, write_page())


def write_page() -> int:
    """Writes RESULTS.md, and returns the exit code."""
    try:
        write_results.PAGE.write_text(write_results.page(), encoding="utf-8")
    except ScienceError as error:
        print(f"RESULTS.md could not be written: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
