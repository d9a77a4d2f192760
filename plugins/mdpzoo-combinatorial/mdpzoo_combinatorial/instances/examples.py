"""Instances that any machine has, by the names that commands and environments take: ``example:capitals``."""

from collections.abc import Callable
from typing import Any

from mdpzoo.errors import unknown
from mdpzoo_combinatorial.instances.cities import us_capitals
from mdpzoo_combinatorial.instances.generators import generate

PREFIX = "example:"
EXAMPLES: dict[str, Callable[[], Any]] = {
    "capitals": us_capitals,
    "one-way-streets": lambda: generate("ATSP", 1, 30, seed=1)[0],
    "deliveries": lambda: generate("CVRP", 1, 40, seed=1)[0],
    "sights": lambda: generate("OP", 1, 40, seed=1)[0],
    "luggage": lambda: generate("Knapsack", 1, 50, seed=1)[0],
}


def example(name: str) -> Any:
    """Returns one of ``EXAMPLES``, the same on every machine.

    Args:
        name: with or without ``example:`` before it.
    Raises:
        UnknownNameError: if there is no such example.
    """
    name = name.removeprefix(PREFIX)
    if name not in EXAMPLES:
        raise unknown("example", name, EXAMPLES, "mdpzoo solve --help")
    return EXAMPLES[name]()
