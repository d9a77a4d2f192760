"""Compiles the default solvers of ``mdpzoo solve``."""

from mdpzoo_combinatorial.baselines.registry import solve
from mdpzoo_combinatorial.instances.examples import EXAMPLES, example
from mdpzoo_combinatorial.problems import PROBLEMS

SECONDS = 0.05


def warm_up() -> None:
    """Solves each example for ``SECONDS``."""
    for name in EXAMPLES:
        instance = example(name)
        solve(instance, PROBLEMS[instance.problem].search, seconds=SECONDS)
