"""Orienteering: a tour of limited length that collects maximum prizes."""

from typing import Any

from mdpzoo_combinatorial.problems.record import Generation, Learning, Observation, ProblemRecord


def meets_bound(instance: Any, objective: float) -> bool:
    """Returns whether all prizes are collected."""
    return bool(objective == instance.prizes.sum())


def actions(solution: Any) -> list[int]:
    """Returns the nodes after the depot, in order."""
    return [int(node) for node in solution[1:]]


def solution(chosen: list[int]) -> list[int]:
    """Returns the tour, which begins with the depot."""
    return [0, *chosen]


def words(tour: Any, objective: str) -> str:
    """Returns the collected prizes."""
    return f"a tour that collects {objective}"


RECORD = ProblemRecord(
    name="OP",
    rules="mdpzoo_combinatorial.environments.orienteering:build_orienteering",
    summary="orienteering: maximum prizes on a tour of limited length",
    instance="instances:OPInstance",
    depot=True,
    shrinks=True,
    maximise=True,
    length_limited=True,
    observation=Observation(
        mark="prize",
        amounts=("prize",),
        resource="budget_left",
        entries=("coordinates", "prize", "budget_left"),
        read="baselines.observed_instances:read_prizes",
        matches="baselines.observed_instances:same_prizes",
    ),
    generation=Generation(
        draw="instances.generators:prize_tours",
        options={"distribution": "uniform", "prizes": "distance", "limit": None},
        choices={"distribution": "instances.distributions:LAYOUTS", "prizes": "instances.distributions:PRIZES"},
        least={"limit": 0},
        fractional=("limit",),
        mixture="mixtures.by_problem:PRIZE_TOURS",
    ),
    learning=Learning(
        states="bq_nco.states.problems:OP",
        batch="bq_nco.states.batching:prize_tours",
        sampler="bq_nco.training.sampling:PRIZE_TOURS",
        expert="bq_nco.training.experts:prize_tours",
        iterations=50,
        completer="bq_nco.training.completions:PRIZE_TOURS",
        rule="bq_nco.search.nearness:prize_for_distance",
        near_and_good=True,
        sequence="bq_nco.search.sequences:visits",
        descent="bq_nco.search.descents:PrizeDescent",
        subproblems="bq_nco.search.subproblems:SegmentSubproblems",
        largest_subproblem=60,
        temperature=0.5,
        start="beam",
        published=(4, 1, True),
    ),
    baselines=("nearest-neighbour", "greedy-ratio", "two-opt", "iterated-local-search", "random", "pyvrp", "ortools"),
    descent="baselines.descent:prize_tour",
    iterated="baselines.anytime:prize_tour",
    meets_bound=meets_bound,
    actions=actions,
    solution=solution,
    words=words,
)
