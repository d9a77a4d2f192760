"""Writes RESULTS.md from ``results/*.json`` and the text in ``science/parts``.

python benchmarks/write_results.py                  # writes the page
python benchmarks/write_results.py --check          # exit code 1 if the page is not what the results give
python benchmarks/write_results.py --against HEAD   # do results differ from a commit's in more than timings?
"""

import argparse
import difflib
import functools
import subprocess
import sys
from pathlib import Path

from science.page import shown_tables, write_part
from science.records import Result, differences, from_text, read_result
from science.table_list import BENCHMARKS, RESULTS, ROOT, ScienceError, read_tables

PAGE, PARTS = BENCHMARKS / "RESULTS.md", BENCHMARKS / "science" / "parts"


def page() -> str:
    """The page as the results give it.

    Raises:
        ScienceError: a part and its results do not fit, or a table of science.toml is on no part.
    """
    tables, results = read_tables(), functools.cache(read_result)
    texts = [path.read_text(encoding="utf-8") for path in sorted(PARTS.glob("*.md"))]
    hidden = tables.keys() - {name for text in texts for name in shown_tables(text)}
    if hidden:
        raise ScienceError(f"table {min(hidden)!r} of science.toml is shown on no part of the page")
    return "\n".join(write_part(text, tables, results) for text in texts)


def check(text: str) -> int:
    """Prints how the page differs from what it should be, and returns the exit code."""
    now = PAGE.read_text(encoding="utf-8")
    if now == text:
        return 0
    sys.stdout.writelines(difflib.unified_diff(now.splitlines(True), text.splitlines(True), "RESULTS.md", "results"))
    print("RESULTS.md is not what the results give; run python benchmarks/write_results.py")
    return 1


def compare(revision: str) -> int:
    """Prints which results differ from those of a commit in their figures, and returns the exit code."""
    changed = 0
    for path in sorted(RESULTS.glob("*.json")):
        before = committed(path, revision)
        if before is None:
            print(f"{path.stem}: new")
            continue
        found = differences(before, read_result(path.stem))
        changed += bool(found)
        if found:
            print(f"{path.stem}: {len(found)} figures differ: {'; '.join(found[:3])}")
    print(f"{changed} tables differ in figures from {revision}; all others differ in timings alone, or not at all")
    return int(changed > 0)


def committed(path: Path, revision: str) -> Result | None:
    """A result as a commit has it; None where it has none."""
    command = ["git", "-C", str(ROOT), "show", f"{revision}:{path.relative_to(ROOT).as_posix()}"]
    shown = subprocess.run(command, capture_output=True, text=True)
    return None if shown.returncode else from_text(shown.stdout)


def main() -> int:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="only say whether the page is up to date")
    parser.add_argument("--against", metavar="REVISION", help="compare the results with those of a commit")
    options = parser.parse_args()
    try:
        if options.against:
            return compare(options.against)
        text = page()
    except ScienceError as error:
        print(error)
        return 1
    if options.check:
        return check(text)
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
