"""How good the iterated local search is for its time: uniform instances of 100 nodes against LKH's tours.

    python benchmarks/local_search.py --data DATA

``DATA`` holds ``random/tsp100_lkh_128.npz`` with ``coordinates [128, 100, 2]`` and ``lengths [128]``.
"""

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

from mdpzoo_combinatorial.local_search.symmetric_search import solve_batch

KICKS = (0, 100, 300, 1_000, 3_000, 10_000)


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    add_rows(parser)
    options = parser.parse_args()
    show(gaps_by_kicks(options.data), options.rows)


def gaps_by_kicks(data: Path) -> Iterator[dict[str, Any]]:
    """Yields mean gap and CPU time of every number of kicks."""
    with np.load(data / "random" / "tsp100_lkh_128.npz", allow_pickle=False) as file:
        coordinates, best = file["coordinates"].astype(np.float64), file["lengths"].astype(np.float64)
    solve_batch(coordinates[:1], iterations=1, seed=0)  # compiles
    for kicks in KICKS:
        began = time.process_time()
        gaps = 100 * (solve_batch(coordinates, iterations=kicks, seed=0)[1] / best - 1)
        spent = 1000 * (time.process_time() - began) / len(best)
        half_width = 1.96 * gaps.std(ddof=1) / len(best) ** 0.5
        yield {"kicks": kicks, "gap": gaps.mean(), "half_width": half_width, "milliseconds": spent}


if __name__ == "__main__":
    main()
