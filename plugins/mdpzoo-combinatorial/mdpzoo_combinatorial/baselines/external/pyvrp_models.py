"""PyVRP for the routing problems: capacitated routes, one tour, or a tour of limited length that collects prizes.

Source: Wouda, Lan and Kool 2024, "PyVRP: a high-performance VRP solver package", INFORMS Journal on Computing 36. An
orienteering instance is one vehicle with ``max_distance`` and optional clients. A unit of prize is larger than the
longest legal tour, so that prizes come first and the length breaks ties. The penalty for a unit of excess load may
reach the length of the longest edge; with PyVRP's own maximum of 100 000, no route with scaled distances would be
feasible.
"""

import itertools
import warnings
from typing import Any

import numpy as np

from mdpzoo_combinatorial.baselines.clarke_wright import savings_routes
from mdpzoo_combinatorial.baselines.descent import distance_matrix_of, two_opt
from mdpzoo_combinatorial.baselines.external.stand_ins import stand_in
from mdpzoo_combinatorial.baselines.registry import SolverResult
from mdpzoo_combinatorial.baselines.scaling import integer_limit, scale_factor, to_integers, to_integers_up, with_limit
from mdpzoo_combinatorial.instances import CVRPInstance, OPInstance
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

LARGEST_COST = 1_000_000.0
LARGEST_PRIZE = 1_000.0  # with larger prizes, PyVRP's penalties do not make tours feasible
FIRST_PATIENCE, PATIENCE = 200, 40  # iterations without improvement until a restart, per node
REPORTS = 100  # iterations between two reports
FEASIBLE = 2**60  # infeasible solutions have larger costs


def pyvrp(instance: Any, seed: int, budget: Budget) -> SolverResult:
    """Searches until the time limit, by default 10 seconds.

    The initial solution is random, PyVRP's default; for prizes it is the tour of ``two-opt``. The search restarts with
    the next seed after many iterations without improvement; the best solution of all is returned.
    """
    budget = with_limit(budget)
    if instance.num_nodes <= 2:
        return stand_in(instance)
    from pyvrp import PenaltyParams, SolveParams, solve

    costs = distance_matrix_of(instance, "pyvrp")
    by = scale_factor(costs, instance.integral, LARGEST_COST)
    record = PROBLEMS[instance.problem]
    data = _data(instance, to_integers_up(costs, by) if record.length_limited else to_integers(costs, by), by)
    dearest = PenaltyParams().max_penalty if instance.maximise else by * float(costs.max())
    settings = SolveParams(penalty=PenaltyParams(max_penalty=max(PenaltyParams().max_penalty, dearest)))
    stop = _Stop(budget, 0.0 if instance.maximise else by, FIRST_PATIENCE * instance.num_nodes)
    best = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about large numbers, and searches without a feasible solution
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
        return stand_in(instance)
    routes = [[each.idx + 1 for each in route if each.is_client()] for route in best.best.routes()]
    return SolverResult(routes if record.routes else [0, *(routes[0] if routes else [])])


class _Stop:
    """A stopping criterion for PyVRP: the time limit, or ``patience`` iterations without improvement."""

    def __init__(self, budget: Budget, by: float, patience: int) -> None:
        self.budget, self.by = budget, by
        self.rounds, self.least = 0, float("inf")
        self.begin(patience)

    def begin(self, patience: int) -> None:
        """Starts a new search."""
        self.patience, self.cost, self.idle = patience, float("inf"), 0

    def __call__(self, best_cost: int) -> bool:
        self.rounds += 1
        self.idle = self.idle + 1 if best_cost == self.cost else 0
        self.cost = best_cost
        if self.by and 0 <= best_cost < FEASIBLE:  # with prizes, the cost is not the objective
            self.least = min(self.least, best_cost)
            if self.rounds % REPORTS == 0:
                self.budget.tell(self.rounds, self.least / self.by)
        return self.budget.spent or self.idle >= self.patience


def _first(instance: OPInstance, data: Any, budget: Budget) -> Any:
    """Returns the tour of ``two-opt`` as a PyVRP solution."""
    from pyvrp import Solution

    tour = two_opt(instance, 0, budget).solution
    return Solution(data, [[node - 1 for node in tour[1:]]] if len(tour) > 1 else [])


def _data(instance: Any, costs: Any, by: float) -> Any:
    """Returns the instance as PyVRP's problem data; location k is node k, client k is node k + 1."""
    from pyvrp import Client, Depot, Location, ProblemData, VehicleType

    # PyVRP uses coordinates only to order routes; a layout of costs alone may take seconds.
    layout = instance.layout() if isinstance(instance, CVRPInstance) else np.zeros((instance.num_nodes, 2))
    locations = [Location(float(x), float(y)) for x, y in layout]
    customers = range(1, instance.num_nodes)
    if isinstance(instance, CVRPInstance):
        clients = [Client(k, delivery=[int(instance.demands[k])]) for k in customers]
        least = -(-int(instance.demands.sum()) // max(1, instance.capacity))
        count = max(len(savings_routes(instance)), int(np.ceil(1.3 * least)) + 3)  # more than the best solutions use
        vehicles = VehicleType(num_available=count, capacity=[instance.capacity])
    elif isinstance(instance, OPInstance):
        limit = integer_limit(instance.limit + instance.tolerance, by, costs)
        prizes = to_integers(instance.prizes, _prize_factor(instance)) * (limit + 1)
        clients = [Client(k, prize=int(prizes[k]), required=False) for k in customers]
        vehicles = VehicleType(max_distance=limit)
    else:
        clients = [Client(k) for k in customers]
        vehicles = VehicleType()
    durations = np.zeros_like(costs)
    return ProblemData(locations, clients, [Depot(0)], [vehicles], [costs], [durations])


def _prize_factor(instance: OPInstance) -> float:
    return scale_factor(instance.prizes, bool((instance.prizes == np.floor(instance.prizes)).all()), LARGEST_PRIZE)
