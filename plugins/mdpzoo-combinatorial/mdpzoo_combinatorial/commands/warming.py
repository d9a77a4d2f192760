"""Compiles the default solvers of ``mdpzoo solve``."""

from mdpzoo_combinatorial.baselines.registry import solve
from mdpzoo_combinatorial.instances.examples import EXAMPLES, example
from mdpzoo_combinatorial.problems import PROBLEMS

SECONDS = 0.05


def warm_up() -> None:
    """Solves each example for ``SECONDS``, also by the search that solves small and large instances."""
    for name in EXAMPLES:
        instance = example(name)
        record = PROBLEMS[instance.problem]
        for agent in {record.search, "iterated-local-search"}.intersection(record.baselines):
            solve(instance, agent, seconds=SECONDS)
