"""The blocks of the guides run as they stand, each guide from top to bottom in a folder of its own."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [
    *sorted((ROOT / "docs" / "how-to").glob("[!i]*.md")),
    ROOT / "docs" / "quickstart.md",
    ROOT / "docs" / "concepts.md",
]
BLOCK = re.compile(r"```(python|console)\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.stem)
def test_a_guide_can_be_followed_literally(guide, tmp_path):
    namespace = tmp_path / "guide.py"
    code = "import torch\n\ntorch.set_num_threads(1)\n"
    for language, text in BLOCK.findall(guide.read_text()):
        if language == "python":
            code += text
            namespace.write_text(code)
            continue
        for command in commands(text):
            run([sys.executable, "-m", *shlex.split(command, comments=True)], tmp_path)
    if namespace.exists():
        run([sys.executable, "guide.py"], tmp_path)


def test_the_table_links_each_of_fifteen_requests_to_a_recipe_and_its_test():
    table = (ROOT / "docs" / "how-to" / "index.md").read_text()
    rows = re.findall(r"^\| .+ \| .+ \| \[.+\]\(([\w-]+)\.md\) \| `([\w-]+)` \|$", table, re.MULTILINE)
    assert len(rows) == 15
    assert [recipe for recipe, _ in rows] == [test for _, test in rows]
    assert {recipe for recipe, _ in rows} == {path.stem for path in GUIDES if path.parent.name == "how-to"}


def commands(text):
    """The commands of a console block that are ours; setting up is tested elsewhere."""
    lines = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    return [line for line in lines if line.startswith("mdpzoo ")]


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{command}: {done.stderr[-2_000:]}"
