"""Ranges of settings, in one wording."""

from mdpzoo.errors import SettingError


def at_least(name: str, value: object, least: int) -> None:
    """Raises SettingError unless the value is an integer (no bool) of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise SettingError(f"{name} must be an integer of at least {least}, got {value!r}")
