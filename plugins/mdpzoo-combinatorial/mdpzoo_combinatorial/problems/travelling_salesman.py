"""The travelling salesman problem: the shortest tour through all nodes, by coordinates or symmetric costs."""

from typing import Any

from mdpzoo_combinatorial.problems.record import Generation, Learning, Observation, ProblemRecord


def meets_bound(instance: Any, objective: float) -> bool:
    """Returns whether there is only one tour."""
    return bool(instance.num_nodes <= 3)


def actions(solution: Any) -> list[int]:
    """Returns the nodes after node 0, in order."""
    start = list(solution).index(0)
    return [int(node) for node in (*solution[start + 1 :], *solution[:start])]


def words(solution: Any, objective: str) -> str:
    """Returns the length of the tour."""
    return f"a tour of length {objective}"


RECORD = ProblemRecord(
    name="TSP",
    rules="mdpzoo_combinatorial.environments.tsp:build_tsp",
    summary="travelling salesman: the shortest tour, by extending a partial tour or by reducing the remaining path",
    variants=({"form": "bq"}, {"num_nodes": 5, "form": "direct"}),
    instance="instances:TSPInstance",
    closed=True,
    without_coordinates="ATSP",
    observation=Observation(
        mark="coordinates",
        entries=("coordinates",),
        read="baselines.observed_instances:read_nodes",
        matches="baselines.observed_instances:same_layout",
    ),
    generation=Generation(
        draw="instances.generators:tours",
        options={"distribution": "uniform"},
        choices={"distribution": "instances.distributions:LAYOUTS"},
        mixture="mixtures.by_problem:TOURS",
    ),
    learning=Learning(
        states="bq_nco.states.problems:TSP",
        batch="bq_nco.states.batching:tours",
        array="bq_nco.search.posing:from_coordinates",
        sampler="bq_nco.training.sampling:TOURS",
        expert="bq_nco.training.experts:symmetric_tours",
        iterations=5,
        completer="bq_nco.training.completions:TOURS",
        smallest=5,
        rule="bq_nco.search.nearness:nearest",
        endgame="bq_nco.search.endgames:paths",
        sequence="bq_nco.search.sequences:tours",
        descent="bq_nco.search.descents:TourDescent",
        subproblems="bq_nco.search.subproblems:TourSubproblems",
        largest_subproblem=100,
        temperature=0.3,
        temperature_settled=1.0,
        published=(2, 1, True),
    ),
    baselines=(
        *("nearest-neighbour", "farthest-insertion", "two-opt", "iterated-local-search"),
        *("edge-assembly", "random", "lkh", "pyvrp", "ortools"),
    ),
    search="edge-assembly",
    descent="baselines.descent:symmetric_tour",
    iterated="baselines.anytime:symmetric_tour",
    optima="baselines.anytime:symmetric_optima",
    meets_bound=meets_bound,
    actions=actions,
    solution=list,
    words=words,
)
