"""The documentation site: a whole page for each environment and agent, and every public name in its reference."""

import subprocess
import sys
from pathlib import Path

import pytest

import mdpzoo

ROOT = Path(__file__).resolve().parents[2]
SITE = ROOT / "docs" / "site"
SECTIONS = ("Rules", "Spaces", "Rewards", "Ends of an episode", "Settings", "Truth", "Versions", "Source")


@pytest.fixture(scope="session")
def source(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site") / "source"
    subprocess.run([sys.executable, SITE / "assemble.py", folder], check=True, cwd=ROOT, timeout=600)
    return folder


@pytest.mark.parametrize("id", mdpzoo.environments())
def test_an_environments_page_has_a_picture_and_all_sections(source, id):
    page = (source / "environments" / f"{id.replace('/', '-')}.md").read_text()
    sections = dict(part.split("\n", 1) for part in page.split("\n## ")[1:])
    assert set(sections) == set(SECTIONS)
    assert [name for name, text in sections.items() if not text.strip()] == []
    picture = page.split("](../", 1)[1].partition(")")[0]
    assert (source / picture).stat().st_size > 200


@pytest.mark.parametrize("id", mdpzoo.agents())
def test_an_agents_page_says_its_settings(source, id):
    assert "## Settings" in (source / "agents" / f"{id}.md").read_text()


@pytest.mark.parametrize("id", mdpzoo.agents())
def test_the_code_on_an_agents_page_makes_it(source, id):
    page = (source / "agents" / f"{id}.md").read_text()
    names = {}
    exec(page.partition("```python\n")[2].partition("```")[0], names)
    assert callable(names["agent"].predict)


def test_every_public_name_is_in_the_reference(source):
    sys.path.insert(0, str(SITE))
    try:
        import assemble
        import reference
    finally:
        sys.path.remove(str(SITE))
    text = "\n".join(path.read_text() for path in (source / "reference").glob("*.md"))
    wanted = reference.public_names(assemble.packages())
    found = [name for name in wanted if f":: {name}\n" in text]
    elsewhere = {name.rpartition(".")[2] for name in wanted if name in found}
    assert len(found) > 100
    assert [name for name in wanted if name not in found and name.rpartition(".")[2] not in elsewhere] == []


def test_a_family_without_a_page_still_stands_in_the_table(source):
    table = (source / "families" / "index.md").read_text()
    assert "| stable-baselines3 |" in table
