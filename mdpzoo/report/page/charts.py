"""The heading, caption and legend around a chart."""

from collections.abc import Mapping, Sequence

from mdpzoo.report.figures.palette import Look
from mdpzoo.report.markup import Html, element


def figure(
    heading: str, chart: Html, told: str, looks: Mapping[str, Look], names: list[str], levels: Sequence[str] = ()
) -> Html:
    """Returns a chart with its heading, a caption, and a legend for layouts without room for labels."""
    legend = [element("li", element("span", class_=looks[name].swatch), name) for name in names]
    legend += [element("li", element("span", class_="swatch known"), name) for name in levels]
    return element(
        "figure",
        element("h3", heading),
        element("div", chart, class_="clip"),
        element("ul", legend, class_="legend", aria_hidden="true"),
        element("output", class_="read-out"),
        element("figcaption", told),
        class_="card",
    )
