"""The page: one HTML file that loads nothing and reads without a script."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import mdpzoo
from mdpzoo.files import check_folder, replacing
from mdpzoo.front import require
from mdpzoo.report.analysis.across import Across, compare_agents
from mdpzoo.report.analysis.tables import rows_of
from mdpzoo.report.figures.number_text import count
from mdpzoo.report.figures.palette import looks
from mdpzoo.report.figures.profile_lines import profile_data
from mdpzoo.report.markup import Html, element, json_script
from mdpzoo.report.page.all_environments import overview
from mdpzoo.report.page.environment_parts import environment_part
from mdpzoo.report.page.family_drawings import family_sections, section_html
from mdpzoo.report.page.methods import methods_paragraph
from mdpzoo.report.page.run_lists import all_runs, what_is_missing
from mdpzoo.report.records import Results


def page_of(results: Results, families: bool = True) -> str:
    """Returns the page.

    Args:
        results: at least one run.
        families: whether to include families' sections, which may play an episode.

    Raises:
        MissingExtraError: if Jinja is not installed.
    """
    require("jinja2", "report")
    rows, across, styles = rows_of(results), compare_agents(results), looks(results.agents)
    charts: dict[str, object] = {}
    if across.profiles:
        charts["profiles"] = profile_data(across.profiles, styles) | {"across": "score"}
    sections = [overview(across, rows, styles)]
    parts = [("overview", "Overview")]
    for place, environment in enumerate(results.environments):
        own = [row for row in rows if row.environment == environment]
        part = environment_part(results, environment, own, styles, f"environment-{place}")
        sections.append(part.html)
        charts.update({id: {"across": "step", **chart} for id, chart in part.charts.items()})  # type: ignore[dict-item]
        parts.append((f"environment-{place}", environment))
    drawn, failed = family_sections(results) if families else ([], [])
    if drawn:
        heading = element("h2", "Drawings")
        sections.append(element("section", heading, [section_html(*each) for each in drawn], id="drawings"))
        parts.append(("drawings", "Drawings"))
    lists = [("missing", "What is missing", what_is_missing(results, failed)), ("runs", "Runs", all_runs(results))]
    for id, name, html in lists:
        if html is not None:
            sections.append(html)
            parts.append((id, name))
    data = {
        "charts": charts,
        "rows": [row.as_dict() for row in rows],
        "runs": _run_data(results),
        "across": _across_data(across),
        "sections": [{"environment": name, "title": each.title, "data": each.data} for name, each in drawn],
    }
    return _rendered(results, sections, [*parts, ("methods", "Methods")], data)


def write_page(results: Results, path: Path, families: bool = True) -> None:
    """Writes the page, whole or not at all.

    Args:
        results: at least one run.
        path: the file; its folder must exist.
        families: as in ``page_of``.

    Raises:
        SettingError: if the folder does not exist.
        MissingExtraError: if Jinja is not installed.
        OSError: if the folder cannot be written.
    """
    check_folder(path)
    page = page_of(results, families)
    with replacing(path) as beside:
        beside.write_text(page, encoding="utf-8")


def _rendered(results: Results, sections: list[Html], parts: list[tuple[str, str]], data: dict[str, Any]) -> str:
    style, script = (_resource(name) for name in ("style.css", "script.js"))
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return str(
        _template().render(
            title=results.title,
            subtitle=_subtitle(results),
            facts=_facts(results),
            parts=parts,
            sections=sections,
            methods=methods_paragraph(results),
            policy=policy,
            style=Html(style),
            script=Html(script),
            data=json_script("report-data", data),
            version=mdpzoo.__version__,
        )
    )


@cache
def _resource(name: str) -> str:
    return (files("mdpzoo.report.page") / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    import jinja2

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True)
    return environment.from_string(_resource("page.html.jinja"))


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _subtitle(results: Results) -> str:
    steps = sorted({int(run.steps_asked or run.steps) for run in results.runs})
    told = count(steps[0]) if len(steps) == 1 else f"{count(steps[0])} to {count(steps[-1])}"
    agents, environments = _counted(len(results.agents), "agent"), _counted(len(results.environments), "environment")
    return f"{agents} in {environments}, {told} steps a run"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def _facts(results: Results) -> Iterable[tuple[str, str, str]]:
    """Yields the counts at the head of the page: a name, a number, and a class that marks bad news."""
    status = [run.status for run in results.runs]
    yield "runs", f"{len(status):,}", ""
    seeds = {len(runs) for runs in results.groups.values()}
    yield "seeds", f"{min(seeds)}" if len(seeds) == 1 else f"{min(seeds)}–{max(seeds)}", ""
    yield "steps in all", count(sum(run.steps for run in results.runs)), ""
    for name, number in (
        ("failed", status.count("failed")),
        ("not ended", status.count("unfinished") + len(results.missing)),
    ):
        if number:
            yield name, f"{number:,}", "bad" if name == "failed" else ""


def _run_data(results: Results) -> list[dict[str, object]]:
    return [
        {
            "folder": run.folder,
            "environment": run.environment,
            "agent": run.agent,
            "seed": run.seed,
            "status": run.status,
            "score": run.score(results.truth(run.environment).per_step),
            "steps": run.steps,
        }
        for run in results.runs
    ]


def _across_data(across: Across) -> dict[str, object]:
    def shown(value: float) -> float | None:
        return None if value != value else value

    return {
        "environments": across.environments,
        "aggregates": {
            name: {agent: [shown(each) for each in (found.estimate, *found)] for agent, found in table.items()}
            for name, table in across.aggregates.items()
        },
        "agents": across.agents,
        "improvement": [
            [each and [shown(limit) for limit in (each.estimate, *each)] for each in line]
            for line in across.improvement
        ],
    }
