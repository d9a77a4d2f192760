"""What the guides show is what there is."""

import re
from pathlib import Path

import pytest

import mdpzoo

ROOT = Path(__file__).resolve().parents[1]
GUIDES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_links_lead_somewhere(guide):
    for target in re.findall(r"\]\(([^)#]+)\)", guide.read_text()):
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


def test_the_plugin_guide_shows_the_examples_own_lines():
    guide = (ROOT / "docs/write-a-plugin.md").read_text()
    shown = re.search(r"# mdpzoo_example/river_swim.py\n(.*?)```", guide, re.DOTALL).group(1)
    source = (ROOT / "plugins/mdpzoo-example/mdpzoo_example/river_swim.py").read_text()
    for line in shown.splitlines()[1:]:  # the signature is shortened there
        assert line.split("#")[0].strip() in source
