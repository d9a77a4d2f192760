"""``mdpzoo solve --decoding reconstruct`` on every TSPLIB file of a folder: valid tours, TSPLIB's objectives, gaps.

    python benchmarks/solve_tsplib.py --data DATA --seconds 10 --nodes 500

Each file is solved by a process of its own, as a user would; its CPU-seconds include starting Python. ``DATA`` holds
``tsplib/*.tsp`` and ``tsplib/optima.json`` (name -> nodes, optimum).
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from science.row_printing import add_rows, show

from mdpzoo_combinatorial import read_instance


def cpu_seconds() -> float:
    """Of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--nodes", type=int, default=500, help="the largest instance to solve")
    parser.add_argument("--only", nargs="*", help="names of instances")
    add_rows(parser)
    options = parser.parse_args()
    show(solved(options), options.rows)


def solved(options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Solves each file, checks the answer and yields its row; of many files, also their mean and median gap."""
    gaps = []
    folder = options.data / "tsplib"
    optima = json.loads((folder / "optima.json").read_text())
    names = options.only or [name for name, facts in optima.items() if facts["nodes"] <= options.nodes]
    for name in sorted(names, key=lambda each: (optima[each]["nodes"], each)):
        path, optimum, before = folder / f"{name}.tsp", optima[name]["optimum"], cpu_seconds()
        command = [sys.executable, "-m", "mdpzoo", "solve", str(path), "--seconds", str(options.seconds), "--json"]
        command += ["--decoding", "reconstruct"]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        instance = read_instance(path)
        if instance.objective(told["solution"]) != told["objective"]:
            raise SystemExit(f"{name}: the objective {told['objective']} is not the tour's own")
        row = {"instance": name, "nodes": instance.num_nodes, "weights": instance.edge_weight_type}
        row |= {"objective": told["objective"], "optimum": optimum, "gap": 100 * (told["objective"] / optimum - 1)}
        gaps.append(row["gap"])
        yield row | {"cpu_seconds": cpu_seconds() - before}
    if len(gaps) > 3:
        yield {"instance": f"mean of {len(gaps)}", "gap": statistics.mean(gaps)}
        yield {"instance": "median", "gap": statistics.median(gaps)}


if __name__ == "__main__":
    main()
