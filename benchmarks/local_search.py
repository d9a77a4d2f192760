"""How good the iterated local search is for its time: uniform instances of 100 nodes against LKH's tours.

    python benchmarks/local_search.py --data DATA

``DATA`` holds ``random/tsp100_lkh_128.npz`` with ``coordinates [128, 100, 2]`` and ``lengths [128]``.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from mdpzoo_combinatorial.local_search.symmetric_search import solve_batch

KICKS = (0, 100, 300, 1_000, 3_000, 10_000)


def main() -> None:
    """Measures and prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    with np.load(parser.parse_args().data / "random" / "tsp100_lkh_128.npz", allow_pickle=False) as file:
        coordinates, best = file["coordinates"].astype(np.float64), file["lengths"].astype(np.float64)
    solve_batch(coordinates[:1], iterations=1, seed=0)  # compiles
    print("| kicks | mean gap % | half-width of its 95 % interval | CPU-ms an instance |")
    print("| --- | --- | --- | --- |")
    for kicks in KICKS:
        began = time.process_time()
        gaps = 100 * (solve_batch(coordinates, iterations=kicks, seed=0)[1] / best - 1)
        spent = 1000 * (time.process_time() - began) / len(best)
        print(f"| {kicks} | {gaps.mean():.3f} | {1.96 * gaps.std(ddof=1) / len(best) ** 0.5:.3f} | {spent:.1f} |")


if __name__ == "__main__":
    main()
