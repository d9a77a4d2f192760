"""A script that runs LKH through elkai several times and writes each tour.

elkai fixes LKH's seed, so the nodes are shuffled to make the runs differ.
"""

import json
import os
import random
import signal
import sys


def main() -> None:
    """Reads the task from standard input and writes one tour per line."""
    import elkai

    task = json.load(sys.stdin)
    if task["alarm"] and hasattr(signal, "alarm"):
        signal.alarm(task["alarm"])
    out = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # LKH may write to standard output
    out.write("null\n")  # ready
    out.flush()
    given = task["matrix"] or task["coordinates"]
    draws = random.Random(task["seed"])
    for _ in range(task["runs"]):
        order = list(range(len(given)))
        draws.shuffle(order)
        if task["matrix"]:
            tour = elkai.DistanceMatrix([[given[i][j] for j in order] for i in order]).solve_tsp(1)
        else:
            tour = elkai.Coordinates2D({k: tuple(given[node]) for k, node in enumerate(order)}).solve_tsp(1)
        out.write(json.dumps([order[position] for position in tour[:-1]]) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
