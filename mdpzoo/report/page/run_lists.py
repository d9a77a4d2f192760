"""Lists of runs: all runs, failed runs, and skipped pairs."""

from collections.abc import Sequence

from mdpzoo.report.figures.number_text import count, number, seconds
from mdpzoo.report.markup import Html, element
from mdpzoo.report.page.sortable_tables import Cell, Column, sortable_table
from mdpzoo.report.records import Results

MOST_FAILURES = 50  # maximum number shown with their traceback
MOST_MISSING = 200


def all_runs(results: Results) -> Html:
    """Builds a table of every run, folded."""
    columns = [
        Column("run", False),
        Column("environment", False),
        Column("agent", False),
        Column("seed"),
        Column("status", False),
        Column("score"),
        Column("steps"),
        Column("time"),
    ]
    rows = [
        [
            Cell(run.folder, run.folder),
            Cell(run.environment, run.environment),
            Cell(run.agent, run.agent),
            Cell(run.seed, run.seed),
            Cell(run.status, run.status),
            Cell(number(score), score),
            Cell(count(run.steps), run.steps),
            Cell(seconds(time), time),
        ]
        for run in results.runs
        for score in (run.score(results.truth(run.environment).per_step),)
        for time in (run.seconds if run.cpu_seconds is None else run.cpu_seconds,)
    ]
    table = sortable_table(f"All {len(rows)} runs", columns, rows)
    folded = element("details", element("summary", f"All {len(rows)} runs"), table)
    return element("section", element("h2", "Runs"), folded, id="runs")


def what_is_missing(results: Results, notes: Sequence[str] = ()) -> Html | None:
    """Builds the part on failures, skipped pairs, runs that have not begun, and files that cannot be read."""
    parts = [
        _failures(results),
        _unfinished(results),
        _skipped(results),
        _listed("What could not be read or drawn", [*results.notes, *notes]),
    ]
    shown = [each for each in parts if each is not None]
    return element("section", element("h2", "What is missing"), shown, id="missing") if shown else None


def _failures(results: Results) -> Html | None:
    failed = [run for run in results.runs if run.failure is not None]
    if not failed:
        return None
    items = [
        element(
            "details",
            element(
                "summary",
                element("b", f"{run.environment} · {run.agent} · seed {run.seed}"),
                f" {run.failure.type}: {run.failure.message}",
            ),
            element("pre", run.failure.traceback or "no traceback", tabindex="0"),
        )
        for run in failed[:MOST_FAILURES]
        if run.failure is not None
    ]
    more = len(failed) - len(items)
    rest = element("p", f"and {more} more; the table of runs lists them", class_="note") if more else None
    return element("div", element("h3", f"Failed runs ({len(failed)})"), items, rest)


def _unfinished(results: Results) -> Html | None:
    begun = [
        f"{run.folder}: {count(run.steps)} of {count(run.steps_asked)} steps"
        for run in results.runs
        if run.status == "unfinished"
    ]
    waiting = [f"{folder}: not begun" for folder in results.missing]
    return _listed("Runs that have not ended", (*begun, *waiting))


def _skipped(results: Results) -> Html | None:
    return _listed(
        "Pairs that do not fit", [f"{each.agent} in {each.environment}: {each.reason}" for each in results.skipped]
    )


def _listed(heading: str, sentences: Sequence[str]) -> Html | None:
    if not sentences:
        return None
    more = len(sentences) - MOST_MISSING
    rest = element("p", f"and {more} more", class_="note") if more > 0 else None
    items = [element("li", each) for each in sentences[:MOST_MISSING]]
    return element("div", element("h3", f"{heading} ({len(sentences)})"), element("ul", items), rest)
