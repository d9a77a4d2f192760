"""Compiled local searches without a network: tours, asymmetric tours, routes of limited capacity, tours with prizes.

from mdpzoo_combinatorial.local_search import iterated_local_search
tour, length = iterated_local_search(coordinates, iterations=1000, seed=0)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mdpzoo_combinatorial.local_search.symmetric_search import (
        iterated_local_search,
        nearest_neighbour_tour,
        solve_batch,
    )

__all__ = ["iterated_local_search", "nearest_neighbour_tour", "solve_batch"]


def __getattr__(name: str) -> Any:
    """Imports the search of symmetric tours when it is first asked for; ``budget`` is imported without it."""
    if name in __all__:
        from importlib import import_module

        return getattr(import_module(f"{__name__}.symmetric_search"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
