"""The first part of the page: agents over all environments."""

from collections.abc import Mapping

from mdpzoo.report.analysis.across import Across
from mdpzoo.report.analysis.tables import Row as TableRow
from mdpzoo.report.figures.interval_tables import Row, interval_rows
from mdpzoo.report.figures.matrices import heat_map
from mdpzoo.report.figures.number_text import alike, percent
from mdpzoo.report.figures.palette import Look
from mdpzoo.report.figures.profile_lines import profile_chart
from mdpzoo.report.markup import Html, element
from mdpzoo.report.page.charts import figure

LOWER = frozenset({"optimality gap"})
SHOWN = ("interquartile mean", "optimality gap")  # the mean is in the data
NARROW = 6  # columns of a matrix that fit into half of the page
EXPLAINED = (
    "Scores are normalised: uniformly random actions have 0, the optimum has 1. "
    "Lines are 95\u00a0% intervals over seeds, resampled within each environment."
)


def overview(across: Across, rows: list[TableRow], looks: Mapping[str, Look]) -> Html:
    """Builds the part, including a note on what it omits."""
    cards = (_aggregates(across, looks), _profiles(across, looks), _heat(rows), _improvement(across))
    grid = element("div", cards, class_="grid even")
    return element("section", element("h2", "Overview"), _scope(across), grid, id="overview")


def _scope(across: Across) -> Html | None:
    if not across.environments:
        told = "For no environment are the optimum and the score of random actions known; nothing is averaged."
        return element("p", told, class_="note")
    left = f" Left out: {', '.join(across.left_out)}." if across.left_out else ""
    return element("p", f"{EXPLAINED} Environments: {', '.join(across.environments)}.{left}", class_="note")


def _aggregates(across: Across, looks: Mapping[str, Look]) -> Html | None:
    if not across.environments:
        return None
    shown = {name: found for name, found in across.aggregates.items() if name in SHOWN}
    tables = [
        interval_rows(
            f"{name.capitalize()} of normalised scores" if name not in LOWER else name.capitalize(),
            [Row(agent, looks[agent], each) for agent, each in found.items()],
            "lower" if name in LOWER else "higher",
        )
        for name, found in shown.items()
    ]
    return element("div", [element("div", each, class_="card") for each in tables], class_="stack")


def _profiles(across: Across, looks: Mapping[str, Look]) -> Html | None:
    if not across.profiles:
        return None
    chart = profile_chart("profiles", across.profiles, looks)
    told = "The share of runs whose normalised score is above a threshold; bands are 95\u00a0% limits, point by point."
    return figure("Performance profiles", chart, told, looks, list(across.profiles))


def _heat(rows: list[TableRow]) -> Html | None:
    known = {(row.environment, row.agent): row.normalised for row in rows if row.normalised is not None}
    if not known:
        return None
    environments, agents = (sorted({key[place] for key in known}) for place in (0, 1))
    values = [[known.get((environment, agent)) for agent in agents] for environment in environments]
    table = heat_map(
        "Normalised scores: 0 is random, 1 optimal",
        environments,
        agents,
        values,
        lambda value: alike((value,), 0.01)[0],
    )
    return element("div", element("h3", "Agents by environment"), table, class_=_width(len(agents)))


def _improvement(across: Across) -> Html | None:
    if len(across.agents) < 2:
        return None
    values = [[None if each is None else each.estimate for each in line] for line in across.improvement]
    told = "How often a run of the row’s agent beats a run of the column’s"
    table = heat_map(told, across.agents, across.agents, values, percent, diverging=True)
    return element("div", element("h3", "Probability of improvement"), table, class_=_width(len(values)))


def _width(columns: int) -> str:
    """Returns the classes of a card: as wide as the page if it has many columns."""
    return "card" if columns <= NARROW else "card span"
