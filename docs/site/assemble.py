"""Assembles the sources of the documentation site: the guides, and pages written from what is installed.

    python docs/site/assemble.py build/docs/source && sphinx-build -W -c docs/site build/docs/source build/docs/html

``make docs`` does both. Guides are copied; their links to folders of the repository lead to pages of the site.
"""

import argparse
import re
import shutil
import sys
from pathlib import Path

import agent_pages
import commands_page
import diagrams
import environment_pages
import gallery
import pictures
import reference
import tables
import truths
from environment_pages import Picture

import mdpzoo
from mdpzoo import registry

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
import catalogue

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
LEFT_OUT = ("index.md", "environments.md")  # the front page is extended; each environment has a page of its own
LINKS = {  # files and folders of the repository that a guide links to, and where the site has them
    "environments.md": "families/index.md",
    "../benchmarks/RESULTS.md": "measured.md",
    "../../../../benchmarks/RESULTS.md": "../measured.md",
    "../../README.md": "../reference/index.md",
    "../plugins/mdpzoo-example": "environments/mdpzoo-RiverSwim-v0.md",
}
TREE = """
```{{toctree}}
:hidden:
:caption: {caption}
:maxdepth: 1

{entries}
```
"""


def assemble(folder: Path) -> None:
    """Writes the sources of the site into a folder, which is emptied first."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for guide in [*DOCS.glob("*.md"), *(DOCS / "design").glob("*.md"), *(DOCS / "how-to").glob("*.md")]:
        if guide.parent != DOCS or guide.name not in LEFT_OUT:
            write(folder / guide.relative_to(DOCS), relinked(guide.read_text(encoding="utf-8")))
    shutil.copytree(DOCS / "recipes", folder / "recipes", ignore=shutil.ignore_patterns("__pycache__"))
    write(folder / "measured.md", (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8"))
    shown = _pictures(folder)
    for spec in registry.environments().values():
        page = environment_pages.environment_page(spec, shown[spec.id], truths.truth_text(spec))
        write(folder / "environments" / f"{tables.page_name(spec.id)}.md", page)
    for agent in registry.agents().values():
        write(folder / "agents" / f"{agent.id}.md", agent_pages.agent_page(agent))
    _families(folder)
    for package, page in reference.reference_pages(packages()).items():
        write(folder / "reference" / f"{package}.md", page)
    write(folder / "reference" / "commands.md", commands_page.commands_page())
    _recipes(folder)
    _indices(folder)
    _front(folder, shown)


def packages() -> list[str]:
    """The packages whose names are documented: the core's, and those of the installed plugins."""
    codes = [spec.rules for spec in registry.environments().values()]
    codes += [spec.build for spec in registry.agents().values()]
    own = {code.partition(":")[0].partition(".")[0] for code in codes}
    return ["mdpzoo", *sorted(each for each in own if each.startswith("mdpzoo_"))]


def relinked(text: str) -> str:
    """A guide with the links that lead out of the documentation replaced by those of the site."""
    return re.sub(r"\]\(([^)#]+)\)", lambda match: f"]({LINKS.get(match[1], match[1])})", text)


def write(path: Path, text: str) -> None:
    """Writes a source."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _pictures(folder: Path) -> dict[str, Picture]:
    """Collects a picture of every environment, by its id."""
    (folder / "pictures").mkdir()
    shutil.copy(DOCS / "capitals.png", folder)
    found = {}
    for id, spec in registry.environments().items():
        drawn = pictures.file_of(id)
        if drawn.exists():
            shutil.copy(drawn, folder / "pictures")
            found[id] = Picture(f"pictures/{drawn.name}", "")
            continue
        rules = None if spec.several_players else mdpzoo.make(id).unwrapped.rules  # type: ignore[attr-defined]
        svg, caption = diagrams.diagram(rules), diagrams.TABLES
        if svg is None:
            svg, caption = diagrams.episode_chart(id), diagrams.EPISODE
        found[id] = Picture(f"pictures/{tables.page_name(id)}.svg", caption)
        write(folder / found[id].path, svg)
    return found


def _families(folder: Path) -> None:
    """Copies the plugins' own pages, and the pictures beside them."""
    for page in catalogue.page_files():
        write(folder / "families" / page.name, relinked(page.read_text(encoding="utf-8")))
        for image in Path(str(page)).parent.glob("*.png"):
            shutil.copy(image, folder / "families")


def _recipes(folder: Path) -> None:
    """Gives the index of recipes a tree."""
    index = folder / "how-to" / "index.md"
    stems = sorted(path.stem for path in index.parent.glob("*.md") if path != index)
    write(index, index.read_text(encoding="utf-8") + TREE.format(caption="Recipes", entries="\n".join(stems)))


def _indices(folder: Path) -> None:
    """Writes an index for each folder of generated pages."""
    intros = {
        "environments": "# Environments",
        "agents": "# Agents",
        "families": f"# Families\n\n{tables.families()}",
        "reference": "# Reference",
    }
    for name, intro in intros.items():
        entries = "\n".join(sorted(path.stem for path in (folder / name).glob("*.md")))
        write(folder / name / "index.md", f"{intro}\n\n```{{toctree}}\n:maxdepth: 1\n\n{entries}\n```\n")


def _front(folder: Path, shown: dict[str, Picture]) -> None:
    """Writes the front page: what this is, the gallery, and the tree of all pages."""
    trees = {
        "Start": ["quickstart", "concepts", "planning", "studies", "reports", "glossary"],
        "The zoo": ["environments/index", "agents/index", "families/index", "measured"],
        "How to": ["how-to/index", "other-libraries"],
        "Contribute": [
            each for each in ("write-a-plugin", "conformance", "design/house") if (folder / f"{each}.md").exists()
        ],
        "Reference": ["reference/index"],
    }
    text = relinked((DOCS / "index.md").read_text(encoding="utf-8"))
    text += "\n" + gallery.gallery(shown)
    text += "".join(TREE.format(caption=caption, entries="\n".join(each)) for caption, each in trees.items() if each)
    write(folder / "index.md", text)


def main() -> None:
    """Assembles what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    assemble(parser.parse_args().folder)


if __name__ == "__main__":
    main()
