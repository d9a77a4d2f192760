"""Tours by LKH, the Lin-Kernighan heuristic of Helsgaun, through elkai: the best of ten runs, or as many as fit.

Source: Helsgaun 2000, "An effective implementation of the Lin-Kernighan traveling salesman heuristic", European Journal
of Operational Research 126. LKH and elkai may be used for non-commercial purposes only. What differs from LKH's own ten
runs: each is a call of its own, so that every tour is at hand when the time is up. elkai has no routes of limited
capacity: use ``pyvrp`` for the CVRP.
"""

from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.descent import stored
from mdpzoo_combinatorial.baselines.external.child_process import answers
from mdpzoo_combinatorial.baselines.external.stand_ins import standing_in
from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.baselines.scaling import factor, whole
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

RUNS = 10  # LKH's own default
LARGEST_COST = 5_000_000  # LKH multiplies costs by 100 and keeps 32 bits
MATRIX_LIMIT = 2_000  # nodes up to which coordinates become a matrix, too


def lkh(instance: Any, seed: int, budget: Budget) -> Found:
    """Returns the best tour of up to ten runs; a local search stands in where not one ended in time.

    Raises:
        SettingError: too many nodes whose distances LKH cannot compute from coordinates.
    """
    if PROBLEMS[instance.problem].meets_bound(instance, 0.0):
        return Found(list(range(instance.num_nodes)))
    if instance.num_nodes < 3:
        return Found(list(range(instance.num_nodes)))
    best, shortest = None, float("inf")
    for rounds, tour in enumerate(answers("lkh_child.py", _task(instance, seed), budget), 1):
        length = instance.objective(tour)
        if length < shortest:
            best, shortest = tour, length
        budget.tell(rounds, shortest)
    if best is None:
        return standing_in(instance)
    return Found(np.roll(best, -best.index(0)).tolist())


def _task(instance: Any, seed: int) -> dict[str, Any]:
    points = instance.coordinates
    if instance.num_nodes > MATRIX_LIMIT and instance.edge_weight_type in ("EUC_2D", "EUCLIDEAN"):
        by = factor(np.ptp(points, 0), instance.edge_weight_type == "EUC_2D", LARGEST_COST / 2)
        return {"matrix": None, "coordinates": (points * by).tolist(), "seed": seed, "runs": RUNS}
    costs = stored(instance, "lkh")
    matrix = whole(costs, factor(costs, instance.integral, LARGEST_COST)).tolist()
    return {"matrix": matrix, "coordinates": None, "seed": seed, "runs": RUNS}
