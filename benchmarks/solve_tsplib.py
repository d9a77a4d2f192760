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
from pathlib import Path

from mdpzoo_combinatorial import read_instance


def cpu_seconds() -> float:
    """Of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Solves, checks and prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--nodes", type=int, default=500, help="the largest instance to solve")
    parser.add_argument("--only", nargs="*", help="names of instances")
    options = parser.parse_args()
    folder = options.data / "tsplib"
    optima = json.loads((folder / "optima.json").read_text())
    names = options.only or [name for name, facts in optima.items() if facts["nodes"] <= options.nodes]
    gaps = []
    print("| instance | nodes | weights | objective | optimum | gap % | CPU-seconds |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for name in sorted(names, key=lambda each: (optima[each]["nodes"], each)):
        path, optimum, before = folder / f"{name}.tsp", optima[name]["optimum"], cpu_seconds()
        command = [sys.executable, "-m", "mdpzoo", "solve", str(path), "--seconds", str(options.seconds), "--json"]
        command += ["--decoding", "reconstruct"]
        told = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        instance = read_instance(path)
        if instance.objective(told["solution"]) != told["objective"]:
            raise SystemExit(f"{name}: the objective {told['objective']} is not the tour's own")
        gaps.append(100 * (told["objective"] / optimum - 1))
        facts = f"{name} | {instance.num_nodes} | {instance.edge_weight_type} | {told['objective']} | {optimum}"
        print(f"| {facts} | {gaps[-1]:.2f} | {cpu_seconds() - before:.1f} |", flush=True)
    print(f"\n{len(gaps)} instances: mean gap {statistics.mean(gaps):.2f} %, median {statistics.median(gaps):.2f} %")


if __name__ == "__main__":
    main()
