"""Whether a setting exists and has the type that its function asks for, so that a wrong one is named before it is used.

Of types, only values that JSON can hold are looked at, and only where the annotation is plain: anything else is the
function's own business.
"""

import types
import typing
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral, Real
from typing import Any

from mdpzoo.errors import SettingError, did_you_mean

NUMBERS: dict[Any, type] = {int: Integral, float: Real, complex: Real}


def check_names(settings: Iterable[str], known: Iterable[str], what: str = "") -> None:
    """Raises ``SettingError`` if a setting is unknown.

    Args:
        settings: the names that were given.
        known: the names there are.
        what: whose settings these are, for the error; empty: nobody's in particular.

    Raises:
        SettingError: if a setting is unknown; names it and the nearest known one.
    """
    names = list(known)
    for name in set(settings) - set(names):
        hint = did_you_mean(name, names) or f" Known: {', '.join(names)}"
        raise SettingError(f"unknown setting {name!r}{what and f' of {what}'}.{hint}")


def is_range(space: Any) -> bool:
    """Whether this says where a setting is searched for: choices, or numbers from a low to a high one."""
    if not isinstance(space, Mapping):
        return False
    if "choices" in space:
        return space.keys() == {"choices"} and isinstance(space["choices"], list | tuple) and len(space["choices"]) > 0
    low, high, log = space.get("low", ""), space.get("high", ""), space.get("log", False)
    if not all(isinstance(each, Real) and not isinstance(each, bool) for each in (low, high)):
        return False
    return space.keys() <= {"low", "high", "log"} and low < high and isinstance(log, bool) and (not log or low > 0)


def check_types(function: Callable[..., Any], settings: Mapping[str, Any], what: str) -> None:
    """Checks the types of a function's keyword arguments against its annotations.

    Args:
        function: a function or a class.
        settings: its arguments.
        what: whose settings these are, for the error.

    Raises:
        SettingError: a value has another type than its parameter; says which.
    """
    if isinstance(function, type):
        function = vars(function).get("__init__", object.__init__)
    annotations = getattr(function, "__annotations__", {})
    for name in settings.keys() & annotations.keys():
        hint = _read(annotations[name], getattr(function, "__globals__", {}))
        if not _fits(settings[name], hint):
            raise SettingError(f"setting {name!r} of {what} must be {_words(hint)}, got {settings[name]!r:.80}")


def _read(annotation: Any, names: dict[str, Any]) -> Any:
    """What an annotation stands for; Any where it cannot be read."""
    try:
        return typing.get_type_hints(types.SimpleNamespace(__annotations__={"it": annotation}), names)["it"]
    except Exception:  # a name that only a type checker imports
        return Any


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value may stand for an annotation; True where that cannot be known."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any or not (value is None or isinstance(value, str | bool | int | float | list | dict)):
        return True
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is typing.Literal:
        return value in arguments
    if origin is typing.Annotated:
        return _fits(value, arguments[0])
    if hint is None or hint is type(None):
        return value is None
    if hint in NUMBERS:
        return isinstance(value, NUMBERS[hint]) and not isinstance(value, bool)
    kind = origin or hint
    if kind is tuple and isinstance(value, list):  # JSON has no tuples
        return ... in arguments or not arguments or len(value) == len(arguments) and all(map(_fits, value, arguments))
    if isinstance(value, list) and isinstance(kind, type) and issubclass(kind, Iterable) and len(arguments) == 1:
        return kind is not dict and all(_fits(each, arguments[0]) for each in value)
    if isinstance(value, str) and hasattr(kind, "__fspath__"):
        return True
    try:
        return isinstance(value, kind)
    except TypeError:  # a protocol, a type variable
        return True


def _words(hint: Any) -> str:
    plain = {int: "an integer", float: "a number", bool: "true or false", str: "a string", type(None): "null"}
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return " or ".join(dict.fromkeys(_words(each) for each in arguments))
    if origin is typing.Literal:
        return " or ".join(repr(each) for each in arguments)
    if origin is tuple:
        return f"a list of {len(arguments)}" if ... not in arguments else "a list"
    return plain.get(hint) or str(getattr(hint, "__name__", hint)).replace("typing.", "")
