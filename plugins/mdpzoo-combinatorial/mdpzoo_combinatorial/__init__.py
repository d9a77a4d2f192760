"""Combinatorial optimisation problems as Markov decision processes, and the agents that solve them."""

from typing import TYPE_CHECKING

from mdpzoo.codes import lazily  # first: it loads this plugin, whose tables must not be half imported then

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
__getattr__, __dir__ = lazily(__name__, dict.fromkeys(__all__, "instances") | dict.fromkeys(_FILES, "files"))
