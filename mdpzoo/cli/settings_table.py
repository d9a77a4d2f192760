"""The settings of an environment or an agent: name, type, default, range and description."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Annotated, Any, get_args, get_origin

from mdpzoo.codes import load
from mdpzoo.settings import range_from, range_of, range_text

OWN = ("self", "env", "_init_setup_model")  # passed by the zoo itself


def settings_rows(
    code: str,
    preset: Mapping[str, Any],
    ranges: Mapping[str, Mapping[str, Any]] | None = None,
    find: Callable[..., Any] | None = None,
) -> list[dict[str, Any]]:
    """Returns a row for each setting: ``name``, ``type``, ``default`` (None if it is needed), ``range`` and ``about``.

    A range is ``{"low", "high", "low_excluded", "high_excluded"}``, ``{"choices"}``, or None where the type says all.

    Args:
        code: ``"module:attribute"`` that is called with the settings. A function with ``**settings`` names what takes
            them, a class or a record of records, in the same form as its attribute ``settings_of``; where it takes only
            some, ``settings_taken`` is the code of a function from the preset, as keywords, to their names.
        preset: settings that the spec fixes in place of the defaults.
        ranges: those that the spec says, for settings whose annotations do not.
        find: ``find(code, whole=False)`` returns what a code names, with ``whole`` so that it can be called; None: by
            an import.
    """
    find = find or _imported
    try:
        function = find(code)
    except ImportError:  # it needs an extra that is not installed
        return []
    rows = [row for row in _parameters(function) if row["name"] not in OWN]
    if other := getattr(function, "settings_of", None):
        taken = {row["name"] for row in rows}
        chosen = getattr(function, "settings_taken", None)
        only = None if chosen is None else find(chosen, whole=True)(**preset)
        added = [row for row in _parameters(find(other)) if row["name"] not in {*taken, *OWN}]
        rows += [row for row in added if only is None or row["name"] in only]
    allowed = {name: range_from(each).data() for name, each in (ranges or {}).items()}
    return [
        row | {"default": preset.get(row["name"], row["default"]), "range": row["range"] or allowed.get(row["name"])}
        for row in rows
    ]


def _imported(code: str, whole: bool = True) -> Any:
    return load(code)


def for_people(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the same rows with each range as text."""
    return [row | {"range": range_text(row["range"])} for row in rows]


def _parameters(function: Any, within: str = "") -> list[dict[str, Any]]:
    """Returns the parameters of a function or class; those of nested records by dotted names."""
    about, rows = _about(function), []
    for name, each in inspect.signature(function).parameters.items():
        if each.kind in (each.VAR_POSITIONAL, each.VAR_KEYWORD):
            continue
        default = None if each.default is each.empty else each.default
        inner: Any = vars(function).get("__dataclass_fields__", {}).get(name) if isinstance(function, type) else None
        if inner is not None and is_dataclass(inner.default_factory):
            if inner.type is not inner.default_factory:  # one of several records
                whole = {"name": f"{within}{name}", "type": _type(each.annotation), "range": None}
                rows.append(whole | {"default": _type(inner.default_factory), "about": about.get(name, "")})
            rows += _parameters(inner.default_factory, f"{within}{name}.")
            continue
        allowed = range_of(each.annotation)
        row = {"name": f"{within}{name}", "type": _type(each.annotation), "default": default}
        row["range"] = None if allowed is None else allowed.data()
        rows.append(row | {"about": about.get(name, "")})
    return rows


def _type(annotation: Any) -> str:
    """Returns an annotation as readable text."""
    if annotation is inspect.Parameter.empty:
        return ""
    if get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    text = annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)
    return re.sub(r"\b(?:[a-z_]\w*\.)+(?=[A-Z])", "", text.strip("'\""))


def _about(function: Any) -> dict[str, str]:
    """Returns the docstring's description of each parameter, from an ``Args:`` section or ``:param name:`` lines."""
    called = "__init__" if isinstance(function, type) else "__call__"
    texts = [inspect.getdoc(each) or "" for each in (function, getattr(function, called, None)) if each]
    found: dict[str, str] = {}
    for text in texts:
        for name, said in re.findall(r":param (\w+):\s*((?:.|\n(?!\s*:))*)", text):
            found.setdefault(name, " ".join(said.split()))
        arguments = re.search(r"^(?:Args|Attributes):\n((?:[ ]{4}.*\n?|\n)*)", text + "\n", re.MULTILINE)
        for name, said in re.findall(
            r"^ {4}(\w+): ((?:.|\n(?! {4}\S))*)", arguments[1] if arguments else "", re.MULTILINE
        ):
            found.setdefault(name, " ".join(said.split()))
    return found
