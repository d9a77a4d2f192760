"""How instances and answers show themselves in a notebook: a small table, and a picture where matplotlib is there."""

from base64 import b64encode
from typing import Any

from mdpzoo.errors import MissingExtraError
from mdpzoo.showing import html_of
from mdpzoo_combinatorial.render import draw
from mdpzoo_combinatorial.render.canvas import Canvas

SIZE = (400, 400)
LARGEST = 20_000  # nodes or items that are drawn


def png_of(instance: Any, solution: Any = None) -> bytes | None:
    """Returns a picture as a PNG file; None where matplotlib is not installed, or for very large instances.

    Args:
        instance: of any of the five problems.
        solution: as the instance takes it; None: the instance alone.
    """
    if getattr(instance, "num_nodes", 0) + getattr(instance, "num_items", 0) > LARGEST:
        return None
    try:
        canvas = Canvas(SIZE, instance.name)
    except MissingExtraError:
        return None
    draw(canvas, instance, solution)
    return canvas.encoded("png")


def html_with_picture(record: Any, png: bytes | None) -> str:
    """A table of a record's entries, and a picture below it."""
    if png is None:
        return html_of(record)
    return f'{html_of(record)}<img alt="" src="data:image/png;base64,{b64encode(png).decode()}">'
