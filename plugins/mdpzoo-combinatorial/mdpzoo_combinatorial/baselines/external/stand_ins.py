"""Fallbacks for a solver without a solution in time: local search, or a heuristic if that needs too much memory."""

from typing import Any

from mdpzoo.errors import SettingError
from mdpzoo_combinatorial.baselines import constructive, dominance
from mdpzoo_combinatorial.baselines.descent import two_opt
from mdpzoo_combinatorial.baselines.registry import STANDS_IN, SolverResult
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

SECONDS = 2.0  # of the fallback


def stand_in(instance: Any) -> SolverResult:
    """Returns the solution of a fallback, which ``decoding`` names."""
    if PROBLEMS[instance.problem].descent is None:
        try:
            found = dominance.dynamic_programming(instance, 0, Budget(SECONDS))
            return found._replace(decoding=f"dynamic-programming {STANDS_IN}")
        except SettingError:
            return constructive.greedy_ratio(instance, 0, Budget())._replace(decoding=f"greedy-ratio {STANDS_IN}")
    try:
        return two_opt(instance, 0, Budget(SECONDS))._replace(decoding=f"two-opt {STANDS_IN}")
    except SettingError:
        found = constructive.nearest_neighbour(instance, 0, Budget())
        return found._replace(decoding=f"nearest-neighbour {STANDS_IN}")
