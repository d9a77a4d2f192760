"""Scales, ticks and the frame that charts share; lengths are in units of a chart's own view box."""

import math
from dataclasses import dataclass

import numpy as np

from mdpzoo.report.figures.number_text import alike, count
from mdpzoo.report.markup import Html, element, joined

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class Scale:
    """The map from values to positions along one axis.

    Attributes:
        low: the value at ``start``.
        high: the value at ``end``, above ``low``.
        start: a position.
        end: another position.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, values: float | np.ndarray) -> np.ndarray:
        """Returns the positions of values."""
        return self.start + (np.asarray(values, float) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self, wanted: int = 5) -> list[float]:
        """Returns about ``wanted`` round values between the limits."""
        rough = (self.high - self.low) / max(wanted, 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(each * power for each in STEPS if each * power >= rough * (1 - 1e-9))
        first, last = math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9)
        return [float(f"{each * step:.12g}") for each in range(first, last + 1)]

    def labelled_ticks(self, wanted: int = 5) -> list[tuple[float, str]]:
        """Returns ticks with their labels, all with the same number of decimals."""
        ticks = self.ticks(wanted)
        if any(abs(each) >= 10_000 for each in ticks) and not any(each % 100 for each in ticks):
            return [(each, count(each)) for each in ticks]
        spacing = ticks[1] - ticks[0] if len(ticks) > 1 else abs(ticks[0]) if ticks else 1.0
        return list(zip(ticks, alike(ticks, spacing), strict=True))


@dataclass(frozen=True)
class Frame:
    """The area of a chart between its axes.

    Attributes:
        x: the horizontal scale, to the right.
        y: the vertical scale; its start is the lower edge.
    """

    x: Scale
    y: Scale

    def axes(self, x_title: str, y_title: str, steps: bool = True) -> Html:
        """Draws grid lines, ticks and titles.

        Args:
            x_title: below.
            y_title: above the vertical axis, at its left.
            steps: whether the horizontal axis counts steps.
        """
        rows = [self._row(*each) for each in self.y.labelled_ticks(5)]
        columns = [self._column(value, count(value) if steps else text) for value, text in self.x.labelled_ticks(5)]
        base = element("line", x1=self.x.start, x2=self.x.end, y1=self.y.start, y2=self.y.start, class_="axis")
        right, foot = self.x.end, self.y.start + 44
        titles = (
            element("text", x_title, x=right, y=foot, text_anchor="end", class_="axis-title"),
            element("text", y_title, x=4, y=self.y.end - 14, class_="axis-title"),
        )
        return element("g", rows, base, columns, titles)

    def _row(self, value: float, said: str) -> Html:
        y = float(self.y(value))
        line = element("line", x1=self.x.start, x2=self.x.end, y1=y, y2=y, class_="grid")
        text = element("text", said, x=self.x.start - 8, y=y + 4.5, text_anchor="end", class_="tick")
        return joined((line, text))

    def _column(self, value: float, said: str) -> Html:
        x = float(self.x(value))
        line = element("line", x1=x, x2=x, y1=self.y.start, y2=self.y.start + 5, class_="axis")
        return joined((line, element("text", said, x=x, y=self.y.start + 21, text_anchor="middle", class_="tick")))


def padded(values: list[float], share: float = 0.06) -> tuple[float, float]:
    """Returns limits of an axis that shows all values, with a margin; never of zero length."""
    low, high = min(values), max(values)
    size = max(abs(low), abs(high))
    margin = share * (high - low if high - low > 1e-9 * size + 1e-30 else size if size > 1e-30 else 1.0)
    return low - margin, high + margin


def path(xs: np.ndarray, ys: np.ndarray) -> str:
    """Returns a line through points, as the ``d`` of a path; positions have one decimal."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(xs.tolist(), ys.tolist(), strict=True))


def band(xs: np.ndarray, lows: np.ndarray, highs: np.ndarray) -> str:
    """Returns an area between two lines, as the ``d`` of a path."""
    return path(np.concatenate([xs, xs[::-1]]), np.concatenate([highs, lows[::-1]])) + "Z"


def spread_labels(wanted: list[float], gap: float, low: float, high: float) -> list[float]:
    """Moves labels apart along a line, as little as possible, so that none overlaps another.

    Args:
        wanted: the preferred position of each.
        gap: least distance between two.
        low: the first position allowed.
        high: the last; exceeded only if there is no room for all.
    """
    order = sorted(range(len(wanted)), key=lambda each: wanted[each])
    blocks: list[tuple[float, int]] = []  # the middle and the number of labels that touch
    for place in order:
        blocks.append((wanted[place], 1))
        while len(blocks) > 1 and blocks[-1][0] - blocks[-2][0] < gap * (blocks[-1][1] + blocks[-2][1]) / 2:
            (a, m), (b, n) = blocks.pop(-2), blocks.pop()
            blocks.append(((a * m + b * n) / (m + n), m + n))
        middle, size = blocks[-1]
        reach = gap * (size - 1) / 2
        blocks[-1] = (min(max(middle, low + reach), max(high - reach, low + reach)), size)
    places = [middle + gap * (each - (size - 1) / 2) for middle, size in blocks for each in range(size)]
    return [place for _, place in sorted(zip(order, places, strict=True))]
