"""Deprecated module names that the documentation has shown; they still work, with a warning."""

import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any


def redirect(former: str, module: str, names: tuple[str, ...]) -> Callable[[str], Any]:
    """Returns the ``__getattr__`` of a deprecated module.

    Args:
        former: its former name.
        module: its new name.
        names: the attributes that can still be imported by the former name.
    """

    def find(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {former!r} has no attribute {name!r}")
        warnings.warn(f"{former} is now {module}", DeprecationWarning, stacklevel=2)
        return getattr(import_module(module), name)

    return find
