"""Tables that a script makes sortable, and that have a sensible order without one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mdpzoo.report.markup import Html, element


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        shown: text or markup.
        value: the sort key, a number or a text; None: last in any order.
    """

    shown: Any
    value: float | str | None = None


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: its head.
        numeric: whether it is aligned at the right.
        about: the tooltip of the head.
    """

    title: str
    numeric: bool = True
    about: str = ""


def sortable_table(caption: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> Html:
    """Builds a table that can be scrolled sideways if it is wider than the page.

    Args:
        caption: what it shows.
        columns: at least one.
        rows: as many cells each; the first is the row's head.
    """
    head = element("tr", [_head(column) for column in columns])
    body = element("tbody", [_row(columns, row) for row in rows])
    table = element("table", element("caption", caption), element("thead", head), body, class_="sortable")
    return element("div", table, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _head(column: Column) -> Html:
    return element(
        "th", column.title, scope="col", class_="number" if column.numeric else None, title=column.about or None
    )


def _row(columns: Sequence[Column], row: Sequence[Cell]) -> Html:
    first, *rest = zip(columns, row, strict=True)
    return element("tr", _cell("th", *first, scope="row"), [_cell("td", *each) for each in rest])


def _cell(tag: str, column: Column, cell: Cell, **attributes: Any) -> Html:
    value = f"{cell.value:.10g}" if isinstance(cell.value, float | int) else cell.value
    look = "number" if column.numeric else None
    return element(tag, cell.shown, class_=look, data_value=value, **attributes)
