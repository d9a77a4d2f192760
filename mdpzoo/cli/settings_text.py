"""Settings as they are typed: ``key=value``."""

import json
from typing import Any

from mdpzoo.errors import SettingError


def read_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Reads ``key=value`` pairs; a value is JSON where it can be, a string otherwise.

    A dotted name is a field of a nested setting: ``imitation.tokens=256`` gives ``{"imitation": {"tokens": 256}}``.

    Raises:
        SettingError: if a pair has no equals sign, a name comes twice, or a setting has both a value and fields.
    """
    settings: dict[str, Any] = {}
    fields: set[int] = set()  # dictionaries that dotted names have made, by identity
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        *outer, last = name.split(".")
        if not equals or not all(part.isidentifier() for part in (*outer, last)):
            raise SettingError(f"a setting must look like key=value, got {pair!r}")
        place = settings
        for part in outer:
            if part not in place:
                place[part] = {}
                fields.add(id(place[part]))
            if id(place[part]) not in fields:
                raise SettingError(f"setting {part!r} has a value already, so {name!r} cannot be set; give one of them")
            place = place[part]
        if last in place:
            raise SettingError(f"setting {name!r} is given twice")
        try:
            place[last] = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            place[last] = value
    return settings


def _no_constant(name: str) -> None:
    """JSON has neither NaN nor Infinity, though Python's reader takes them."""
    raise ValueError(name)
