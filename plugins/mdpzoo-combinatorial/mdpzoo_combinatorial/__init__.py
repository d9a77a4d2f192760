"""Combinatorial optimisation problems as Markov decision processes, and the agents that solve them."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdpzoo_combinatorial.instances import TSPInstance, generate
    from mdpzoo_combinatorial.tsplib import read_instance

__all__ = ["TSPInstance", "generate", "read_instance"]
_HOMES = {"TSPInstance": "instances", "generate": "instances", "read_instance": "tsplib"}


def __getattr__(name: str) -> Any:
    """Imports what is asked for when it is first asked for: finding this plugin imports none of it."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
