"""Every reachable state of random instances with at most seven nodes or items, in both forms of every problem.

Holds the direct form against its quotient: legal continuations, rewards, ends, next states, optimal values and actions.
"""

import argparse
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

from mdpzoo_combinatorial.environments.exhaustive import check_bisimulation

PROBLEMS = {  # module, builder, what the size is called, sizes of at most seven nodes or items
    "TSP": ("tsp", "build_tsp", "num_nodes", (3, 4, 5, 6, 7)),
    "ATSP": ("atsp", "build_atsp", "num_nodes", (3, 4, 5, 6, 7)),
    "CVRP": ("cvrp", "build_cvrp", "num_customers", (1, 2, 3, 4, 5, 6)),
    "OP": ("orienteering", "build_orienteering", "num_customers", (1, 2, 3, 4, 5, 6)),
    "Knapsack": ("knapsack", "build_knapsack", "num_items", (1, 2, 3, 4, 5, 6, 7)),
}


def main() -> None:
    """Reads the command line; an AssertionError says what differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--instances", type=int, default=200, help="of each problem, spread over the sizes")
    parser.add_argument("--seed", type=int, default=0)
    add_rows(parser)
    options = parser.parse_args()
    show(checked_problems(options.instances, options.seed), options.rows)


def checked_problems(instances: int, seed: int) -> Iterator[dict[str, Any]]:
    """Yields how many states of each problem were compared."""
    for name, (module, builder, what, sizes) in PROBLEMS.items():
        code = import_module(f"mdpzoo_combinatorial.environments.{module}")
        build, began = getattr(code, builder), time.process_time()
        counts, checked = {"direct": 0, "bq": 0}, 0
        for place, size in enumerate(sizes):
            count = instances // len(sizes) + (place >= len(sizes) - instances % len(sizes))
            direct, path = (build(**{what: size}, form=form).compiled() for form in ("direct", "bq"))
            draws = np.random.default_rng([seed, place]).random((count, direct.initial_draws))
            for part in np.array_split(draws, -(-count // 10)):  # a few at a time: the direct form is a tree
                found = check_bisimulation(direct, path, code.quotient, part)
                counts = {form: counts[form] + found[form] for form in counts}
            checked += count
        seconds = time.process_time() - began
        yield {"problem": name, "instances": checked, **counts, "cpu_seconds": seconds}


if __name__ == "__main__":
    main()
