"""Compiled local searches without a network: tours, asymmetric tours, routes of limited capacity, tours with prizes.

from mdpzoo_combinatorial.local_search import iterated_local_search
tour, length = iterated_local_search(coordinates, iterations=1000, seed=0)
"""

from typing import TYPE_CHECKING

from mdpzoo.codes import lazily

if TYPE_CHECKING:
    from mdpzoo_combinatorial.local_search.symmetric_search import (
        iterated_local_search,
        nearest_neighbour_tour,
        solve_batch,
    )

__all__ = ["iterated_local_search", "nearest_neighbour_tour", "solve_batch"]
__getattr__, __dir__ = lazily(__name__, dict.fromkeys(__all__, "symmetric_search"))  # ``budget`` comes without it
