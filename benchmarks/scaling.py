"""How time and memory grow with the size of an instance, from 100 to 10 000 nodes or items, on one thread.

Time: CPU-nanoseconds per step and instance, ``make_vec`` with NumPy output, 8 rows, random legal play, a fresh start
every 90 steps that is not timed. Memory: the state and the arrays that a step shows, in bytes per instance. Growth is
the ratio to the smallest size, divided by the ratio of the sizes: at most 1 means no faster than linearly.
"""

import argparse
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

import mdpzoo
from mdpzoo_combinatorial.instances import TSPInstance

ROWS, EPISODE = 8, 90
PROBLEMS = {"TSP": "num_nodes", "CVRP": "num_customers", "OP": "num_customers", "Knapsack": "num_items"}


def settings_of(problem: str, size: int, form: str, file: bool) -> dict[str, Any]:
    """What the environment is made with; an orienteering budget that grows keeps its episodes long."""
    if file:
        points = np.random.default_rng(0).integers(0, 1_000_000, (size, 2))
        return {"instance": TSPInstance("points", points.astype(float), "EUC_2D"), "form": form}
    settings: dict[str, Any] = {PROBLEMS[problem]: size, "form": form}
    return settings | ({"limit": 200.0} if problem == "OP" else {})


def measure(problem: str, settings: dict[str, Any], seconds: float) -> tuple[float, int]:
    """CPU-nanoseconds per step and instance, the median over episodes; bytes per instance."""
    envs: Any = mdpzoo.make_vec(f"mdpzoo/{problem}-v0", ROWS, autoreset_mode="disabled", **settings)
    generator, rates, began = np.random.default_rng(0), [], time.process_time()
    while time.process_time() - began < seconds or len(rates) < 3:
        observation, _ = envs.reset(seed=0)
        spent = 0.0
        for _ in range(EPISODE):
            mask = observation["action_mask"]
            action = np.array([generator.choice(np.flatnonzero(row)) if row.any() else 0 for row in mask])
            at = time.process_time()
            observation, *_ = envs.step(action)
            spent += time.process_time() - at
        rates.append(spent / EPISODE / ROWS * 1e9)
    held = {id(each): each for each in [*envs._state, *observation.values()]}
    own = sum(each.nbytes for each in held.values() if each.base is None) // ROWS
    return float(np.median(rates)), own


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="*", default=[100, 1_000, 10_000])
    parser.add_argument("--seconds", type=float, default=2.0, help="CPU-seconds for each figure, at least")
    add_rows(parser)
    options = parser.parse_args()
    show(measured(options.sizes, options.seconds), options.rows)


def measured(sizes: list[int], seconds: float) -> Iterator[dict[str, Any]]:
    """Yields nanoseconds a step and bytes an instance of every problem and form, and how they grow."""
    for problem, file in [*((each, False) for each in PROBLEMS), ("TSP", True)]:
        for form in ("direct", "bq"):
            found = [measure(problem, settings_of(problem, n, form, file), seconds) for n in sizes]
            by = sizes[-1] / sizes[0]
            growth = [found[-1][k] / found[0][k] / by for k in range(2)]
            name = f"{problem}, EUC_2D file" if file else problem
            times = {f"ns_{size}": each[0] for size, each in zip(sizes, found, strict=True)}
            memory = {"bytes": [each[1] for each in found], "memory_growth": growth[1]}
            yield {"problem": name, "form": form, **times, "time_growth": growth[0], **memory}


if __name__ == "__main__":
    main()
