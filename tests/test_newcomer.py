"""A plugin in a folder of its own is found everywhere, and no file of this repository changes."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FILES = {
    "acme_maze/__init__.py": '"""A newcomer."""\n',
    "acme_maze/plugin.py": """
from mdpzoo.hookspecs import hookimpl
from mdpzoo.specs import AgentSpec, CommandSpec, EnvironmentSpec, FamilySpec


@hookimpl
def mdpzoo_families():
    return [FamilySpec(name="maze", summary="and mazes of your own", home="https://acme.example/maze",
                       pages=("acme_maze:pages/maze.md",))]


@hookimpl
def mdpzoo_environments():
    return [EnvironmentSpec(id="acme/Maze-v0", kind="model", rules="acme_maze.rules:maze", summary="find the way out",
                            max_episode_steps=20, variants=({"length": 4},))]


@hookimpl
def mdpzoo_agents():
    return [AgentSpec(id="acme-wanderer", build="acme_maze.rules:wanderer", summary="goes right")]


@hookimpl
def mdpzoo_commands():
    return [CommandSpec(name="acme-draw", function="acme_maze.rules:draw", summary="draw a maze")]
""",
    "acme_maze/rules.py": '''
import numpy as np

from mdpzoo.models import TabularMDP


def maze(length: int = 3) -> TabularMDP:
    """Action 1 leads on, action 0 back; the last room pays 1 and ends the episode."""
    transitions, rewards = np.zeros((length, 2, length)), np.zeros((length, 2))
    for room in range(length):
        transitions[room, 0, max(room - 1, 0)] = transitions[room, 1, min(room + 1, length - 1)] = 1
    rewards[length - 2, 1] = 1
    return TabularMDP.from_arrays(transitions, rewards, terminal=np.arange(length) == length - 1)


def wanderer(env):
    raise NotImplementedError


def draw() -> None:
    """Draw a maze."""
    print("#" * 5)
''',
    "acme_maze/pages/maze.md": "# Mazes\n\nHow to find the way out.\n",
    "acme_maze-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: acme-maze\nVersion: 1.0\n",
    "acme_maze-1.0.dist-info/entry_points.txt": "[mdpzoo]\nmaze = acme_maze.plugin\n",
    "acme_maze-1.0.dist-info/RECORD": "",
}


@pytest.fixture(scope="module")
def newcomer(tmp_path_factory):
    """Runs a command of Python where the newcomer is installed."""
    folder = tmp_path_factory.mktemp("newcomer")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)

    def run(*command):
        environment = os.environ | {"PYTHONPATH": str(folder)}
        return subprocess.run(
            [sys.executable, *map(str, command)], capture_output=True, text=True, cwd=ROOT, env=environment, timeout=300
        )

    return run


def zoo(run, *command):
    done = run("-m", "mdpzoo", *command)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_is_listed_and_shown(newcomer):
    assert "acme/Maze-v0" in {row["id"] for row in json.loads(zoo(newcomer, "list", "environments", "--json"))}
    assert "acme-wanderer" in {row["id"] for row in json.loads(zoo(newcomer, "list", "agents", "--json"))}
    assert json.loads(zoo(newcomer, "show", "acme/Maze-v0", "--json"))["distribution"] == "acme-maze"
    assert "draw a maze" in zoo(newcomer, "--help")
    assert zoo(newcomer, "acme-draw") == "#####\n"


def test_it_passes_the_checks(newcomer):
    assert "passed" in zoo(newcomer, "check", "acme/Maze-v0")


def test_the_contract_tests_run_it_with_its_variants(newcomer):
    collected = newcomer(
        "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests/checks/test_checks.py"
    )
    tests = [line for line in collected.stdout.splitlines() if "[acme/Maze-v0-" in line]
    assert len({line.partition("-settings")[2].partition("-")[0] for line in tests}) > 20  # checks, twice
    assert len(tests) == 2 * len({line.rpartition("-")[2] for line in tests})


def test_it_stands_in_readmes_table_and_on_the_pages(newcomer, tmp_path):
    written = newcomer("docs/catalogue.py", "--out", tmp_path)
    assert written.returncode == 0, written.stderr
    row = "| maze | `acme/Maze-v0`, and mazes of your own | `acme-wanderer` | [acme-maze](https://acme.example/maze) |"
    assert row in (tmp_path / "families.md").read_text().splitlines()
    assert "- `acme/Maze-v0` (model; at most 20 steps): find the way out." in (tmp_path / "environments.md").read_text()
    assert (tmp_path / "maze.md").read_text() == FILES["acme_maze/pages/maze.md"]


def test_readme_and_the_page_of_environments_are_what_our_own_plugins_say():
    done = subprocess.run(
        [sys.executable, "docs/catalogue.py", "--check"], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr
