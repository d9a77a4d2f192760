"""What the guides show is what there is."""

import doctest
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import mdpzoo
from mdpzoo.checks import run_checks
from mdpzoo.cli.templates.plugin_files import render
from mdpzoo.discovery import Contribution
from mdpzoo.specs import KINDS, EnvironmentSpec

ROOT = Path(__file__).resolve().parents[1]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted(ROOT.glob("plugins/*/*/pages/*.md"))]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_links_lead_somewhere(guide):
    prose = re.sub(r"```.*?```", "", guide.read_text(), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)#]+)\)", prose):
        if "://" not in target:
            assert (guide.parent / target).exists(), target


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_python_in_a_guide_is_python(guide):
    for block in re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL):
        compile(block, str(guide), "exec")


def test_the_readme_lists_every_environment_and_agent():
    told = (ROOT / "README.md").read_text()
    missing = [id for id in (*mdpzoo.environments(), *mdpzoo.agents()) if f"`{id}`" not in told]
    assert missing == []


EXAMPLES_IN = sorted(path for path in (ROOT / "mdpzoo").rglob("*.py") if ">>> " in path.read_text())


@pytest.mark.parametrize("path", EXAMPLES_IN, ids=lambda path: path.stem)
def test_an_example_in_a_docstring_is_true(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried
    assert failed == 0


GUIDE = ROOT / "docs/write-a-plugin.md"
EXAMPLES = re.findall(r"```python\n# complete example: (\w+)\n(.*?)```", GUIDE.read_text(), re.DOTALL)


@pytest.mark.parametrize(("kind", "code"), EXAMPLES, ids=[kind for kind, _ in EXAMPLES])
def test_an_example_of_the_plugin_guide_conforms(kind, code, tmp_path, monkeypatch, accept):
    (tmp_path / f"guide_{kind}.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    name = re.findall(r"^(?:class|def) (\w+)", code, re.MULTILINE)[-1]
    spec = EnvironmentSpec(
        id=f"guide/{kind}-v0", kind=kind, rules=f"guide_{kind}:{name}", summary="", max_episode_steps=20
    )
    accept(Contribution("guide", (spec,), (), ()))
    results = {each.name: each for each in run_checks(spec.id)}
    results.pop("a process that imported nothing can make it", None)  # no plugin brings it
    assert [each for each in results.values() if each.failure] == []


def test_the_guide_has_such_an_example():
    assert [kind for kind, _ in EXAMPLES] == ["model"]


def test_the_plugin_guide_is_what_mdpzoo_new_writes_line_by_line():
    done = subprocess.run(
        [sys.executable, "docs/plugin_guide.py", "--check"], capture_output=True, text=True, cwd=ROOT, timeout=300
    )
    assert done.returncode == 0, done.stderr


def test_the_plugin_guide_shows_every_kind_and_all_files_that_a_newcomer_edits():
    shown = re.findall(r"<!-- mdpzoo new acme-\w+ --kind (\w+): (\S+) -->", GUIDE.read_text())
    assert {kind for kind, _ in shown} == {*KINDS, "agent"}
    code = {path for path in render("acme-maze", "model") if path.endswith((".py", ".toml", "maze.md"))}
    assert code - {path for kind, path in shown if kind == "model"} == {"acme_maze/__init__.py"}
