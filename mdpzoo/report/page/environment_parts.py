"""A part of the page for each environment: its learning curves, its regret or gap, and its table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mdpzoo.report.analysis.seed_curves import SeedCurve, learning_curve, regret_curve
from mdpzoo.report.analysis.tables import NEARLY, Row
from mdpzoo.report.figures.number_text import count, interval, number, percent, seconds
from mdpzoo.report.figures.palette import Look
from mdpzoo.report.figures.step_lines import Level, Series, drawn_data, frame_of, line_chart
from mdpzoo.report.markup import Html, element
from mdpzoo.report.page.charts import figure
from mdpzoo.report.page.sortable_tables import Cell, Column, sortable_table
from mdpzoo.report.records import Results, Truth


@dataclass(frozen=True)
class Part:
    """An environment's part of the page.

    Attributes:
        html: its markup.
        charts: the data of its charts, by their ids.
    """

    html: Html
    charts: Mapping[str, object]


def environment_part(
    results: Results, environment: str, rows: Sequence[Row], looks: Mapping[str, Look], id: str
) -> Part:
    """Builds the part.

    Args:
        results: all results.
        environment: its name.
        rows: of the table, the best agent first.
        looks: of all agents.
        id: unique on the page.
    """
    truth = results.truth(environment)
    groups = {agent: runs for (name, agent), runs in results.groups.items() if name == environment}
    curves = _series({agent: learning_curve(runs, truth) for agent, runs in groups.items()}, looks)
    regrets = _series({agent: regret_curve(runs, truth) for agent, runs in groups.items()}, looks)
    charts: dict[str, object] = {}
    figures = []
    if curves:
        figures.append(_learning(f"{id}-learning", environment, truth, curves, results, looks, charts))
    if regrets:
        figures.append(_regret(f"{id}-regret", environment, truth, regrets, looks, charts))
    elif curves and truth.optimum is not None and not truth.of_game:
        figures.append(_gap(f"{id}-gap", environment, truth, curves, looks, charts))
    parts = (
        element("h2", environment),
        _known(truth),
        element("div", figures, class_="grid"),
        _table(rows, looks, truth),
    )
    return Part(element("section", parts, id=id, class_="environment"), charts)


def _series(curves: Mapping[str, SeedCurve | None], looks: Mapping[str, Look]) -> list[Series]:
    return [
        Series(agent, looks[agent], each.steps, each.values, each.low, each.high, each.seeds)
        for agent, each in curves.items()
        if each is not None
    ]


def _learning(
    id: str,
    environment: str,
    truth: Truth,
    series: list[Series],
    results: Results,
    looks: Mapping[str, Look],
    charts: dict[str, object],
) -> Html:
    known = ((truth.called, truth.optimum), ("random actions", truth.random))
    levels = [Level(name, value) for name, value in known if value is not None]
    y_title = "reward per step" if truth.per_step else "mean return"
    evaluated = any(run.evaluations is not None for run in results.runs if run.environment == environment)
    charts[id] = drawn_data(frame_of(series, levels), y_title, series, levels)
    several = any(each.seeds.max() > 1 for each in series)
    told = f"{'Evaluation' if evaluated else 'Training'} episodes: "
    told += "means over seeds with 95\u00a0% intervals." if several else "one seed each, so that there is no interval."
    if any(each.seeds.min() < each.seeds.max() for each in series):
        told += " Runs differ in length; a line is thin where some have ended or not begun."
    chart = line_chart(id, f"Learning curves in {environment}", y_title, series, levels)
    return figure("Learning curves", chart, told, looks, [each.name for each in series], [each.name for each in levels])


def _regret(
    id: str, environment: str, truth: Truth, series: list[Series], looks: Mapping[str, Look], charts: dict[str, object]
) -> Html:
    charts[id] = drawn_data(frame_of(series, (), True), "regret", series, ())
    told = f"Optimal reward, {number(truth.gain)} a step, less the reward received in training: means over seeds."
    chart = line_chart(id, f"Regret in {environment}", "regret", series, from_zero=True)
    return figure("Regret", chart, told, looks, [each.name for each in series])


def _gap(
    id: str, environment: str, truth: Truth, series: list[Series], looks: Mapping[str, Look], charts: dict[str, object]
) -> Html:
    """Returns the optimum minus the learning curve; lower and upper limits are swapped."""
    assert truth.optimum is not None
    best = truth.optimum
    gaps = [replace(each, values=best - each.values, low=best - each.high, high=best - each.low) for each in series]
    charts[id] = drawn_data(frame_of(gaps, (), True), "gap to the optimum", gaps, ())
    chart = line_chart(id, f"Gap to the optimum in {environment}", "gap to the optimum", gaps, from_zero=True)
    told = "The optimum less the mean of evaluations; 0 is optimal."
    return figure("Gap to the optimum", chart, told, looks, [each.name for each in series])


def _known(truth: Truth) -> Html | None:
    facts = [
        (name, number(value))
        for name, value in (
            (truth.called, truth.optimum),
            ("random actions", truth.random),
            ("optimal reward per step", truth.gain),
        )
        if value is not None
    ]
    if not facts:
        return None
    words = [
        (element("b", name), f" {value}", " · " if place < len(facts) - 1 else "")
        for place, (name, value) in enumerate(facts)
    ]
    spread = f" (95 % interval {interval(*truth.interval)})" if truth.interval else ""
    source = f" — {truth.source.rstrip('.')}." if truth.source else ""
    return element("p", words, spread, source, class_="note")


def _table(rows: Sequence[Row], looks: Mapping[str, Look], truth: Truth) -> Html:
    columns = [
        (Column("agent", False), lambda row: Cell(_name(row.agent, looks), row.agent)),
        (Column("seeds"), lambda row: Cell(_runs(row), row.runs)),
        (Column("score", True, "the last evaluation: mean over seeds"), lambda row: Cell(number(row.score), row.score)),
        (Column("95 % interval", True, "over seeds"), lambda row: Cell(interval(row.low, row.high), row.low)),
        (Column("gap", True, "optimum less score"), lambda row: Cell(number(row.gap), row.gap)),
        (
            Column("normalised", True, "0: random actions, 1: optimum"),
            lambda row: Cell(number(row.normalised), row.normalised),
        ),
        (Column("regret", True, "at the end of training"), lambda row: Cell(number(row.regret), row.regret)),
        (Column("area", True, "mean height of the learning curve"), lambda row: Cell(number(row.area), row.area)),
        (
            Column(f"steps to {percent(NEARLY)}", True, "until all seeds stay above this normalised score"),
            lambda row: Cell("–" if row.reached is None else count(row.reached), row.reached),
        ),
        (Column("steps"), lambda row: Cell(count(row.steps), row.steps)),
        (Column("time", True, "mean of a run"), lambda row: Cell(seconds(row.seconds), row.seconds)),
    ]
    cells = [[make(row) for _, make in columns] for row in rows]
    used = [place for place in range(len(columns)) if place < 2 or any(line[place].value is not None for line in cells)]
    unit = "reward per step" if truth.per_step else "return"
    caption = f"Scores ({unit}), the best first"
    return sortable_table(
        caption, [columns[place][0] for place in used], [[line[place] for place in used] for line in cells]
    )


def _name(agent: str, looks: Mapping[str, Look]) -> Html:
    return element("span", element("span", class_=looks[agent].swatch), agent)


def _runs(row: Row) -> str:
    return f"{row.runs}" if not row.failed else f"{row.runs} (+{row.failed} failed)"
