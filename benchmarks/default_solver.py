"""Which solver ``mdpzoo solve`` takes: ours and the installed ones at equal CPU-seconds, by problem and size.

    python benchmarks/default_solver.py --data DATA              # about 17 CPU-minutes; goes on after a kill
    python benchmarks/default_solver.py --data DATA --choices FILE   # also writes what `--agent auto` reads

Every solver searches for 5 CPU-seconds, the best three of large symmetric tours for 20, child processes included,
imports, set-up and compiling excluded; LKH ends by itself after ten runs. What each has reported after so many
CPU-seconds is held against the best known value, or the best one found here where that is better. The files were not
used to choose any constant of our searches; their sizes fill the classes evenly. Runs are appended to ``--runs``, from
which the rows and the package's data are made.

``DATA`` holds ``tsplib``, ``cvrplib``, ``oplib``, ``knapsack`` with their JSON files of best known values.
"""

import argparse
import json
import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch
from science.row_printing import add_rows, show

from mdpzoo.files import replacing
from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.baselines import solve
from mdpzoo_combinatorial.local_search import prize_search, route_search
from mdpzoo_combinatorial.local_search.budget import Budget
from mdpzoo_combinatorial.problems import PROBLEMS

TIMES = (1.0, 5.0)  # CPU-seconds at which answers are compared
LONG = (1.0, 5.0, 10.0, 20.0)  # where LKH has no tour of a large instance before
OURS = ("edge-assembly", "iterated-local-search", "dynamic-programming")
LONGER = {("TSP", up_to, agent): LONG for up_to in (800, 2_000) for agent in (*OURS[:2], "lkh")}
UNSEEDED = ("ortools", "dynamic-programming")  # one run is enough
SEEDS = (0, 1)
RUNS = Path(__file__).parents[1] / "build" / "default-solver-runs.json"
FOLDERS = {  # problem -> folder, ending, best known values, their key
    "TSP": ("tsplib", "tsp", "optima.json", "optimum"),
    "CVRP": ("cvrplib", "vrp", "best_known.json", "best_known"),
    "OP": ("oplib", "oplib", "best_known.json", "ea4op_score"),
    "Knapsack": ("knapsack", "txt", "optima.json", "optimum"),
}
CLASSES: dict[str, dict[int, tuple[str, ...]]] = {  # problem -> largest size -> files; of ATSP: sizes to generate
    "TSP": {
        200: ("kroB150", "rat195"),
        500: ("gr229", "pcb442"),
        800: ("rat783",),
        2_000: ("vm1084",),
    },
    "ATSP": {100: ("60", "100"), 500: ("200", "400")},
    "CVRP": {
        100: ("E-n76-k10", "P-n65-k10", "A-n80-k10", "P-n76-k5"),
        300: ("X-n172-k51", "X-n256-k16"),
        1_000: ("X-n480-k70", "X-n766-k71"),
    },
    "OP": {
        100: ("rat99-gen2-50", "eil76-gen2-50"),
        250: ("kroB200-gen2-50", "pr152-gen2-50"),
        500: ("pcb442-gen2-50", "gil262-gen2-50"),
    },
    "Knapsack": {
        500: ("pisinger_strongly_correlated_n500_R1000", "jooken_n_400_c_1000000_g_6_f_0.3_eps_1e-05_s_100"),
        2_000: (
            "jooken_n_600_c_1000000_g_2_f_0.1_eps_0.0001_s_200",
            "jooken_n_1000_c_1000000_g_2_f_0.3_eps_0.001_s_200",
        ),
    },
}


class Case(NamedTuple):
    """An instance, the largest size of its class, and what is known of it."""

    instance: Any
    up_to: int
    best: float | None


class CpuBudget(Budget):
    """So many CPU-seconds of this process and its children; notes what was reported and when."""

    def __init__(self, seconds: float) -> None:
        """Solvers that watch the wall clock themselves are given twenty times as much."""
        super().__init__(20 * seconds, self._note)
        self.limit, self.most = seconds, 0.0
        self.notes: list[tuple[float, float]] = []

    @property
    def left(self) -> float:
        """CPU-seconds until the limit."""
        if not self.began:
            self.begin()
        self.most = max(self.most, self.used)  # a child that has ended is not counted any more
        return max(0.0, self.limit - self.used)

    def _note(self, rounds: int, objective: float) -> None:
        self.most = max(self.most, self.used)
        self.notes.append((self.used, objective))

    def _now(self) -> float:
        own = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        used = time.process_time()
        for child in map(int, own):
            try:
                used += time.clock_gettime((~child << 3) | 2)  # Linux: the CPU clock of a process
            except OSError:  # it has just ended
                continue
        return used


def cases(data: Path) -> Iterator[Case]:
    """All instances of the classes."""
    for problem, classes in CLASSES.items():
        for up_to, names in classes.items():
            for name in names:
                if problem not in FOLDERS:
                    yield Case(generate(problem, 1, int(name), seed=23)[0], up_to, None)
                    continue
                folder, ending, facts, key = FOLDERS[problem]
                known = json.loads((data / folder / facts).read_text())[name]
                best = known[key] if isinstance(known, dict) else known
                yield Case(read_instance(data / folder / f"{name}.{ending}"), up_to, float(best))


def agents_for(problem: str) -> list[str]:
    """Ours first, then the installed ones."""
    return [name for name in (*OURS, "lkh", "pyvrp", "ortools") if name in PROBLEMS[problem].baselines]


def measured(case: Case, agent: str, seed: int) -> dict[str, Any]:
    """One run: the objective at each time, None where there was no answer yet."""
    times = times_of(case, agent)
    budget = CpuBudget(times[-1])
    answer = solve(case.instance, agent, seed=seed, budget=budget)
    used = budget.most
    sign = -1 if case.instance.maximise else 1
    notes = budget.notes if answer.decoding is None else []
    reached: list[float | None] = []
    for limit in times[:-1]:
        if used <= limit:
            reached.append(answer.objective)
            continue
        so_far = [sign * value for at, value in notes if at <= limit]
        reached.append(sign * min(so_far) if so_far else None)
    return {
        "problem": case.instance.problem,
        "up_to": case.up_to,
        "instance": case.instance.name,
        "size": PROBLEMS[case.instance.problem].size(case.instance),
        "agent": agent,
        "seed": seed,
        "best_known": case.best,
        "seconds": times,
        "objectives": [*reached, None if answer.decoding else answer.objective],
        "cpu_seconds": round(used, 2),
        "proven": answer.proven_optimal,
    }


def times_of(case: Case, agent: str) -> tuple[float, ...]:
    """When a solver's answers to an instance are compared."""
    return LONGER.get((case.instance.problem, case.up_to, agent), TIMES)


def run_all(data: Path, out: Path) -> None:
    """Runs what the result file does not hold yet."""
    for search in (route_search, prize_search):  # their temperatures fall with CPU time, too
        search.time = SimpleNamespace(monotonic=time.process_time)  # type: ignore[attr-defined]
    runs = json.loads(out.read_text()) if out.is_file() else []
    done = {(run["problem"], run["instance"], run["agent"], run["seed"], len(run["seconds"])) for run in runs}
    for problem in CLASSES:  # compiles
        solve(generate(problem, 1, 20, seed=0)[0], PROBLEMS[problem].search, seconds=0.2)
    for case in cases(data):
        for agent in agents_for(case.instance.problem):
            for seed in SEEDS[:1] if agent in UNSEEDED else SEEDS:
                if (case.instance.problem, case.instance.name, agent, seed, len(times_of(case, agent))) in done:
                    continue
                runs.append(measured(case, agent, seed))
                print(json.dumps(runs[-1]), flush=True)
                out.parent.mkdir(parents=True, exist_ok=True)
                with replacing(out) as beside:
                    beside.write_text(json.dumps(runs, indent=1) + "\n")


def table(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """For each class and solver the mean gap in percent at each time, and the share of proven answers."""
    rows = []
    for problem, classes in CLASSES.items():
        sign = -1 if PROBLEMS[problem].maximise else 1
        for up_to in classes:
            own = [run for run in runs if run["problem"] == problem and run["up_to"] == up_to]
            best: dict[str, float] = {}
            for run in own:
                known = [sign * each for each in (run["best_known"], *run["objectives"]) if each is not None]
                best[run["instance"]] = min([best.get(run["instance"], float("inf")), *known])
            by_agent = {agent: [run for run in own if run["agent"] == agent] for agent in agents_for(problem)}
            agents = {agent: _facts(found, best, sign) for agent, found in by_agent.items() if found}
            times = max((run["seconds"] for run in own), key=len, default=[])
            facts = {"problem": problem, "up_to": up_to, "seconds": times}
            rows.append({**facts, "instances": sorted(best), "agents": agents})
    return [row for row in rows if row["agents"]]


def _facts(runs: list[dict[str, Any]], best: dict[str, float], sign: int) -> dict[str, Any]:
    """Mean gaps of a solver at each time, of its longest runs, and the share of proven answers."""
    count = max(len(run["seconds"]) for run in runs)
    longest = [run for run in runs if len(run["seconds"]) == count]
    gaps = [[_gap(each, sign, best[run["instance"]]) for each in run["objectives"]] for run in longest]
    proven = statistics.mean(run["proven"] and run["objectives"][-1] is not None for run in longest)
    return {"gaps": [_mean(each) for each in zip(*gaps, strict=True)], "proven": proven, "runs": len(longest)}


def _gap(objective: float | None, sign: int, least: float) -> float | None:
    return None if objective is None else 100 * (sign * objective - least) / abs(least)


def _mean(gaps: tuple[float | None, ...]) -> float | None:
    """None where one run had no answer."""
    known = [each for each in gaps if each is not None]
    return round(statistics.mean(known), 4) if len(known) == len(gaps) and known else None


def table_rows(classes: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """A row for each class and solver; a gap is None where a run had no answer by then."""
    for row in classes:
        for agent, facts in row["agents"].items():
            gaps = dict(zip(row["seconds"], facts["gaps"], strict=False))
            named = {f"gap_{each:g}": gaps.get(each) for each in LONG}
            files = len(row["instances"])
            yield {"problem": row["problem"], "up_to": row["up_to"], "agent": agent, "files": files, **named} | {
                "proven": facts["proven"]
            }


def main() -> None:
    """Measures, writes the rows and the package's data."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="measure what is missing in --runs")
    parser.add_argument("--runs", type=Path, help="where runs are kept; beside the rows, or in build")
    parser.add_argument("--choices", type=Path, help="write the data that --agent auto reads")
    add_rows(parser)
    options = parser.parse_args()
    kept = options.runs or (RUNS if options.rows is None else options.rows.with_name("runs.json"))
    torch.set_num_threads(1)
    run_all(options.data, kept)
    classes = table(json.loads(kept.read_text()))
    show(table_rows(classes), options.rows)
    if options.choices:
        content = {"benchmark": "benchmarks/default_solver.py", "rows": classes}
        with replacing(options.choices) as beside:
            beside.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
