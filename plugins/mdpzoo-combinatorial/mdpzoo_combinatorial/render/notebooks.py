"""The display of instances and answers in notebooks: a small table, and a picture if matplotlib is installed."""

from base64 import b64encode
from typing import Any

from mdpzoo.errors import MissingExtraError
from mdpzoo.showing import html_of
from mdpzoo_combinatorial.render import draw
from mdpzoo_combinatorial.render.canvas import Canvas

SIZE = (400, 400)
LARGEST = 20_000  # maximum number of nodes or items of a picture


def png_of(instance: Any, solution: Any = None) -> bytes | None:
    """Returns a picture as a PNG file; None if matplotlib is not installed or the instance is very large.

    Args:
        instance: an instance of any problem.
        solution: as the instance expects it; None: only the instance is drawn.
    """
    if getattr(instance, "num_nodes", 0) + getattr(instance, "num_items", 0) > LARGEST:
        return None
    try:
        canvas = Canvas(SIZE, instance.name)
    except MissingExtraError:
        return None
    draw(canvas, instance, solution)
    return canvas.encode_as("png")


def html_with_picture(record: Any, png: bytes | None) -> str:
    """Returns a table of a record's entries with a picture below it."""
    if png is None:
        return html_of(record)
    return f'{html_of(record)}<img alt="" src="data:image/png;base64,{b64encode(png).decode()}">'
