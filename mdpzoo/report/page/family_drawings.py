"""Families' own drawings on the page, from the hook ``FamilySpec.report_section``."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mdpzoo import registry
from mdpzoo.codes import load
from mdpzoo.report.markup import Html, element
from mdpzoo.report.records import Results, RunRecord


@dataclass(frozen=True)
class Section:
    """A family's drawing of one environment's runs.

    Attributes:
        title: a heading.
        html: built by ``mdpzoo.report.markup``; text that is not is escaped.
        data: the data drawn, as JSON values.
    """

    title: str
    html: Html
    data: Any = None


def family_sections(results: Results) -> tuple[list[tuple[str, Section]], list[str]]:
    """Asks each family for a section on each of its environments.

    Returns:
        Environments' names with their sections, and a sentence for each that failed.
    """
    hooks = {
        registry.owner(f"family {name}"): (name, spec.report_section)
        for name, spec in registry.families().items()
        if spec.report_section is not None
    }
    found: list[tuple[str, Section]] = []
    notes: list[str] = []
    for environment in results.environments:
        runs = [run for run in results.runs if run.environment == environment]
        id = runs[0].environment_id
        if id in registry.environments() and registry.owner(id) in hooks:
            family, code = hooks[registry.owner(id)]
            try:
                section = _requested(code, runs)
            except Exception as error:  # a plugin's failure never takes the report down
                notes.append(f"the section of family {family!r} on {environment} was left out: {error!s:.150}")
                continue
            if section is not None:
                found.append((environment, section))
    return found, notes


def _requested(code: str, runs: Sequence[RunRecord]) -> Section | None:
    section = load(code)(runs)
    if section is not None and not isinstance(section, Section):
        raise TypeError(f"it must return a Section or None, got {section!r:.60}")
    return section


def section_html(environment: str, section: Section) -> Html:
    """Returns the section as markup for the page."""
    return element("div", element("h3", f"{section.title}: {environment}"), section.html, class_="card wide family")
