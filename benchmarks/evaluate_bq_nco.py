"""Measures a BQ-NCO checkpoint and writes its card.

    python benchmarks/evaluate_bq_nco.py --problem TSP --checkpoint tsp.safetensors --data DATA --card tsp.json

Fresh random instances are held against long runs of this project's own searches (Knapsack: against proven optima),
files and LKH's instances of a data folder, which nothing was trained or tuned on, against their own answers. Every
measurement runs on one thread; its CPU-seconds are its process's, an instance's share of them. Rows that the card holds
already are not measured again: name their sets in ``--again``.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdpzoo_combinatorial import ATSPInstance, generate, read_instance
from mdpzoo_combinatorial.bq_nco import BQNCO, shipped_for
from mdpzoo_combinatorial.bq_nco.training.labels import make_labels, own_solutions
from mdpzoo_combinatorial.mixtures import draw
from mdpzoo_combinatorial.problems import PROBLEMS

FRESH_SEED = 500_001  # of the test instances; labels have others
KICKS = {"TSP": 100, "ATSP": 600, "CVRP": 4_000, "OP": 1_000, "Knapsack": 0}  # of the expert, by token
SECONDS = {"TSP": 3.0, "ATSP": 3.0, "CVRP": 5.0, "OP": 3.0, "Knapsack": 1.0}  # of re-construction, an instance
DESCENT = "+descent"  # behind the name of a decoding that local search follows
LAWS = ("metric", "heavy-tailed", "nearly-symmetric", "many-zeros")  # of asymmetric costs
FRESH = {  # kinds and sizes: of the generator, or of the mixtures
    "TSP": ("uniform50", "uniform100"),
    "ATSP": ("uniform50", *(f"{law}50" for law in LAWS[1:]), *(f"{law}100" for law in LAWS)),  # uniform is metric
    "CVRP": ("uniform50", "uniform100"),
    "OP": ("uniform50", "uniform100", "prizes-uniform100", "prizes-constant100"),  # others: prizes by distance
    "Knapsack": ("uniform100",),
}
FILES = {  # sets of files: folder, names begin with, range of nodes, seconds each
    "tsplib200": ("tsplib", "", range(201), 10.0),
    "tsplib1000": ("tsplib", "", range(201, 1001), 20.0),
    "cvrplib-ape": ("cvrplib", "APE", range(1001), 20.0),
    "cvrplib-x350": ("cvrplib", "X", range(352), 60.0),
    "oplib130": ("oplib", "", range(131), 20.0),
}
SUFFIXES = (".tsp", ".vrp", ".oplib")
KNOWN = ("optimum", "best_known", "ea4op_score")  # what lists of best known values call them
OF = {
    "TSP": ("lkh100", "tsplib200", "tsplib1000"),
    "ATSP": ("lkh50",),
    "CVRP": ("cvrplib-ape", "cvrplib-x350"),
    "OP": ("oplib130",),
}


def fresh(problem: str, name: str, count: int) -> tuple[list[Any], np.ndarray]:
    """Random instances of a set and the objectives ``[count]`` of the expert's solutions."""
    kind, size = name.rstrip("0123456789"), int(name.lstrip("abcdefghijklmnopqrstuvwxyz-"))
    if kind == "uniform":
        instances = generate(problem, count, size, FRESH_SEED)
        found = make_labels(problem, count, size, seed=FRESH_SEED, iterations=KICKS[problem] * size or None).solutions
    else:
        record, instances = PROBLEMS[problem], draw(problem, kind.removeprefix("prizes-"), count, size, FRESH_SEED)
        rows = own_solutions(record, instances, KICKS[problem] * size, FRESH_SEED).tolist()
        found = [record.solution([each for each in row if each >= 0]) for row in rows]
    best = [each.objective(solution) for each, solution in zip(instances, found, strict=True)]
    return instances, np.array(best, np.float64)


def by_lkh(problem: str, data: Path) -> tuple[Any, np.ndarray]:
    """LKH's instances and lengths."""
    name = "tsp100_lkh_128.npz" if problem == "TSP" else "atsp50_lkh_8.npz"
    with np.load(data / "random" / name, allow_pickle=False) as file:
        if problem == "TSP":
            return file["coordinates"].astype(np.float64), file["lengths"].astype(np.float64)
        costs = [ATSPInstance(f"lkh-{k}", each) for k, each in enumerate(file["distances"].astype(np.float64))]
        return costs, file["lengths"].astype(np.float64)


def measure(checkpoint: Path, given: Any, best: Any, name: str, decoding: str) -> dict[str, Any]:
    """One row of the card: gap in percent with its 95 % interval, CPU-seconds and rounds an instance."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    agent = BQNCO.load(checkpoint)
    if name in FILES:
        return measure_files(agent, given, name, decoding)
    search, descent = decoding.removesuffix(DESCENT), decoding.endswith(DESCENT)
    limit = {"seconds": SECONDS[agent.problem.name] * len(given)} if search == "reconstruct" else {}
    began = time.process_time()
    found = agent.solve(given, search, seed=0, descent=descent, **limit)
    cpu = (time.process_time() - began) / len(best)
    ratio = found.objective[best > 0] / best[best > 0]  # some cost nothing
    return row_of(name, decoding, gap_of(ratio, agent.problem.maximise), cpu) | {"rounds": found.rounds}


def measure_files(agent: BQNCO, data: Path, name: str, decoding: str) -> dict[str, Any]:
    """Each file of a set for itself, within its time."""
    folder, first, nodes, seconds = FILES[name]
    best = json.loads(next((data / folder).glob("*.json")).read_text())
    gaps, each_gap, vehicles, began = [], {}, {}, time.process_time()
    for file in sorted((data / folder).iterdir()):
        if file.suffix not in SUFFIXES or (first and file.name[0] not in first):
            continue
        instance = read_instance(file)
        if instance.num_nodes not in nodes:
            continue
        other = shipped_for(instance) != agent.problem.name.lower()  # tours by costs alone
        able = BQNCO.load(shipped_for(instance)) if other else agent
        search, descent = decoding.removesuffix(DESCENT), decoding.endswith(DESCENT)
        found = able.solve(instance, search, seconds=seconds, seed=0, descent=descent)
        known = best[file.stem]
        known = known if isinstance(known, int | float) else next(known[each] for each in KNOWN if each in known)
        gaps.append(gap_of(found.objective[0] / known, agent.problem.maximise))
        each_gap[file.stem] = round(gaps[-1], 2)
        if agent.problem.record.routes:
            vehicles[file.stem] = len(found.solutions[0])
        print(f"{name} {file.stem} {gaps[-1]:.2f} %", flush=True)
    row = row_of(name, decoding, np.array(gaps), (time.process_time() - began) / len(gaps))
    row |= {"median": round(float(np.median(gaps)), 3), "gaps": each_gap}
    return row | ({"vehicles": vehicles} if vehicles else {})


def gap_of(ratio: Any, maximise: bool) -> Any:
    """Returns gaps in percent from ratios of objectives to the expert's."""
    return 100 * (1 - ratio if maximise else ratio - 1)


def row_of(name: str, decoding: str, gaps: np.ndarray, cpu: float) -> dict[str, Any]:
    """What all rows hold."""
    row = {"set": name, "decoding": decoding, "instances": len(gaps)} | mean_of(gaps)
    return row | {"cpu_seconds_per_instance": round(cpu, 4)}


def mean_of(gaps: np.ndarray) -> dict[str, float]:
    """Mean gap in percent and the half-width of its 95 % interval."""
    half_width = 1.96 * gaps.std(ddof=1) / len(gaps) ** 0.5
    return {"gap_percent": round(float(gaps.mean()), 3), "interval_95": round(float(half_width), 3)}


def rows_of(
    problem: str, data: Path | None, count: int, few: int, wanted: Callable[[str, str], bool]
) -> list[tuple[str, str, int]]:
    """Sets, decodings and instances to measure."""
    names = [*(OF.get(problem, ()) if data else ()), *FRESH[problem]]
    endings = ("",) if PROBLEMS[problem].learning.descent is None else ("", DESCENT)
    tasks = [(name, f"reconstruct{each}", few) for name in names for each in endings]
    for name in names:
        if name not in FILES:
            tasks += [(name, f"greedy{each}", count) for each in endings]
            tasks += [(name, each, few) for each in (("beam",) if problem == "Knapsack" else ("symmetric", "beam"))]
    return [task for task in tasks if wanted(task[0], task[1])]


def main() -> None:
    """Reads the command line, measures and writes the card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--problem", choices=tuple(FRESH), required=True)
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder of files with known answers; their rows are left out without")
    parser.add_argument("--card", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=128, help="instances decoded greedily")
    parser.add_argument("--few", type=int, default=32, help="instances decoded by slower methods")
    parser.add_argument("--only", nargs="*", help="sets to measure")
    parser.add_argument("--again", nargs="*", default=(), help="sets to measure although the card has them")
    parser.add_argument("--training", type=Path, help="a JSON file that says how the checkpoint was trained")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each of one thread")
    options = parser.parse_args()
    card = json.loads(options.card.read_text()) if options.card.exists() else {}
    agent = BQNCO.load(options.checkpoint)
    card |= {
        "agent": "bq-nco",
        "problem": options.problem,
        "weights": sum(each.numel() for each in agent.policy.network.parameters()),
        "network": {"kind": agent.policy.settings.kind} | vars(agent.policy.settings),
        "measured": "gap to the expert in percent, mean over instances with the half-width of its 95 % interval; the "
        "expert of uniform sets is this project's own search with many kicks, exact for Knapsack; of lkh sets LKH; of "
        "files the proven optimum or the best value known (OPLib: EA4OP's); files of TSP without places are solved by "
        "the checkpoint of ATSP",
    }
    if options.training:
        card["training"] = json.loads(options.training.read_text())
    rows = {(row["set"], row["decoding"]): row for row in card.get("results", []) if row["set"] not in options.again}

    def wanted(name: str, decoding: str) -> bool:
        return (name, decoding) not in rows and (options.only is None or name in options.only)

    tasks = rows_of(options.problem, options.data, options.count, options.few, wanted)
    sets: dict[str, tuple[Any, Any]] = {}
    for name in {name for name, _, _ in tasks}:
        if name in FILES:
            sets[name] = options.data, None
        elif name.startswith("lkh"):
            sets[name] = by_lkh(options.problem, options.data)
        else:
            sets[name] = fresh(options.problem, name, options.count)
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        jobs = []
        for name, decoding, count in tasks:
            given, best = sets[name]
            part = (given, best) if name in FILES else (given[:count], best[:count])
            jobs.append(pool.submit(measure, options.checkpoint, *part, name, decoding))
        for job in jobs:
            row = job.result()
            rows[row["set"], row["decoding"]] = row
            print(json.dumps({name: each for name, each in row.items() if not isinstance(each, dict)}), flush=True)
            card["results"] = [rows[each] for each in sorted(rows)]
            options.card.write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
