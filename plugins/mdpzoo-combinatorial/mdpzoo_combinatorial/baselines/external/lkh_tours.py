"""Tours by LKH, the Lin-Kernighan heuristic of Helsgaun, through elkai: the best of up to ten runs.

Source: Helsgaun 2000, "An effective implementation of the Lin-Kernighan traveling salesman heuristic", European Journal
of Operational Research 126. LKH and elkai may be used for non-commercial purposes only. What differs from LKH's own ten
runs: each is a separate call, so that its tour is available when the time limit is reached. elkai has no routes of
limited capacity: use ``pyvrp`` for the CVRP.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.descent import distance_matrix_of
from mdpzoo_combinatorial.baselines.external.child_process import answers
from mdpzoo_combinatorial.baselines.external.stand_ins import stand_in
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.baselines.scaling import scale_factor, to_integers
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

RUNS = 10  # LKH's own default
LARGEST_COST = 5_000_000  # LKH multiplies costs by 100 and keeps 32 bits
MATRIX_LIMIT = 2_000  # largest number of nodes for which coordinates are converted to a matrix


def lkh(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Returns the best tour of up to ten runs, or a tour by local search if no run ended in time.

    Raises:
        SettingError: if there are too many nodes and LKH cannot compute their distances from coordinates.
    """
    if PROBLEMS[instance.problem].meets_bound(instance, 0.0):
        return SolverResult(list(range(instance.num_nodes)))
    if instance.num_nodes < 3:
        return SolverResult(list(range(instance.num_nodes)))
    best, shortest = None, float("inf")
    for rounds, tour in enumerate(answers("lkh_child.py", _task(instance, seed), budget), 1):
        length = instance.objective(tour)
        if length < shortest:
            best, shortest = tour, length
        budget.tell(rounds, shortest)
    if best is None:
        return stand_in(instance)
    return SolverResult(np.roll(best, -best.index(0)).tolist())


def _task(instance: Any, seed: int) -> dict[str, Any]:
    points = instance.coordinates
    if instance.num_nodes > MATRIX_LIMIT and instance.edge_weight_type in ("EUC_2D", "EUCLIDEAN"):
        by = scale_factor(np.ptp(points, 0), instance.edge_weight_type == "EUC_2D", LARGEST_COST / 2)
        return {"matrix": None, "coordinates": (points * by).tolist(), "seed": seed, "runs": RUNS}
    costs = distance_matrix_of(instance, "lkh")
    matrix = to_integers(costs, scale_factor(costs, instance.integral, LARGEST_COST)).tolist()
    return {"matrix": matrix, "coordinates": None, "seed": seed, "runs": RUNS}
