"""Deprecated name of ``mdpzoo_combinatorial.environments.cvrp``; use that one."""

import warnings
from typing import Any

MOVED = ("actions", "quotient", "visits")


def __getattr__(name: str) -> Any:
    """Imports what has moved, with a warning."""
    if name not in MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    warnings.warn(f"{__name__} is now mdpzoo_combinatorial.environments.cvrp", DeprecationWarning, stacklevel=2)
    return getattr(import_module("mdpzoo_combinatorial.environments.cvrp"), name)
