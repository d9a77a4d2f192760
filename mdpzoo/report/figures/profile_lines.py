"""Performance profiles as a chart: the share of runs above each threshold, a line for each agent."""

from collections.abc import Mapping

import numpy as np

from mdpzoo.experiments.statistics import Profile
from mdpzoo.report.figures.axes import Frame, Scale
from mdpzoo.report.figures.palette import Look
from mdpzoo.report.figures.step_lines import FOOT, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Series, drawn_data, plot
from mdpzoo.report.markup import Html

TITLE = "share of runs"


def profile_chart(id: str, profiles: Mapping[str, Profile], looks: Mapping[str, Look]) -> Html:
    """Draws the chart.

    Args:
        id: of the chart in the page's data.
        profiles: by the agent's name; at least one.
        looks: of the agents.
    """
    series = _series(profiles, looks)
    return plot(id, "Performance profiles", (TITLE, "normalised score"), _frame(series), series, (), False)


def profile_data(profiles: Mapping[str, Profile], looks: Mapping[str, Look]) -> dict[str, object]:
    """Returns the chart as data; its ``steps`` are thresholds."""
    series = _series(profiles, looks)
    return drawn_data(_frame(series), TITLE, series, ())


def _frame(series: list[Series]) -> Frame:
    steps = series[0].steps
    return Frame(Scale(steps[0], steps[-1], LEFT, WIDTH - RIGHT), Scale(0.0, 1.0, HEIGHT - FOOT, TOP))


def _series(profiles: Mapping[str, Profile], looks: Mapping[str, Look]) -> list[Series]:
    none = np.full(len(next(iter(profiles.values())).thresholds), np.nan)
    return [
        Series(
            name,
            looks[name],
            each.thresholds,
            each.shares,
            none if each.low is None else each.low,
            none if each.high is None else each.high,
            np.ones(len(none), int),
        )
        for name, each in sorted(profiles.items(), key=lambda item: -item[1].shares.sum())
    ]
