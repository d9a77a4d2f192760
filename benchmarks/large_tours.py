"""The default solver of tours on TSPLIB's files of 400 to 1,600 nodes: gaps to the optimum over CPU time.

    python benchmarks/large_tours.py --data DATA         # about 7 CPU-minutes

Two seeds of ``edge-assembly``, each for 10 CPU-seconds of one thread; imports, set-up and compiling are excluded. No
constant of the search was chosen on a gap to an optimum of these files except the candidates by quadrants (fl1400 and
fl1577). ``DATA`` holds ``tsplib/*.tsp`` and ``tsplib/optima.json`` (name -> nodes, optimum).
"""

import argparse
import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from default_solver import CpuBudget
from science.row_printing import add_rows, show

from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import solve

AGENT = "edge-assembly"
FEWEST, MOST = 400, 1_600  # nodes
TIMES = (1.0, 5.0, 10.0)  # CPU-seconds
SEEDS = (0, 1)


def gaps(instance: Any, optimum: float, seed: int) -> tuple[list[float | None], float]:
    """Gaps in percent at each time, None where there was no report yet, and when the last tour was found."""
    budget = CpuBudget(TIMES[-1])
    answer = solve(instance, AGENT, seed=seed, budget=budget)
    reached = []
    for limit in TIMES:
        so_far = [length for at, length in budget.notes if at <= limit]
        reached.append(100 * (min(so_far) / optimum - 1) if so_far else None)
    found = next(at for at, length in budget.notes if length <= answer.objective)
    return reached, found


def rows(data: Path) -> Iterator[dict[str, Any]]:
    """Yields a row for each file, and one for all."""
    folder = data / "tsplib"
    optima = json.loads((folder / "optima.json").read_text())
    solve(generate("TSP", 1, 50, seed=0)[0], AGENT, seconds=0.5)  # compiles
    everything = []
    names = [name for name, facts in optima.items() if FEWEST <= facts["nodes"] <= MOST]
    for name in sorted(names, key=lambda each: (optima[each]["nodes"], each)):
        instance = read_instance(folder / f"{name}.tsp")
        found = [gaps(instance, optima[name]["optimum"], seed) for seed in SEEDS]
        everything += [each for each, _ in found]
        yield {
            "instance": name,
            "nodes": instance.num_nodes,
            **_summary([each for each, _ in found]),
            "found": statistics.mean(at for _, at in found),
        }
    yield {"instance": f"{len(names)} files", **_summary(everything)}


def _summary(found: list[list[float | None]]) -> dict[str, float | None]:
    """The mean gap at each time, None where a run had no report, and the worst gap at the end."""
    means = {
        f"gap_{limit:g}": None if None in at else statistics.mean(each for each in at if each is not None)
        for limit, at in zip(TIMES, zip(*found, strict=True), strict=True)
    }
    return means | {"worst": max(each[-1] for each in found if each[-1] is not None)}


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    add_rows(parser)
    options = parser.parse_args()
    show(rows(options.data), options.rows)


if __name__ == "__main__":
    main()
