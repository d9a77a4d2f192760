"""Writes the files of generated plugins into docs/write-a-plugin.md: the tutorial is what ``mdpzoo new`` writes.

    python docs/plugin_guide.py            # rewrites the blocks
    python docs/plugin_guide.py --check    # exits 1 if a block is not what mdpzoo new writes

A block follows a comment with the command and the file: ``<!-- mdpzoo new acme-maze --kind model: README.md -->``.
"""

import re
import sys
from pathlib import Path

from mdpzoo.cli.templates.plugin_files import render

GUIDE = Path(__file__).resolve().parent / "write-a-plugin.md"
BLOCK = re.compile(
    r"(<!-- mdpzoo new (?P<name>[\w-]+) --kind (?P<kind>\w+): (?P<path>\S+) -->\n```\w+\n).*?(^```$)",
    re.DOTALL | re.MULTILINE,
)


def included(text: str) -> str:
    """Returns the guide with every block as ``mdpzoo new`` writes that file."""

    def block(found: re.Match[str]) -> str:
        return found[1] + render(found["name"], found["kind"])[found["path"]] + found[5]

    return BLOCK.sub(block, text)


def main(arguments: list[str]) -> None:
    """Rewrites, or compares."""
    text = GUIDE.read_text(encoding="utf-8")
    if arguments == ["--check"]:
        sys.exit("write-a-plugin.md is out of date; run: python docs/plugin_guide.py" if included(text) != text else 0)
    GUIDE.write_text(included(text), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
