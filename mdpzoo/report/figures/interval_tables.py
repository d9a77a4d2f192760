"""Estimates with intervals as a table: a row for each agent, its dot and whisker drawn between name and number."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mdpzoo.experiments.statistics import Interval
from mdpzoo.report.figures.axes import Scale, padded
from mdpzoo.report.figures.number_text import alike
from mdpzoo.report.figures.palette import Look
from mdpzoo.report.markup import Html, element

HEIGHT = 20  # of a row's view box, which is 100 wide and stretched


@dataclass(frozen=True)
class Row:
    """One agent.

    Attributes:
        name: of the agent.
        look: its hue.
        interval: an estimate and its limits; NaN if there are none.
    """

    name: str
    look: Look
    interval: Interval


def interval_rows(title: str, rows: Sequence[Row], better: str = "higher") -> Html:
    """Builds the table, sorted by the estimate, the best first.

    Args:
        title: the name of the estimated quantity.
        rows: at least one.
        better: ``"higher"`` or ``"lower"``.
    """
    scale = _scale(rows)
    ordered = sorted(rows, key=lambda row: row.interval.estimate, reverse=better == "higher")
    spacing = (scale.high - scale.low) / 100
    ends = element(
        "div", [element("span", each) for each in alike((scale.low, scale.high), _step(scale))], class_="ends"
    )
    foot = element("tr", element("td", f"{better} is better", class_="note"), element("td", ends), element("td"))
    body = element("tbody", [_row(scale, row, spacing) for row in ordered])
    return element("table", element("caption", title), body, element("tfoot", foot), class_="intervals")


def _scale(rows: Sequence[Row]) -> Scale:
    """Returns round limits that include all intervals."""
    values = [each for row in rows for each in (row.interval.estimate, *row.interval) if math.isfinite(each)]
    low, high = padded(values, 0.02)
    rough = Scale(low, high, 0.0, 100.0)
    step = _step(rough)
    first, last = (float(f"{edge * step:.12g}") for edge in (math.floor(low / step), math.ceil(high / step)))
    return Scale(first, last, 1.5, 98.5)


def _step(scale: Scale) -> float:
    """Returns the distance between grid lines."""
    ticks = scale.ticks(8)
    return ticks[1] - ticks[0] if len(ticks) > 1 else scale.high - scale.low


def _row(scale: Scale, row: Row, spacing: float) -> Html:
    name = element("th", element("span", class_=row.look.swatch), row.name, scope="row")
    estimate, *limits = alike((row.interval.estimate, *row.interval), 10.0 ** math.floor(math.log10(spacing)))
    bracketed = f"[{', '.join(limits)}]" if math.isfinite(row.interval.low) else ""
    numbers = (element("b", estimate), " ", element("small", bracketed))
    return element("tr", name, element("td", _drawing(scale, row), class_="drawing"), element("td", numbers))


def _drawing(scale: Scale, row: Row) -> Html:
    middle = HEIGHT / 2
    grid = [
        element("line", x1=float(scale(each)), x2=float(scale(each)), y1=0, y2=HEIGHT, class_="grid")
        for each in scale.ticks(8)
    ]
    low, high = row.interval
    ends = {"x1": float(scale(low)), "x2": float(scale(high))} if math.isfinite(low) else None
    x = float(scale(row.interval.estimate))
    return element(
        "svg",
        grid,
        ends and element("line", **ends, y1=middle, y2=middle, class_=f"whisker {row.look.hue}"),
        element("line", x1=x, x2=x, y1=middle, y2=middle, class_=f"point {row.look.hue}"),
        viewBox=f"0 0 100 {HEIGHT}",
        preserveAspectRatio="none",
        aria_hidden="true",
    )
