"""``mdpzoo new``: what it writes, installed beside everything else, conforms and passes its own tests."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mdpzoo.cli.templates import plugin_files

KINDS = tuple(plugin_files.KINDS)
PIP = (sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation", "--no-index")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with a new plugin of each kind, as wheels install them, and a function that runs Python there."""
    folder = tmp_path_factory.mktemp("plugins")
    for kind in KINDS:
        plugin_files.write(folder / f"acme-{kind}", plugin_files.render(f"acme-{kind}", kind))
    projects = [str(folder / f"acme-{kind}") for kind in KINDS]
    subprocess.run([*PIP, "--target", str(folder / "site"), *projects], check=True, capture_output=True, timeout=300)

    def python(*arguments):
        environment = os.environ | {"PYTHONPATH": str(folder / "site")}
        command = [sys.executable, *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, timeout=300)

    return folder, python


def test_a_new_plugin_of_each_kind_passes_every_check(installed):
    _, python = installed
    done = python("-m", "mdpzoo", "check", "--json", *(f"acme-{kind}" for kind in KINDS))
    rows = json.loads(done.stdout)
    assert [row for row in rows if row["result"] != "passed" and not row["result"].startswith("skipped")] == []
    subjects = {row["subject"].partition(" ")[0] for row in rows}
    assert subjects >= {"acme-model", "acme/Model-v0", "acme/Problem-v0", "acme/Game-v0", "acme/Environment-v0"}
    assert any(row["subject"] == "acme-agent" for row in rows)  # the agent, beside its plugin


def test_a_new_plugins_own_tests_pass(installed):
    folder, python = installed
    # the checks themselves have just run
    files = [path for path in folder.glob("acme-*/tests/test_*.py") if path.name != "test_conformance.py"]
    done = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *files)
    assert done.returncode == 0, done.stdout
    assert "22 passed" in done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_a_new_plugin_is_clean_for_linters(kind, here):
    plugin_files.write(here / "acme-maze", plugin_files.render("acme-maze", kind))
    for command in (
        ["check", "--select", "E,F,W,I,B,UP,D1", "--per-file-ignores", "tests/*:D1"],
        ["format", "--check"],
    ):
        options = ["--isolated", "--line-length", "120", "--target-version", "py311"]
        done = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *options, "."], capture_output=True, text=True, cwd="acme-maze"
        )
        assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("kind", KINDS)
def test_everything_is_written_and_nothing_is_left_to_fill_in(kind):
    files = plugin_files.render("acme-maze", kind)
    assert {"LICENSE", "README.md", "pyproject.toml", ".gitignore", ".github/workflows/tests.yml"} <= set(files)
    assert sum(path.startswith("tests/test_") for path in files) == 2
    assert any(path.startswith("acme_maze/pages/") for path in files)
    left = [path for path, text in files.items() if "$" in text.replace("${{", "").replace("```console\n$ ", "")]
    assert left == []


def test_the_command_says_what_comes_next(zoo, here):
    code, out, _ = zoo("new", "acme-maze")
    assert code == 0
    assert "next: pip install -e ./acme-maze && mdpzoo check acme-maze" in out
    assert sorted(path.name for path in here.iterdir()) == ["acme-maze"]


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("acme-maze", "acme/Maze-v0"),
        ("acme-deep-maze", "acme/DeepMaze-v0"),
        ("maze", "maze/Maze-v0"),  # one word is the namespace, too
        ("acme-3d", "acme/Acme3d-v0"),  # an id's name begins with a letter
    ],
)
def test_the_id_follows_from_the_name(name, id):
    assert f'id="{id}"' in plugin_files.render(name, "model")[f"{name.replace('-', '_')}/plugin.py"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["Acme_Maze"], "must be lower case with hyphens, as in 'acme-maze'; got 'Acme_Maze'. Try 'acme-maze'."),
        (["../maze"], "must be lower case with hyphens"),
        ([""], "must be lower case with hyphens"),
        (["mdpzoo-maze"], "names that begin with 'mdpzoo' are reserved"),
        (["class"], "'class' is a word of Python's"),
        (["random"], "'random' is a word of Python's"),  # the standard library's
        (["numpy"], "'numpy' is installed already"),
        (["acme-maze", "--kind", "gmae"], "unknown kind 'gmae'. Did you mean 'game'?"),
        (["there"], "there is a file or folder 'there' already"),
    ],
)
def test_a_wrong_name_or_kind_is_one_sentence_and_writes_nothing(arguments, sentence, zoo, here):
    (here / "there").mkdir()
    code, out, err = zoo("new", *arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1
    assert [path.name for path in here.iterdir()] == ["there"]
    assert list((here / "there").iterdir()) == []


def test_nothing_is_left_half_written(here, monkeypatch):
    files = plugin_files.render("acme-maze", "model")
    written = Path.write_text

    def full(path, *arguments, **more):
        if path.name == "pyproject.toml":
            raise OSError(28, "No space left on device", str(path))
        return written(path, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        plugin_files.write(here / "acme-maze", files)
    assert list(here.iterdir()) == []
