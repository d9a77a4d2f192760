"""Markdown tables and links."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mdpzoo import registry
from mdpzoo.settings import range_text
from mdpzoo.specs import FamilySpec

ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})")
PAGE = re.compile(r"\bpages/([\w-]+)\.md\b")


def rows(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    """A table; line breaks within a cell become spaces and bars are escaped."""
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in line)} |" for line in lines)


def facts(by_name: Mapping[str, str]) -> str:
    """A table of two columns without a head, for the entries that are not empty."""
    return rows(("", ""), [(f"**{name}**", value) for name, value in by_name.items() if value])


def linked(source: str) -> str:
    """A source with its arXiv numbers and the pages of families as links, seen from a folder beside ``families``."""
    text = ARXIV.sub(r"[arXiv:\1](https://arxiv.org/abs/\1)", source)
    return PAGE.sub(r"[\1](../families/\1.md)", text)


def page_name(id: str) -> str:
    """The name of what belongs to an environment, without its ending: ``mdpzoo-TSP-v0``."""
    return id.replace("/", "-")


def family_of(id: str) -> FamilySpec | None:
    """The family of the distribution that brings an environment or agent."""
    for family in registry.families().values():
        if registry.owner(f"family {family.name}") == registry.owner(id):
            return family
    return None


def family_link(family: FamilySpec) -> str:
    """The name of a family, a link if it has a page."""
    if not family.pages:
        return family.name
    page = family.pages[0].rpartition("/")[2]
    return f"[{family.name}](../families/{page})"


def _cell(text: str) -> str:
    return " ".join(str(text).split()).replace("|", "\\|")


def families() -> str:
    """The table of families: each with its page, its environments and its agents."""
    body = []
    for family in registry.families().values():
        environments = [each for each in registry.environments() if family_of(each) == family]
        agents = [each for each in registry.agents() if family_of(each) == family]
        places = [f"[{each.partition('/')[2]}](../environments/{page_name(each)}.md)" for each in environments]
        body.append(
            (family_link(family), ", ".join(places), ", ".join(f"[{each}](../agents/{each}.md)" for each in agents))
        )
    return rows(("family", "environments", "agents"), body)


def settings(found: list[dict[str, Any]]) -> str:
    """The table of settings, from the rows of ``mdpzoo.cli.settings_table``."""
    if not found:
        return "None."
    body = [
        (
            f"`{each['name']}`",
            f"`{each['type']}`",
            f"`{getattr(each['default'], '__name__', each['default'])}`",
            range_text(each["range"]),
            each["about"],
        )
        for each in found
    ]
    return rows(("setting", "type", "default", "range", "meaning"), body)
