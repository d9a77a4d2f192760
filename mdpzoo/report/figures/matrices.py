"""A matrix of numbers as cells, whose tint shows the magnitude and whose text gives the exact number."""

from collections.abc import Callable, Sequence

from mdpzoo.report.markup import Html, element

TINTS = 10  # classes q0 to q9 of the style sheet, d0 to d9 where both ends are tinted


def heat_map(
    told: str,
    rows: Sequence[str],
    columns: Sequence[str],
    values: Sequence[Sequence[float | None]],
    text: Callable[[float], str],
    diverging: bool = False,
) -> Html:
    """Builds a table of tinted cells: readable as text, on paper and by a screen reader.

    Args:
        told: description of the numbers.
        rows: a name each.
        columns: a name each.
        values: ``[rows][columns]``; tints go from 0 to 1, beyond which they stay; None: an empty cell.
        text: writes a value.
        diverging: whether 0.5 is neutral, so that both ends are tinted.
    """
    head = element("tr", element("td"), [element("th", element("span", each), scope="col") for each in columns])
    body = [
        element(
            "tr", element("th", name, scope="row"), [_cell(value, text, "d" if diverging else "q") for value in line]
        )
        for name, line in zip(rows, values, strict=True)
    ]
    table = element("table", element("thead", head), element("tbody", body), class_="heat", aria_label=told)
    scrolled = element("div", table, class_="scroll", tabindex="0", role="region", aria_label=told)
    return element("div", element("p", told, class_="note"), scrolled)


def _cell(value: float | None, text: Callable[[float], str], tint: str) -> Html:
    if value is None:
        return element("td", "–", class_="empty")
    return element("td", text(value), class_=f"{tint}{min(max(int(value * TINTS), 0), TINTS - 1)}")
