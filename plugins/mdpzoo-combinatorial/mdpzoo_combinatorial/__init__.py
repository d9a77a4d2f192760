"""Combinatorial optimisation problems as Markov decision processes, and the agents that solve them."""

from typing import TYPE_CHECKING, Any

import mdpzoo  # noqa: F401  # first: it loads this plugin, whose tables must not be half imported then

if TYPE_CHECKING:
    from mdpzoo_combinatorial.files import read_instance, read_solution, write_solution
    from mdpzoo_combinatorial.instances import (
        ATSPInstance,
        CVRPInstance,
        KnapsackInstance,
        OPInstance,
        TSPInstance,
        generate,
    )

__all__ = [
    "ATSPInstance",
    "CVRPInstance",
    "KnapsackInstance",
    "OPInstance",
    "TSPInstance",
    "generate",
    "read_instance",
    "read_solution",
    "write_solution",
]
_FILES = ("read_instance", "read_solution", "write_solution")
_HOMES = dict.fromkeys(__all__, "instances") | dict.fromkeys(_FILES, "files")


def __getattr__(name: str) -> Any:
    """Imports what is asked for when it is first asked for: finding this plugin imports none of it."""
    if name in _HOMES:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
