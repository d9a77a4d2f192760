"""Checks that settings exist, have the types of their annotations and lie in their ranges; errors name them.

Types are checked only for values that JSON can hold, and only if the annotation is plain: anything else is left to
the function. Ranges are data in the annotation, ``Annotated[float, Range(0, 1)]``: ``mdpzoo show`` prints
them, and ``@ranged`` checks them in every call.
"""

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from numbers import Integral, Real
from typing import Any, TypeVar, cast

from mdpzoo.errors import SettingError, did_you_mean

NUMBERS: dict[Any, type] = {int: Integral, float: Real, complex: Real}
Function = TypeVar("Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Range:
    """Finite numbers from ``low`` to ``high``.

    Attributes:
        low: the smallest; None: no limit.
        high: the largest; None: no limit.
        above: whether ``low`` itself is excluded.
        below: whether ``high`` itself is excluded.
        unit: written after the limits.
    """

    low: float | None = None
    high: float | None = None
    above: bool = False
    below: bool = False
    unit: str = ""

    def __contains__(self, value: Any) -> bool:
        """Whether a number lies in the range."""
        low = float("-inf") if self.low is None else self.low
        high = float("inf") if self.high is None else self.high
        after = value > low if self.above or self.low is None else value >= low
        return bool(after and (value < high if self.below or self.high is None else value <= high))

    def __str__(self) -> str:
        """Returns the range as text: ``at least 1``, ``in 2..8``, ``in (0, 1]``."""
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None and self.high is None:
            return "any"
        if self.high is None:
            words = f"{'above' if self.above else 'at least'} {self.low}{unit}"
            return "positive" if self.above and self.low == 0 else words
        if self.low is None:
            return f"{'below' if self.below else 'at most'} {self.high}{unit}"
        if isinstance(self.low, int) and isinstance(self.high, int) and self.high > 1 and not unit:
            return f"in {self.low}..{self.high}"
        return f"in {'(' if self.above else '['}{self.low:g}, {self.high:g}{')' if self.below else ']'}{unit}"

    def data(self) -> dict[str, Any]:
        """Returns the range as JSON values."""
        ends = {"low": self.low, "high": self.high, "low_excluded": self.above, "high_excluded": self.below}
        return ends | ({"unit": self.unit} if self.unit else {})

    def check(self, name: str, value: Any) -> None:
        """Raises SettingError if a value is a number outside the range."""
        if not isinstance(value, Real) or isinstance(value, bool) or value in self:
            return
        said = str(self)
        infinite = said == "any" or (self.high is None and value == float("inf"))
        words = "be a finite number" if infinite else f"lie {said}" if said.startswith("in ") else f"be {said}"
        raise SettingError(f"{name} must {words}, got {value}")


@dataclass(frozen=True)
class Choices:
    """One of a few texts.

    Attributes:
        known: the allowed texts.
    """

    known: tuple[str, ...]

    def __str__(self) -> str:
        """Returns the choices as text."""
        return ", ".join(self.known)

    def data(self) -> dict[str, Any]:
        """Returns the choices as JSON values."""
        return {"choices": list(self.known)}

    def check(self, name: str, value: Any) -> None:
        """Raises SettingError if a value is a text that is not known; names the nearest."""
        if isinstance(value, str) and value not in self.known:
            hint = did_you_mean(value, self.known) or f" Known: {self}."
            raise SettingError(f"unknown {name} {value!r}.{hint}")


def range_of(annotation: Any) -> Range | Choices | None:
    """Returns the range in an annotation; None if it has none beyond the type."""
    if typing.get_origin(annotation) is typing.Annotated:
        return next((each for each in annotation.__metadata__ if isinstance(each, Range | Choices)), None)
    if typing.get_origin(annotation) is typing.Literal:
        return Choices(tuple(map(str, typing.get_args(annotation))))
    return Choices(("true", "false")) if annotation is bool else None


def range_from(data: Mapping[str, Any]) -> Range | Choices:
    """Reads a range from a spec's JSON values: the attributes of ``Range``, or ``{"choices": [...]}``.

    Raises:
        TypeError: if it is neither.
    """
    if "choices" in data:
        (known,) = data.values()
        if all(isinstance(each, str) for each in known):
            return Choices(tuple(known))
        raise TypeError("choices must be texts")
    if all(each is None or isinstance(each, int | float) for each in (data.get("low"), data.get("high"))):
        return Range(**data)
    raise TypeError("the ends of a range must be numbers")


def check_ranges(ranges: Mapping[str, Mapping[str, Any]], settings: Mapping[str, Any], within: str = "") -> None:
    """Checks settings against ranges as a spec writes them; ``"network.width"`` is a field of the mapping ``network``.

    Raises:
        SettingError: if a setting is out of its range; names it, the range and the value.
    """
    for name, value in settings.items():
        if isinstance(value, Mapping):
            check_ranges(ranges, value, f"{within}{name}.")
        elif f"{within}{name}" in ranges:
            range_from(ranges[f"{within}{name}"]).check(name, value)


def check_fields(record: Any) -> None:
    """Checks the ranges in the annotations of a dataclass's fields; for ``__post_init__``.

    Raises:
        SettingError: if a field is out of its range; names it, the range and the value.
    """
    for each in fields(record):
        allowed = range_of(each.type)
        if allowed is not None and each.type is not bool:
            allowed.check(each.name, getattr(record, each.name))


def check_record(record: Any) -> None:
    """Checks the types and the ranges of a dataclass's fields; for ``__post_init__``.

    Raises:
        SettingError: if a field has another type than its annotation or is out of its range; names it and the value.
    """
    check_types(type(record), {each.name: getattr(record, each.name) for each in fields(record)}, type(record).__name__)
    check_fields(record)


def range_text(data: Mapping[str, Any] | None) -> str:
    """Returns the result of a range's ``data()`` as text; empty for None."""
    if data is None:
        return ""
    if "choices" in data:
        return str(Choices(tuple(data["choices"])))
    return str(Range(data["low"], data["high"], data["low_excluded"], data["high_excluded"], data.get("unit", "")))


def ranged(function: Function) -> Function:
    """Checks the ranges in a function's annotations whenever it is called.

    Raises:
        SettingError: from the function, if a setting is out of its range; names it, the range and the value.

    Example:
        >>> from typing import Annotated
        >>> @ranged
        ... def slide(slip: Annotated[float, Range(0, 1)] = 0.1) -> float:
        ...     return slip
        >>> slide(slip=2)
        Traceback (most recent call last):
        mdpzoo.errors.SettingError: slip must lie in [0, 1], got 2
    """
    signature = inspect.signature(function)
    found = {name: range_of(each.annotation) for name, each in signature.parameters.items()}
    ranges = {name: each for name, each in found.items() if each is not None}

    @functools.wraps(function)
    def checked(*args: Any, **kwargs: Any) -> Any:
        given = signature.bind_partial(*args, **kwargs).arguments
        for name, allowed in ranges.items():
            if name in given:
                allowed.check(name, given[name])
        return function(*args, **kwargs)

    return cast("Function", checked)


def check_names(settings: Iterable[str], known: Iterable[str], what: str = "") -> None:
    """Raises ``SettingError`` if a setting is unknown.

    Args:
        settings: the names that were given.
        known: the known names.
        what: the owner of the settings, for the error; empty: unspecified.

    Raises:
        SettingError: if a setting is unknown; names it and the nearest known one.
    """
    names = list(known)
    for name in set(settings) - set(names):
        hint = did_you_mean(name, names) or f" Known: {', '.join(names)}"
        raise SettingError(f"unknown setting {name!r}{what and f' of {what}'}.{hint}")


def is_range(space: Any) -> bool:
    """Whether this is a search space of a setting: choices, or numbers from a low to a high one."""
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
        what: the owner of the settings, for the error.

    Raises:
        SettingError: a value has another type than its parameter; says which.
    """
    if isinstance(function, type):
        function = vars(function).get("__init__", object.__init__)
    function = inspect.unwrap(function)
    annotations = getattr(function, "__annotations__", {})
    for name in settings.keys() & annotations.keys():
        hint = _read(annotations[name], getattr(function, "__globals__", {}))
        if not _fits(settings[name], hint):
            raise SettingError(f"setting {name!r} of {what} must be {_words(hint)}, got {settings[name]!r:.80}")


def _read(annotation: Any, names: dict[str, Any]) -> Any:
    """Returns the type that an annotation denotes; Any if it cannot be resolved."""
    try:
        return typing.get_type_hints(types.SimpleNamespace(__annotations__={"it": annotation}), names)["it"]
    except Exception:  # a name that only a type checker imports
        return Any


def _fits(value: Any, hint: Any) -> bool:
    """Whether a value fits an annotation; True if that cannot be determined."""
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
    if origin is typing.Annotated:
        return _words(arguments[0])
    if origin is typing.Literal:
        return " or ".join(repr(each) for each in arguments)
    if origin is tuple:
        return f"a list of {len(arguments)}" if ... not in arguments else "a list"
    return plain.get(hint) or str(getattr(hint, "__name__", hint)).replace("typing.", "")
