"""Routing problems as PyVRP's: capacitated routes, one tour, or a tour of limited length that collects prizes.

Sources: Wouda, Lan and Kool 2024, "PyVRP: a high-performance VRP solver package", INFORMS Journal on Computing 36. The
orienteering problem is one vehicle with ``max_distance`` and optional clients; a unit of prize weighs more than the
longest legal tour, so that prizes come first and length decides between equal ones. A unit of excess load may cost as
much as the longest edge; with PyVRP's own limit of 100 000, scaled distances would leave no route feasible.
"""

import itertools
import warnings
from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.clarke_wright import joined
from mdpzoo_combinatorial.baselines.descent import stored, two_opt
from mdpzoo_combinatorial.baselines.external.stand_ins import standing_in
from mdpzoo_combinatorial.baselines.registry import Found
from mdpzoo_combinatorial.baselines.scaling import factor, limited, whole, whole_limit, whole_up
from mdpzoo_combinatorial.instances import CVRPInstance, OPInstance
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

LARGEST_COST = 1_000_000.0
LARGEST_PRIZE = 1_000.0  # with larger ones, no penalty of PyVRP keeps a tour short enough
FIRST_PATIENCE, PATIENCE = 200, 40  # iterations without improvement, times nodes, until a search begins anew
REPORTS = 100  # iterations between two reports
FEASIBLE = 2**60  # costs of what is not are larger


def pyvrp(instance: Any, seed: int, budget: Budget) -> Found:
    """Searches until the time is up, 10 seconds where there is no limit.

    Routes and tours begin at random, as is PyVRP's way; for prizes it begins with the tour of ``two-opt``. A search
    that has long brought nothing begins anew with the next seed; the best of all is kept.
    """
    budget = limited(budget)
    if instance.num_nodes <= 2:
        return standing_in(instance)
    from pyvrp import PenaltyParams, SolveParams, solve

    costs = stored(instance, "pyvrp")
    by = factor(costs, instance.integral, LARGEST_COST)
    record = PROBLEMS[instance.problem]
    data = _data(instance, whole_up(costs, by) if record.length_limited else whole(costs, by), by)
    dearest = PenaltyParams().max_penalty if instance.maximise else by * float(costs.max())
    settings = SolveParams(penalty=PenaltyParams(max_penalty=max(PenaltyParams().max_penalty, dearest)))
    stop = _Stop(budget, 0.0 if instance.maximise else by, FIRST_PATIENCE * instance.num_nodes)
    best = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that it finds large, and of a search that found nothing
        start = _first(instance, data, budget) if instance.maximise else None
        budget.begin()
        for trial in itertools.count(seed):
            found = solve(data, stop, trial % 2**32, collect_stats=False, params=settings, initial_solution=start)
            if found.is_feasible() and (best is None or found.cost() < best.cost()):
                best = found
            if budget.spent:
                break
            stop.begin(PATIENCE * instance.num_nodes)
    if best is None:
        return standing_in(instance)
    routes = [[each.idx + 1 for each in route if each.is_client()] for route in best.best.routes()]
    return Found(routes if record.routes else [0, *(routes[0] if routes else [])])


class _Stop:
    """PyVRP's criterion: the time is up, or so many iterations have brought nothing."""

    def __init__(self, budget: Budget, by: float, patience: int) -> None:
        self.budget, self.by = budget, by
        self.rounds, self.least = 0, float("inf")
        self.begin(patience)

    def begin(self, patience: int) -> None:
        """Forgets the last search."""
        self.patience, self.cost, self.idle = patience, float("inf"), 0

    def __call__(self, best_cost: int) -> bool:
        self.rounds += 1
        self.idle = self.idle + 1 if best_cost == self.cost else 0
        self.cost = best_cost
        if self.by and 0 <= best_cost < FEASIBLE:  # with prizes, a cost says nothing to people
            self.least = min(self.least, best_cost)
            if self.rounds % REPORTS == 0:
                self.budget.tell(self.rounds, self.least / self.by)
        return self.budget.spent or self.idle >= self.patience


def _first(instance: OPInstance, data: Any, budget: Budget) -> Any:
    """The tour of local search in PyVRP's terms."""
    from pyvrp import Solution

    tour = two_opt(instance, 0, budget).solution
    return Solution(data, [[node - 1 for node in tour[1:]]] if len(tour) > 1 else [])


def _data(instance: Any, costs: Any, by: float) -> Any:
    """The instance in PyVRP's terms; location k is node k, client k is node k + 1."""
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType

    # PyVRP looks at places only to order routes; a layout of costs alone may take seconds.
    where = instance.layout() if isinstance(instance, CVRPInstance) else np.zeros((instance.num_nodes, 2))
    locations = [Location(float(x), float(y)) for x, y in where]
    names = range(1, instance.num_nodes)
    if isinstance(instance, CVRPInstance):
        clients = [Client(k, delivery=[int(instance.demands[k])]) for k in names]
        least = -(-int(instance.demands.sum()) // max(1, instance.capacity))
        count = max(len(joined(instance)), int(np.ceil(1.3 * least)) + 3)  # more than the best solutions use
        vehicles = VehicleType(num_available=count, capacity=[instance.capacity])
    elif isinstance(instance, OPInstance):
        limit = whole_limit(instance.limit + instance.tolerance, by, costs)
        prizes = whole(instance.prizes, _prize_factor(instance)) * (limit + 1)
        clients = [Client(k, prize=int(prizes[k]), required=False) for k in names]
        vehicles = VehicleType(max_distance=limit)
    else:
        clients = [Client(k) for k in names]
        vehicles = VehicleType()
    still = np.zeros_like(costs)
    return ProblemData(locations, clients, [Depot(0)], [vehicles], [costs], [still])


def _prize_factor(instance: OPInstance) -> float:
    return factor(instance.prizes, bool((instance.prizes == np.floor(instance.prizes)).all()), LARGEST_PRIZE)
