"""The 0/1 knapsack: a selection of items of maximum value within a capacity."""

from typing import Any

from mdpzoo_combinatorial.problems.record import Generation, Learning, Observation, ProblemRecord


def meets_bound(instance: Any, objective: float) -> bool:
    """Returns whether the solution has the value of all items."""
    return bool(objective == instance.values.sum())


def actions(solution: Any) -> list[int]:
    """Returns the items, in the solution's order."""
    return [int(item) for item in solution]


def words(items: Any, objective: str) -> str:
    """Returns the number of items and their value."""
    return f"{len(items)} {'item' if len(items) == 1 else 'items'} worth {objective}"


RECORD = ProblemRecord(
    name="Knapsack",
    rules="mdpzoo_combinatorial.environments.knapsack:build_knapsack",
    summary="knapsack: items of maximum value within a capacity",
    instance="instances:KnapsackInstance",
    count="num_items",
    ends=0,
    coordinates=False,
    shrinks=True,
    maximise=True,
    observation=Observation(
        mark="value",
        amounts=("value", "weight"),
        resource="capacity_left",
        entries=("value", "weight", "capacity_left"),
        read="baselines.observed_instances:read_items",
        matches="baselines.observed_instances:same_items",
    ),
    generation=Generation(
        draw="instances.generators:selections",
        options={"distribution": "uncorrelated", "largest": 1_000, "capacity": None},
        choices={"distribution": "instances.distributions:CLASSES"},
        least={"largest": 10, "capacity": 0},
        mixture="mixtures.by_problem:SELECTIONS",
    ),
    learning=Learning(
        states="bq_nco.states.problems:Knapsack",
        batch="bq_nco.states.batching:selections",
        sampler="bq_nco.training.sampling:SELECTIONS",
        rule="bq_nco.search.nearness:value_for_weight",
        certain="bq_nco.search.nearness:certain",
        sequence="bq_nco.search.sequences:items",
        subproblems="bq_nco.search.subproblems:SubsetSubproblems",
        largest_subproblem=20,
        temperature=1.0,
        published=(3, 1, False),
    ),
    baselines=("greedy-ratio", "dynamic-programming", "random", "ortools"),
    rule="greedy-ratio",
    search="dynamic-programming",
    exact="dynamic-programming",
    meets_bound=meets_bound,
    actions=actions,
    solution=list,
    words=words,
)
