"""The asymmetric travelling salesman problem: the cheapest tour if costs depend on the direction."""

from typing import Any

from mdpzoo_combinatorial.problems.record import Generation, Learning, Observation, ProblemRecord
from mdpzoo_combinatorial.problems.travelling_salesman import actions, words


def meets_bound(instance: Any, objective: float) -> bool:
    """Returns whether there is only one tour."""
    return bool(instance.num_nodes <= 2)


RECORD = ProblemRecord(
    name="ATSP",
    rules="mdpzoo_combinatorial.environments.atsp:build_atsp",
    summary="asymmetric travelling salesman: the cheapest tour if costs depend on the direction",
    instance="instances:ATSPInstance",
    coordinates=False,
    costs=True,
    closed=True,
    observation=Observation(
        mark="costs",
        entries=("costs",),
        read="baselines.observed_instances:read_costs",
        matches="baselines.observed_instances:same_costs",
    ),
    generation=Generation(draw="instances.generators:asymmetric_tours", mixture="mixtures.by_problem:ASYMMETRIC_TOURS"),
    learning=Learning(
        states="bq_nco.states.problems:ATSP",
        batch="bq_nco.states.batching:by_costs",
        array="bq_nco.search.posing:from_costs",
        sampler="bq_nco.training.sampling:TOURS",
        expert="bq_nco.training.experts:asymmetric_tours",
        iterations=20,
        completer="bq_nco.training.completions:DIRECTED_TOURS",
        smallest=4,
        rule="bq_nco.search.nearness:nearest",
        endgame="bq_nco.search.endgames:paths",
        sequence="bq_nco.search.sequences:tours",
        descent="bq_nco.search.descents:TourDescent",
        subproblems="bq_nco.search.subproblems:TourSubproblems",
        largest_subproblem=100,
        temperature=0.3,
    ),
    baselines=(
        *("nearest-neighbour", "farthest-insertion", "two-opt", "iterated-local-search"),
        *("edge-assembly", "random", "lkh", "pyvrp", "ortools"),
    ),
    search="edge-assembly",
    descent="baselines.descent:asymmetric_tour",
    iterated="baselines.anytime:asymmetric_tour",
    optima="baselines.anytime:asymmetric_optima",
    meets_bound=meets_bound,
    actions=actions,
    solution=list,
    words=words,
)
