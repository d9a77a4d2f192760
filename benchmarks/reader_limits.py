"""Files as large as the readers of instances and solutions take: seconds and memory, each in a process of its own.

Exits with 1 where one takes more than 2 CPU-seconds or more than 200 MB beyond the imports, unless ``--rows`` asks for
the figures, whatever they are. Linux only.
"""

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from fuzz_readers import MEGABYTES, SECONDS, attempt, in_a_process, peak
from science.row_printing import add_rows, show

from mdpzoo_combinatorial import generate
from mdpzoo_combinatorial.instances import TSPInstance


def limits() -> dict[str, tuple[str, Callable[[], bytes]]]:
    """Files that are as large as a reader takes, by what they are; each with its ending."""
    big = "NAME: b\nTYPE: {}\nDIMENSION: {}\nEDGE_WEIGHT_TYPE: {}\n{}"
    nodes = "\n".join(f"{k} {k}.25 {k * 7 % 1000}.125" for k in range(1, 200_001))
    ones = "\n".join(f"{k} {int(k > 1)}" for k in range(1, 200_001))
    matrix = "EDGE_WEIGHT_FORMAT: {}\nEDGE_WEIGHT_SECTION\n"
    return {
        "TSP of 200 000 nodes": (".tsp", lambda: big.format("TSP", 200_000, "EUC_2D", f"NODE_COORD_SECTION\n{nodes}")),
        "CVRP of 200 000 nodes": (".vrp", lambda: big.format(
            "CVRP", 200_000, "EUC_2D", f"CAPACITY: 9\nNODE_COORD_SECTION\n{nodes}\nDEMAND_SECTION\n{ones}")),
        "OP of 200 000 nodes": (".oplib", lambda: big.format(
            "OP", 200_000, "GEO", f"COST_LIMIT: 9\nNODE_COORD_SECTION\n{nodes}\nNODE_SCORE_SECTION\n{ones}")),
        "ATSP of 2 000 nodes": (".atsp", lambda: big.format(
            "ATSP", 2_000, "EXPLICIT", matrix.format("FULL_MATRIX") + ("12345 " * 2_000 + "\n") * 2_000)),
        "TSP of 2 000 nodes, lower": (".tsp", lambda: big.format(
            "TSP", 2_000, "EXPLICIT", matrix.format("LOWER_DIAG_ROW") + ("1234567 " * 1_000 + "\n") * 2_001)),
        "matrix, a weight a line": (".tsp", lambda: big.format(
            "TSP", 1_000, "EXPLICIT", matrix.format("UPPER_ROW") + "123\n" * 499_500)),
        "XRAY of 2 000 nodes": (".tsp", lambda: big.format(
            "TSP", 2_000, "XRAY2", "NODE_COORD_SECTION\n" + "\n".join(f"{k} {k} {k} {k}" for k in range(1, 2_001)))),
        "comments": (".tsp", lambda: "COMMENT : 12345678901234567890123456789012\n" * 550_000),
        "blank lines": (".tsp", lambda: "\n" * 25_000_000),
        "one long line": (".tsp", lambda: "0 " * 12_000_000),
        "CSV of 100 000 nodes": (".csv", lambda: "x,y\n" + "\n".join(f"{k}.5,{k}.125" for k in range(100_000))),
        "CSV with quotation marks": (".csv", lambda: "name,x,y\n" + "\n".join(f'"a",{k},{k}' for k in range(100_000))),
        "CSV matrix of 2 000 nodes": (".csv", lambda: (",".join(["0"] * 2_000) + "\n") * 2_000),
        "knapsack of 100 000 items": (".txt", lambda: "100000 5\n" + "123456 123456\n" * 100_000),
        "knapsack, wide lines": (".txt", lambda: "100000 5\n" + "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8\n" * 400_000),
        "tour of 200 000 nodes": (".tour", lambda: "TOUR_SECTION\n" + "\n".join(map(str, range(1, 200_001)))),
        "routes, one a line": (".sol", lambda: "".join(f"Route #{k}: {k}\n" for k in range(1, 199_000))),
        "routes in long lines": (".sol", lambda: ("Route #1: " + "1 " * 500_000 + "\n") * 24),
        "JSON of empty lists": (".json", lambda: "[" + "[]," * 690_000 + "[]]"),
        "JSON of lists": (".json", lambda: "[" + "[1]," * 500_000 + "[1]]"),
        "JSON of numbers": (".json", lambda: "[" + "1," * 1_000_000 + "1]"),
        "JSON, nested": (".json", lambda: "[" * 2_000_000),
    }  # fmt: skip


def _limit(path: str, solved: str | None, queue: "multiprocessing.Queue[dict]") -> None:
    instance = None
    if solved == "TSP":
        instance = TSPInstance("t", np.random.default_rng(0).random((200_000, 2)))
    elif solved == "CVRP":
        instance = generate("CVRP", 1, 199_999, 0)[0]
    before, began, used = peak(forget=True), time.perf_counter(), time.process_time()
    complaint = attempt(Path(path), instance)
    queue.put(
        {
            "seconds": time.process_time() - used,
            "wall": time.perf_counter() - began,
            "megabytes": peak() - before,
            "complaint": complaint,
        }
    )


def main() -> int:
    """Reads the command line, and returns 1 if a file takes longer, or more memory, than is promised."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    add_rows(parser)
    options = parser.parse_args()
    most = show(read_all(), options.rows)[-1]
    return int(options.rows is None and (most["cpu_seconds"] > SECONDS or most["megabytes"] > MEGABYTES))


def read_all() -> Iterator[dict[str, Any]]:
    """Yields what each file costs, and at last the most that any of them does."""
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as beside:
        for name, (ending, content) in limits().items():
            path = Path(beside) / f"limit{ending}"
            path.write_text(content())
            solved = {".tour": "TSP", ".sol": "CVRP", ".json": "CVRP"}.get(ending)
            died = {"seconds": float("inf"), "wall": float("inf"), "megabytes": float("inf"), "complaint": "it died"}
            told = in_a_process(_limit, str(path), solved) or died
            answer = (told["complaint"] or "read").replace(repr(str(path)), "").lstrip(":, ")[:60]
            spent = {"cpu_seconds": told["seconds"], "seconds": told["wall"], "megabytes": told["megabytes"]}
            rows.append({"file": name, "mebibytes": round(path.stat().st_size / 2**20, 1), "answer": answer, **spent})
            yield rows[-1]
    most = {field: max(row[field] for row in rows) for field in ("cpu_seconds", "seconds", "megabytes")}
    yield {"file": "the most of all", "mebibytes": max(row["mebibytes"] for row in rows), "answer": "", **most}


if __name__ == "__main__":
    sys.exit(main())
