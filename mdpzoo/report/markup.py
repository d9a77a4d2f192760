"""HTML and SVG without injection: elements are built from parts, and plain text is escaped."""

import html
import json
import re
from collections.abc import Iterable
from typing import Any

NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "col"})
CHILDLESS = frozenset({"circle", "line", "path", "polygon", "polyline", "rect"})  # of SVG
FORBIDDEN = frozenset({"script", "style", "iframe", "object", "embed", "base", "form", "foreignObject"})


class Html(str):
    """Text that is already markup; only ``element`` and ``joined`` create it."""

    __slots__ = ()

    def __html__(self) -> str:
        """Returns itself; Jinja calls this and does not escape the result."""
        return self


def element(tag: str, *children: Any, **attributes: Any) -> Html:
    """Builds an element.

    Args:
        tag: its name; elements that run or load something are not allowed.
        *children: ``Html`` is used unchanged, None and False are left out, iterables are flattened, and anything else
            is text, which is escaped.
        **attributes: by name, with ``_`` for ``-``, and a trailing ``_`` for Python's keywords, as in ``class_``; None
            and False are left out, True is an attribute without a value. Event handlers and addresses are not allowed.

    Raises:
        ValueError: if an element or an attribute could run or load something.
    """
    if not NAME.fullmatch(tag) or tag in FORBIDDEN:
        raise ValueError(f"element {tag!r:.40} cannot be built; use plain HTML or SVG")
    opening = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}"
    if tag in CHILDLESS and not children:
        return Html(f"{opening}/>")
    return Html(f"{opening}>" if tag in VOID else f"{opening}>{joined(children)}</{tag}>")


def joined(children: Iterable[Any]) -> Html:
    """Concatenates parts, as ``element`` does with its children."""
    return Html("".join(map(_child, children)))


def _child(child: Any) -> str:
    if isinstance(child, Html):
        return child
    if child is None or child is False:
        return ""
    if isinstance(child, str):
        return html.escape(child)
    return joined(child) if isinstance(child, Iterable) else html.escape(str(child))


def _attribute(name: str, value: Any) -> str:
    if value is None or value is False:
        return ""
    name = name.rstrip("_").replace("_", "-")
    local = name == "href" and str(value).startswith("#")
    if not NAME.fullmatch(name) or name.lower().startswith("on") or (name in ("href", "src", "style") and not local):
        raise ValueError(f"attribute {name!r:.40} cannot be used; an element may not run or load anything")
    if value is True:
        return f" {name}"
    text = f"{value:.2f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
    return f' {name}="{html.escape(text)}"'


def json_script(id: str, value: Any) -> Html:
    """Returns data in a script tag that is not executed; the data cannot end the tag.

    Args:
        id: of the tag.
        value: of JSON's types, finite.
    """
    text = json.dumps(value, allow_nan=False, separators=(",", ":"), ensure_ascii=True)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Html(f'<script type="application/json" id="{html.escape(id)}">{text}</script>')
