"""The baselines on real instances with known optima: gaps, and how many optima LKH and PyVRP reach.

    python benchmarks/baselines.py --data DATA --suite lkh            # TSPLIB and ATSP under 200 nodes, LKH
    python benchmarks/baselines.py --data DATA --suite pyvrp          # CVRPLIB under 200 nodes, PyVRP; 20 s each
    python benchmarks/baselines.py --data DATA --suite simple         # every file, baselines that end by themselves

``--match`` and ``--skip``/``--limit`` choose part of a suite. PyVRP searches for so many CPU-seconds and knows no
optimum; LKH ends by itself after ten runs. ``DATA`` holds ``tsplib``, ``atsp``, ``cvrplib``, ``oplib`` and ``knapsack``
with their JSON files of optima.
"""

import argparse
import json
import re
import resource
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from science.row_printing import add_rows, show

from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.baselines.table import SOLVERS
from mdpzoo_combinatorial.instances import TSPInstance
from mdpzoo_combinatorial.local_search.budget import Budget

FOLDERS = {  # name -> files, where the optima stand, their key
    "tsplib": ("*.tsp", "optima.json", "optimum"),
    "atsp": ("*.atsp", None, ""),
    "cvrplib": ("*.vrp", "best_known.json", "best_known"),
    "oplib": ("*.oplib", "best_known.json", "ea4op_score"),
    "knapsack": ("*.txt", "optima.json", "optimum"),
}
ATSP_OPTIMA = {"br17": 39}
SUITES = {"lkh": ("tsplib", "atsp"), "pyvrp": ("cvrplib",), "simple": tuple(FOLDERS)}
SIMPLE = (
    "random",
    "nearest-neighbour",
    "farthest-insertion",
    "savings",
    "greedy-ratio",
    "two-opt",
    "dynamic-programming",
)


class Case(NamedTuple):
    """A file and what is known of it."""

    folder: str
    path: Path
    best: float


class CpuBudget(Budget):
    """A limit of CPU-seconds of this process."""

    def _now(self) -> float:
        """CPU-seconds of this process."""
        return time.process_time()


def cases(data: Path, folders: tuple[str, ...]) -> Iterator[Case]:
    """All files whose optimum or best known value is known."""
    for folder in folders:
        pattern, facts, key = FOLDERS[folder]
        known = ATSP_OPTIMA if facts is None else json.loads((data / folder / facts).read_text())
        for path in sorted((data / folder).glob(pattern)):
            if path.stem in known:
                yield Case(folder, path, float(known[path.stem][key] if key else known[path.stem]))


def cpu_seconds() -> float:
    """Of this process and of children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def compile_all() -> None:
    """Solves something small with everything, so that no measured time contains a compilation."""
    for problem in ("TSP", "ATSP", "CVRP", "OP", "Knapsack"):
        for instance in generate(problem, 1, 10, seed=0):
            for agent in SIMPLE:
                if problem in SOLVERS[agent].problems:
                    solve(instance, agent)
    solve(TSPInstance("rounded", 100 * generate("TSP", 1, 10, seed=0)[0].coordinates, "EUC_2D"), "two-opt")


def measured(case: Case, instance: Any, agent: str, seconds: float, seed: int) -> tuple[float, float, bool, str | None]:
    """Gap in percent, CPU-seconds, whether proven optimal, and what stood in."""
    budget = CpuBudget(seconds) if agent == "pyvrp" else Budget()
    before = cpu_seconds()
    answer = solve(instance, agent, seed=seed, budget=budget)
    spent = cpu_seconds() - before
    gap = 1 - answer.objective / case.best if instance.maximise else answer.objective / case.best - 1
    return 100 * gap, spent, answer.proven_optimal, answer.decoding


def size_of(instance: Any) -> int:
    """Nodes, the depot included, or items."""
    return int(instance.num_items if instance.problem == "Knapsack" else instance.num_nodes)


def main() -> None:
    """Reads the command line, solves, and gives a row for each folder."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--suite", choices=SUITES, default="lkh")
    parser.add_argument("--seconds", type=float, default=20.0, help="CPU-seconds for each file")
    parser.add_argument("--nodes", type=int, default=199, help="the largest instance of the suites lkh and pyvrp")
    parser.add_argument("--match", default="", help="a regular expression that the file's name must contain")
    parser.add_argument("--skip", type=int, default=0, help="files to leave out at the beginning")
    parser.add_argument("--limit", type=int, help="files to solve")
    parser.add_argument("--seed", type=int, default=0)
    add_rows(parser)
    options = parser.parse_args()
    compile_all()
    show(gaps_by_folder(solved(options)), options.rows)


def solved(options: argparse.Namespace) -> dict[tuple[str, str], list[tuple[float, float]]]:
    """Solves every file with every agent, prints a line each, and returns gaps and CPU-seconds by folder and agent."""
    found = [each for each in cases(options.data, SUITES[options.suite]) if re.search(options.match, each.path.name)]
    end = None if options.limit is None else options.skip + options.limit
    gaps: dict[tuple[str, str], list[tuple[float, float]]] = {}
    print("| file | nodes or items | agent | gap % | proven | CPU-seconds | |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    chosen = [(case, read_instance(case.path)) for case in found]
    if options.suite != "simple":
        chosen = [(case, instance) for case, instance in chosen if size_of(instance) <= options.nodes]
    for case, instance in chosen[options.skip : end]:
        agents = (options.suite,) if options.suite != "simple" else SIMPLE
        for agent in agents:
            if instance.problem not in SOLVERS[agent].problems:
                continue
            gap, spent, proven, note = measured(case, instance, agent, options.seconds, options.seed)
            gaps.setdefault((case.folder, agent), []).append((gap, spent))
            late = "" if spent <= options.seconds + 1 else "over the limit"
            facts = f"{case.path.stem} | {size_of(instance)} | {agent} | {gap:.2f} | {'yes' if proven else 'no'}"
            print(f"| {facts} | {spent:.2f} | {note or late} |", flush=True)
    return gaps


def gaps_by_folder(gaps: dict[tuple[str, str], list[tuple[float, float]]]) -> Iterator[dict[str, Any]]:
    """Prints what is known of every folder and agent, and yields a row a folder with each agent's mean gap."""
    print("\n| folder | agent | files | optimum reached | mean gap % | median | worst | CPU-seconds, mean | most |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    folders: dict[str, dict[str, Any]] = {}
    for (folder, agent), values in gaps.items():
        each, spent = [gap for gap, _ in values], [time for _, time in values]
        reached = sum(gap < 1e-9 for gap in each)
        summary = f"{statistics.mean(each):.2f} | {statistics.median(each):.2f} | {max(each):.2f}"
        share = f"{reached} ({100 * reached / len(each):.0f} %)"
        cpu = f"{statistics.mean(spent):.3f} | {max(spent):.2f}"
        print(f"| {folder} | {agent} | {len(each)} | {share} | {summary} | {cpu} |")
        row = folders.setdefault(folder, {"files": folder, "count": len(each)})
        row[agent] = statistics.mean(each)
    print()
    yield from folders.values()


if __name__ == "__main__":
    main()
