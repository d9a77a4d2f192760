"""What is published: complete metadata, extras that name every plugin, workflows, and the hooks before a commit."""

import re
import subprocess
import sys
import tomllib
from email.message import Message
from pathlib import Path

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[1]
PROJECTS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml"))]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

sys.path.insert(0, str(ROOT / ".ci"))
from wheel_contents import faults, is_test  # noqa: E402


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def yaml(path):
    return YAML(typ="safe", pure=True).load(path.read_text())


@pytest.mark.parametrize("folder", PROJECTS, ids=lambda folder: folder.name)
def test_metadata_is_complete_and_names_every_version_of_python(folder):
    about = project(folder)
    assert about["license"] == "MIT"
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert (folder / about["readme"]).read_text().startswith("# ")
    assert "reinforcement-learning" in about["keywords"]
    assert about["requires-python"] == ">=3.11"
    assert set(about["classifiers"]) >= {f"Programming Language :: Python :: {version}" for version in PYTHONS}


def test_two_extras_bring_every_plugin():
    extras = project(ROOT)["optional-dependencies"]
    plugins = {project(folder)["name"] for folder in PROJECTS[1:]}
    assert {re.split(r"[\[<>=]", each)[0] for each in extras["recommended"]} - {"mdpzoo"} == plugins
    assert any(each.startswith("mdpzoo[recommended") for each in extras["all"])


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_keeps_the_schema_of_github(path):
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout


def test_tests_run_on_every_version_and_system():
    matrix = yaml(ROOT / ".github/workflows/tests.yml")["jobs"]["tests"]["strategy"]["matrix"]
    assert matrix["python"] == PYTHONS
    assert matrix["os"] == ["ubuntu-latest", "macos-latest", "windows-latest"]


def test_publishing_needs_no_password_and_a_release_check():
    jobs = yaml(ROOT / ".github/workflows/publish.yml")["jobs"]
    assert jobs["publish"]["permissions"] == {"id-token": "write"}
    assert jobs["build"]["needs"] == "check"
    assert {"run": "make release-check"} in jobs["check"]["steps"]


def test_the_hooks_before_a_commit_are_make_lint():
    recipe = re.search(r"^lint: install\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)[1]
    lint = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe.splitlines()]
    (repository,) = yaml(ROOT / ".pre-commit-config.yaml")["repos"]
    assert [hook["entry"] for hook in repository["hooks"]] == lint
    assert not any(hook["pass_filenames"] for hook in repository["hooks"])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("tests/test_rivers.py", True),
        ("mdpzoo_example/conftest.py", True),
        ("mdpzoo_example/rivers.py", False),
        ("mdpzoo/cli/templates/shared/tests/test_conformance.py.template", False),  # data of mdpzoo new
    ],
)
def test_tests_in_a_wheel_are_recognised(name, expected):
    assert is_test(Path(name)) is expected


def test_a_wheel_that_lacks_a_checkpoint_and_carries_tests_is_refused(tmp_path):
    import zipfile

    headers = Message()
    for name in ("Name", "Version", "Summary", "License-Expression", "License-File", "Requires-Python"):
        headers[name] = "mdpzoo-combinatorial" if name == "Name" else "1"
    wheel = tmp_path / "planted.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("mdpzoo_combinatorial-1.dist-info/METADATA", headers.as_string())
        archive.writestr("tests/test_planted.py", "")
    found = faults(wheel, ROOT)
    assert "it carries the test tests/test_planted.py" in found
    assert "it lacks tsp.safetensors" in found
    assert "its metadata has no Keywords" in found
    assert "its metadata has no classifier 'Programming Language :: Python :: 3.14'" in found


def test_what_is_built_is_complete_and_without_tests(tmp_path):
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    plugin = ROOT / "plugins/mdpzoo-combinatorial"
    subprocess.run(
        [*command, "-w", str(tmp_path), str(ROOT), str(plugin)], check=True, capture_output=True, timeout=300
    )
    wheels = sorted(tmp_path.glob("*.whl"))
    assert len(wheels) == 2
    assert [faults(wheel, ROOT) for wheel in wheels] == [[], []]
