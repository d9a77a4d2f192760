"""Settings as they are typed: ``key=value``."""

import json
from typing import Any

from mdpzoo.errors import SettingError


def read_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Reads ``key=value`` pairs; a value is JSON where it can be, a string otherwise.

    Raises:
        SettingError: a pair has no equals sign, or a name comes twice.
    """
    settings: dict[str, Any] = {}
    for pair in pairs or []:
        name, equals, value = pair.partition("=")
        if not equals or not name.isidentifier():
            raise SettingError(f"a setting must look like key=value, got {pair!r}")
        if name in settings:
            raise SettingError(f"setting {name!r} is given twice")
        try:
            settings[name] = json.loads(value, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            settings[name] = value
    return settings


def _no_constant(name: str) -> None:
    """JSON has neither NaN nor Infinity, though Python's reader takes them."""
    raise ValueError(name)
