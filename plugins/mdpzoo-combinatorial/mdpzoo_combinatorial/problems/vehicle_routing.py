"""Capacitated vehicle routing: the shortest routes from a depot that serve all customers' demands."""

from typing import Any

from mdpzoo_combinatorial.problems.record import Generation, Learning, Observation, ProblemRecord


def meets_bound(instance: Any, objective: float) -> bool:
    """Returns whether there is only one customer."""
    return bool(instance.num_customers == 1)


def actions(solution: Any) -> list[int]:
    """Returns actions ``2 * customer + via_depot``; the first vehicle starts at the depot."""
    return [
        2 * customer + int(route > 0 and position == 0)
        for route, customers in enumerate(solution)
        for position, customer in enumerate(customers)
    ]


def solution(chosen: list[int]) -> list[int]:
    """Returns the customers in order, with the depot between routes."""
    return [stop for action in chosen for stop in [0] * (action % 2) + [action // 2]]


def words(routes: Any, objective: str) -> str:
    """Returns the number of routes and their cost."""
    return f"{len(routes)} {'route' if len(routes) == 1 else 'routes'} that cost {objective}"


RECORD = ProblemRecord(
    name="CVRP",
    rules="mdpzoo_combinatorial.environments.cvrp:build_cvrp",
    summary="capacitated vehicle routing: the shortest routes that serve all customers' demands",
    instance="instances:CVRPInstance",
    depot=True,
    action_variants=2,
    routes=True,
    observation=Observation(
        mark="demand",
        amounts=("demand",),
        resource="capacity_left",
        entries=("coordinates", "demand"),
        read="baselines.observed_instances:read_demands",
        matches="baselines.observed_instances:same_demands",
    ),
    generation=Generation(
        draw="instances.generators:routes",
        options={"distribution": "uniform", "capacity": None},
        choices={"distribution": "instances.distributions:LAYOUTS"},
        least={"capacity": 9},
        mixture="mixtures.by_problem:ROUTES",
    ),
    learning=Learning(
        states="bq_nco.states.problems:CVRP",
        batch="bq_nco.states.batching:routes",
        sampler="bq_nco.training.sampling:ROUTES",
        expert="bq_nco.training.experts:routes",
        iterations=400,
        completer="bq_nco.training.completions:ROUTES",
        rule="bq_nco.search.nearness:nearest",
        sequence="bq_nco.search.sequences:routes",
        descent="bq_nco.search.descents:RouteDescent",
        subproblems="bq_nco.search.route_subproblems:RouteSubproblems",
        largest_subproblem=50,
        temperature=0.3,
        published=(4, 2, True),
    ),
    baselines=(
        *("nearest-neighbour", "nearest-action", "savings", "two-opt", "iterated-local-search", "random"),
        *("pyvrp", "ortools"),
    ),
    large_rule="savings",
    descent="baselines.descent:routes",
    iterated="baselines.anytime:routes",
    meets_bound=meets_bound,
    actions=actions,
    solution=solution,
    words=words,
)
