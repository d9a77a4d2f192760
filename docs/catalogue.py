"""Writes what is collected from installed plugins: README's table of families and the page of environments and agents.

    python docs/catalogue.py            # rewrites README.md and docs/environments.md
    python docs/catalogue.py --check    # exits 1 if one of them is not what the plugins say
    python docs/catalogue.py --out DIR  # writes both, and the plugins' own pages, into a folder

Nothing here names a plugin: a new one appears as soon as it is installed.
"""

import argparse
import sys
from importlib.resources.abc import Traversable
from pathlib import Path

from mdpzoo import registry
from mdpzoo.codes import packaged_file

ROOT = Path(__file__).resolve().parents[1]
BEGIN, END = "<!-- families: written by docs/catalogue.py -->", "<!-- end of families -->"


def family_table() -> str:
    """README's table: a row for each family."""
    rows = ["| family | environments | agents | plugin |", "| --- | --- | --- | --- |"]
    for family in registry.families().values():
        distribution = registry.owner(f"family {family.name}")
        environments = _ids(registry.environments(), distribution)
        told = ", ".join(each for each in (environments, family.summary) if each)
        plugin = f"[{distribution}]({family.home})" if family.home else distribution
        rows.append(f"| {family.name} | {told} | {_ids(registry.agents(), distribution)} | {plugin} |")
    return "\n".join(rows)


def environments_page() -> str:
    """The page that lists every environment and agent with its settings and source."""
    parts = ["# Environments and agents", "", "Collected from the plugins by `docs/catalogue.py`.", ""]
    for family in registry.families().values():
        distribution = registry.owner(f"family {family.name}")
        parts += [f"## {family.name.capitalize()}", ""]
        for spec in registry.environments().values():
            if registry.owner(spec.id) == distribution:
                limit = "" if spec.max_episode_steps is None else f"; at most {spec.max_episode_steps:,} steps"
                parts.append(_line(spec.id, f"{spec.kind}{limit}", spec.summary, spec.source))
        for agent in registry.agents().values():
            if registry.owner(agent.id) == distribution:
                parts.append(_line(agent.id, "agent", agent.summary, agent.source))
        parts.append("")
    return "\n".join(parts)


def page_files() -> list[Traversable]:
    """The plugins' own pages."""
    return [packaged_file(page) for family in registry.families().values() for page in family.pages]


def readme(text: str) -> str:
    """README with the table of what is installed."""
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{family_table()}\n{END}{rest.partition(END)[2]}"


def _ids(specs: object, distribution: str) -> str:
    return ", ".join(f"`{id}`" for id in specs if registry.owner(id) == distribution)  # type: ignore[attr-defined]


def _line(id: str, kind: str, summary: str, source: str) -> str:
    told = f" Source: {source}." if source else ""
    return f"- `{id}` ({kind}): {summary}.{told}"


def main() -> None:
    """Writes, or compares."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a file is out of date")
    parser.add_argument("--out", type=Path, help="a folder for the table, the page and the plugins' own pages")
    options = parser.parse_args()
    if options.out is not None:
        options.out.mkdir(parents=True, exist_ok=True)
        own = {page.name: page.read_text(encoding="utf-8") for page in page_files()}
        for name, text in {"families.md": family_table(), "environments.md": environments_page(), **own}.items():
            (options.out / name).write_text(text, encoding="utf-8")
        return
    wanted = {
        ROOT / "README.md": readme((ROOT / "README.md").read_text(encoding="utf-8")),
        ROOT / "docs" / "environments.md": environments_page(),
    }
    late = [path.name for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]
    if options.check and late:
        sys.exit(f"{', '.join(late)}: not what the plugins say; run: python docs/catalogue.py")
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
