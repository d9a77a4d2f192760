"""What the guides show passes ``mypy --strict``, as in a script of a user's own."""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDES = [ROOT / "README.md", ROOT / "docs/quickstart.md", *sorted((ROOT / "docs/how-to").glob("[!i]*.md"))]
PACKAGES = [ROOT / "mdpzoo", *sorted(ROOT.glob("plugins/*/mdpzoo_*"))]
WRONG = """
import mdpzoo

agent = mdpzoo.make_agent("ppo", "CartPole-v1")
agent.learn("many")
agent.predict()
envs = mdpzoo.make_vec("mdpzoo/TSP-v0", "four")
"""


def strict(folder: Path, *files: Path) -> subprocess.CompletedProcess[str]:
    """Runs mypy with its defaults, in a folder without settings; what it knows of libraries is kept between runs."""
    cache = Path(tempfile.gettempdir()) / "mdpzoo-mypy-of-guides"
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), *map(str, files)]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, timeout=600)


def test_every_script_of_the_guides_passes_mypy_strict(tmp_path):
    scripts = []
    for guide in GUIDES:
        blocks = re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL)
        for place, text in enumerate(blocks):
            scripts.append(tmp_path / f"{guide.stem.lower().replace('-', '_')}_{place}.py")
            scripts[-1].write_text(text)
    assert len(scripts) >= 18
    done = strict(tmp_path, *scripts)
    assert done.returncode == 0, done.stdout


def test_mistakes_in_a_script_are_found(tmp_path):
    (tmp_path / "wrong.py").write_text(WRONG)
    found = strict(tmp_path, tmp_path / "wrong.py").stdout
    assert [int(line) for line in re.findall(r"wrong.py:(\d+): error", found)] == [5, 6, 7], found


@pytest.mark.parametrize("package", PACKAGES, ids=lambda path: path.name)
def test_a_package_says_that_it_is_typed(package):
    assert (package / "py.typed").is_file()
