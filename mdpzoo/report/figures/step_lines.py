"""Learning curves and similar charts: lines against steps, with intervals, direct labels and known levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mdpzoo.report.figures.axes import Frame, Scale, band, padded, path, spread_labels
from mdpzoo.report.figures.palette import Look
from mdpzoo.report.markup import Html, element

WIDTH, HEIGHT = 640, 350
LEFT, RIGHT, TOP, FOOT = 64, 160, 34, 54  # margins; labels stand in the right one
GAP = 16.0  # between labels
LONGEST = 16  # letters of a label


@dataclass(frozen=True)
class Series:
    """One line.

    Attributes:
        name: of the agent.
        look: its hue and dash.
        steps: ``[k]``.
        values: ``[k]``.
        low: ``[k]``, NaN where there is no interval.
        high: ``[k]``, NaN where there is no interval.
        seeds: ``[k]`` int, runs behind each point.
    """

    name: str
    look: Look
    steps: np.ndarray
    values: np.ndarray
    low: np.ndarray
    high: np.ndarray
    seeds: np.ndarray


@dataclass(frozen=True)
class Level:
    """A horizontal line.

    Attributes:
        name: as in ``"optimum"``.
        value: its height.
    """

    name: str
    value: float


def line_chart(
    id: str, title: str, y_title: str, series: Sequence[Series], levels: Sequence[Level] = (), from_zero: bool = False
) -> Html:
    """Draws lines against steps.

    Args:
        id: of the chart in the page's data.
        title: for those who cannot see it.
        y_title: the quantity drawn.
        series: at least one.
        levels: horizontal lines for known values.
        from_zero: whether the vertical axis shows 0.
    """
    titles = (y_title, "environment steps")
    return plot(id, title, titles, frame_of(series, levels, from_zero), series, levels, True)


def plot(
    id: str,
    title: str,
    titles: tuple[str, str],
    frame: Frame,
    series: Sequence[Series],
    levels: Sequence[Level],
    steps: bool,
) -> Html:
    """Draws lines in a frame, with a label at the end of each.

    Args:
        id: of the chart in the page's data.
        title: for those who cannot see it.
        titles: of the vertical and of the horizontal axis.
        frame: its axes.
        series: at least one.
        levels: horizontal lines.
        steps: whether the horizontal axis counts steps.
    """
    ends = [(each.name, each.look.hue, float(frame.y(each.values[-1]))) for each in series]
    ends += [(each.name, "known", float(frame.y(each.value))) for each in levels]
    places = spread_labels([y for *_, y in ends], GAP, TOP, HEIGHT - FOOT)
    labels = [_label(name, hue, y, place) for (name, hue, y), place in zip(ends, places, strict=True)]
    return element(
        "svg",
        element("title", title),
        frame.axes(titles[1], titles[0], steps),
        [_level(frame, each) for each in levels],
        [_band(frame, each) for each in series],
        [_line(frame, each) for each in series],
        element("g", labels, class_="labels"),
        class_="chart lines",
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
        aria_label=title,
        data_chart=id,
    )


def frame_of(series: Sequence[Series], levels: Sequence[Level], from_zero: bool = False) -> Frame:
    """Returns the axes of a chart, wide enough for intervals that stay near the lines."""
    values = np.concatenate([each.values for each in series])
    known = [*values.tolist(), *(each.value for each in levels), *([0.0] if from_zero else [])]
    low, high = padded(known)
    reach = 0.35 * (high - low)
    for each in series:
        inside = np.isfinite(each.low)
        if inside.any():
            low = max(min(low, each.low[inside].min()), low - reach) if each.low[inside].min() < low else low
            high = min(max(high, each.high[inside].max()), high + reach) if each.high[inside].max() > high else high
    last = max(float(each.steps[-1]) for each in series)
    first = min(float(each.steps[0]) for each in series)
    first = 0.0 if first < 0.5 * last else first
    last = last if last > first else first + max(abs(first), 1.0)
    return Frame(Scale(first, last, LEFT, WIDTH - RIGHT), Scale(low, high, HEIGHT - FOOT, TOP))


def drawn_data(frame: Frame, y_title: str, series: Sequence[Series], levels: Sequence[Level]) -> dict[str, object]:
    """Returns the content of a chart as data, for tests, for the read-out and for further use."""

    def rounded(values: np.ndarray) -> list[float | None]:
        return [float(f"{value:.6g}") if np.isfinite(value) else None for value in values.tolist()]

    return {
        "title": y_title,
        "frame": [*(float(each) for each in (frame.x.start, frame.x.end, frame.y.start, frame.y.end))],
        "limits": [frame.x.low, frame.x.high, frame.y.low, frame.y.high],
        "levels": {each.name: each.value for each in levels},
        "series": [
            {
                "name": each.name,
                "swatch": each.look.swatch,
                "steps": rounded(each.steps),
                "values": rounded(each.values),
                "low": rounded(each.low),
                "high": rounded(each.high),
                "seeds": each.seeds.tolist(),
            }
            for each in series
        ],
    }


def _line(frame: Frame, series: Series) -> Html:
    """Returns a line, thin where some runs have ended or not begun."""
    xs, ys, hue = frame.x(series.steps), frame.y(series.values), series.look.hue
    if len(xs) == 1:
        return element("circle", cx=float(xs[0]), cy=float(ys[0]), r=4.5, class_=f"dot {hue}")
    full = np.flatnonzero(series.seeds == series.seeds.max())
    first, last = int(full[0]), int(full[-1]) + 1
    shared = {"stroke_dasharray": series.look.dash, "data_name": series.name}
    thick = element("path", d=path(xs[first:last], ys[first:last]), class_=f"curve {hue}", **shared)
    if last - first == len(xs):
        return thick
    return element("g", element("path", d=path(xs, ys), class_=f"curve thin {hue}", **shared), thick)


def _band(frame: Frame, series: Series) -> Html | None:
    inside = np.isfinite(series.low)
    if not inside.any():
        return None
    lows, highs = (np.clip(frame.y(each[inside]), TOP, HEIGHT - FOOT) for each in (series.low, series.high))
    xs = frame.x(series.steps[inside])
    if len(xs) == 1:
        x = float(xs[0])
        return element("line", x1=x, x2=x, y1=float(lows[0]), y2=float(highs[0]), class_=f"whisker {series.look.hue}")
    return element("path", d=band(xs, lows, highs), class_=f"band {series.look.hue}", data_name=series.name)


def _level(frame: Frame, level: Level) -> Html:
    y = float(frame.y(level.value))
    return element("line", x1=frame.x.start, x2=frame.x.end, y1=y, y2=y, class_="level")


def _label(name: str, hue: str, y: float, place: float) -> Html:
    """Returns a name beside the end of its line, and a thin connecting line if it had to move."""
    x = WIDTH - RIGHT + 6
    lead = element("line", x1=x - 4, y1=y, x2=x + 8, y2=place, class_=f"lead {hue}")
    shown = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return element("g", lead, element("text", shown, x=x + 11, y=place + 4.5, class_=f"label {hue}"))
