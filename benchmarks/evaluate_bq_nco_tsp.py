"""Measures the BQ-NCO checkpoint for the travelling salesman problem and writes its card.

    python benchmarks/evaluate_bq_nco_tsp.py --checkpoint build/bq-nco/tsp.safetensors --data DATA --card tsp.json

Fresh uniform instances are held against long runs of this project's local search (within 0.01 % of LKH at 100 nodes);
``random/tsp100_lkh_128.npz`` and TSPLIB instances of a data folder, which nothing was trained or tuned on, against
their own answers. Every measurement runs on one thread; its CPU-seconds are its process's.
"""

import argparse
import json
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mdpzoo_combinatorial import generate, read_instance
from mdpzoo_combinatorial.bq_nco import BQNCO
from mdpzoo_combinatorial.local_search import solve_batch

FRESH_SEED = 500_001  # of the test instances; labels have others
FRESH = (20, 50, 100)  # nodes
TSPLIB = ("berlin52", "eil51", "kroA100")
RECONSTRUCT_SECONDS = {20: 1.0, 50: 3.0, 100: 3.0}  # for each instance, solved as one batch
TSPLIB_SECONDS = 30.0
TRAINING = {
    "algorithm": "imitation of near-optimal tours on random sub-paths, all symmetries of the square",
    "labels": "8192 uniform instances of 20 nodes, 16384 of 50 and 16384 of 100, solved by mdpzoo_combinatorial."
    "local_search with 5 kicks a node (0.1 % above LKH at 100 nodes); label seed 2026",
    "first_fit": "seed 1; 5000 updates, 1167373 decisions; rate 1.5e-3 on a cosine towards 2400000 decisions",
    "second_fit": "seed 2, fresh optimiser; 300000 decisions on the first 1024, 2048, 3072 labels; rate 8e-4 to 8e-6",
    "script": "benchmarks/train_bq_nco_tsp.py",
    "machine": "one thread of a server CPU (x86-64, AVX-512), float32, no GPU",
}


def uniform(size: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Fresh coordinates ``[count, size, 2]`` and the lengths ``[count]`` of near-optimal tours."""
    instances = generate("TSP", count, size, FRESH_SEED)
    coordinates = np.stack([each.coordinates for each in instances])
    return coordinates, solve_batch(coordinates, iterations=100 * size, seed=FRESH_SEED)[1]


def lkh(data: Path) -> tuple[np.ndarray, np.ndarray]:
    """LKH's instances ``[128, 100, 2]`` and lengths ``[128]``."""
    with np.load(data / "random" / "tsp100_lkh_128.npz", allow_pickle=False) as file:
        return file["coordinates"].astype(np.float64), file["lengths"].astype(np.float64)


def measure(checkpoint: Path, data: Path | None, name: str, decoding: str, count: int) -> dict[str, Any]:
    """One row of the card: gap in percent with its 95 % interval, CPU-seconds and rounds an instance."""
    torch.set_num_threads(1)
    agent = BQNCO.load(checkpoint)
    if name in TSPLIB:
        assert data is not None
        instance = read_instance(data / "tsplib" / f"{name}.tsp")
        best = np.array([json.loads((data / "tsplib" / "optima.json").read_text())[name]["optimum"]], np.float64)
        given: Any = instance
        seconds = TSPLIB_SECONDS
    else:
        given, best = lkh(data) if name == "lkh100" and data else uniform(int(name.removeprefix("uniform")), count)
        given, best = given[:count], best[:count]
        seconds = RECONSTRUCT_SECONDS[given.shape[1]] * len(given)
    began = time.process_time()
    limit = {"seconds": seconds} if decoding == "reconstruct" else {}
    found = agent.solve(given, decoding, seed=0, **limit)
    cpu = (time.process_time() - began) / len(best)
    gaps = 100 * (found.objective / best - 1)
    row = {"set": name, "decoding": decoding, "instances": len(gaps), "gap_percent": round(float(gaps.mean()), 3)}
    if len(gaps) > 1:
        row["interval_95"] = round(float(1.96 * gaps.std(ddof=1) / len(gaps) ** 0.5), 3)
    else:
        row["objective"] = float(found.objective[0])
    return row | {"cpu_seconds_per_instance": round(cpu, 4), "rounds": found.rounds}


def main() -> None:
    """Reads the command line, measures and writes the card."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--checkpoint", type=Path, required=True)
    parser.add_argument("--data", type=Path, help="folder with random/ and tsplib/; their rows are left out without it")
    parser.add_argument("--card", type=Path, required=True, help="the JSON file to write")
    parser.add_argument("--count", type=int, default=128, help="instances decoded greedily")
    parser.add_argument("--few", type=int, default=64, help="instances decoded by slower methods")
    parser.add_argument("--training-cpu-minutes", type=float, required=True, help="what the training script took")
    parser.add_argument("--jobs", type=int, default=1, help="processes, each of one thread")
    options = parser.parse_args()
    names = [*(["lkh100"] if options.data else []), *(f"uniform{size}" for size in reversed(FRESH))]
    tasks = [(name, "reconstruct", options.few) for name in names]
    tasks += [(name, "symmetric", options.few) for name in names] + [(name, "greedy", options.count) for name in names]
    tasks += [(name, decoding, 1) for name in TSPLIB for decoding in ("greedy", "reconstruct") if options.data]
    with ProcessPoolExecutor(options.jobs, get_context("spawn")) as pool:
        jobs = [pool.submit(measure, options.checkpoint, options.data, *task) for task in tasks]
        rows = []
        for job in jobs:
            rows.append(job.result())
            print(json.dumps(rows[-1]), flush=True)
    agent = BQNCO.load(options.checkpoint)
    weights = sum(each.numel() for each in agent.policy.network.parameters())
    card = {
        "agent": "bq-nco",
        "problem": "TSP",
        "weights": weights,
        "network": vars(agent.policy.network.settings),
        "training": TRAINING | {"cpu_minutes": options.training_cpu_minutes},
        "measured": "gap to the expert in percent, mean over instances with the half-width of its 95 % interval; "
        "the expert of uniform sets is local search with 100 kicks a node, of lkh100 LKH, of TSPLIB the optimum",
        "results": rows,
    }
    options.card.write_text(json.dumps(card, indent=1) + "\n")


if __name__ == "__main__":
    main()
