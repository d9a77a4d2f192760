"""The display of results in notebooks: small tables without a style sheet of their own."""

from collections.abc import Sequence
from typing import Any

from mdpzoo.report.markup import Html, element


def table_html(caption: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> Html:
    """Builds a plain table, as notebooks style them; everything in it is escaped.

    Args:
        caption: what it shows.
        heads: of the columns.
        rows: as many cells each.
    """
    head = element("thead", element("tr", [element("th", each) for each in heads]))
    body = element("tbody", [element("tr", [element("td", each) for each in row]) for row in rows])
    return element("table", element("caption", caption), head, body)
