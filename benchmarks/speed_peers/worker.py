"""How every library of the speed comparison is measured: one thread, CPU time, whole episodes, resets left out.

A library's script hands ``main`` a function that turns a problem, its size and B into plays; this file uses the
standard library alone, so it runs in every peer's own environment. By itself a script prints one JSON line a
measurement; with ``--serve`` it answers requests, one JSON line each, so that a driver can alternate between
libraries whose compiled code stays warm.
"""

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

CORE = int(sys.argv[sys.argv.index("--core") + 1]) if "--core" in sys.argv else max(os.sched_getaffinity(0))
os.sched_setaffinity(0, {CORE})  # before any library counts the cores
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")

ALONE, SAMPLER = "alone", "sampler"  # legal actions prepared beforehand; drawn uniformly at every step
PROBLEMS = ("TSP", "ATSP", "CVRP", "OP", "Knapsack")


class Play(NamedTuple):
    """Episodes of a batch.

    Attributes:
        begin: starts the episodes, not timed.
        run: plays on from what ``begin`` has returned, timed; returns how many steps it took: every row of every
            call counts, rows that have ended included.
    """

    begin: Callable[[], Any]
    run: Callable[[Any], int]


Plays = dict[tuple[str, str], Play]  # by how the library is used, and by kind
Prepare = Callable[[str, int, int], Plays]


def measure(play: Play, seconds: float) -> float:
    """Steps per CPU-second of this process, over whole runs that take ``seconds`` or more together."""
    spent, steps = 0.0, 0
    while spent < seconds:
        state = play.begin()
        began = time.process_time()
        steps += play.run(state)
        spent += time.process_time() - began
    return steps / spent


def main(library: str, prepare: Prepare) -> None:
    """Serves requests, or prints a JSON line for every measurement that the arguments ask for."""
    parser = argparse.ArgumentParser(description=f"Measures {library}.")
    parser.add_argument("--serve", action="store_true", help="answer JSON requests from standard input")
    parser.add_argument("--core", type=int, default=CORE, help="the CPU core to stay on")
    parser.add_argument("--problems", nargs="*", default=PROBLEMS)
    parser.add_argument("--sizes", nargs="*", type=int, default=(50, 100))
    parser.add_argument("--batches", nargs="*", type=int, default=(1, 64, 1024, 4096))
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.15, help="least CPU time of a repetition")
    options = parser.parse_args()
    known = lru_cache(1)(prepare)  # of one shape at a time: batches of 4096 rows take memory
    if options.serve:
        serve(known, options.seconds)
        return
    for problem, size, batch in shapes(options):
        for (usage, kind), play in known(problem, size, batch).items():
            measure(play, options.seconds)  # a warm-up: caches, compilation, the clock
            rates = [measure(play, options.seconds) for _ in range(options.repetitions)]
            print(json.dumps(row(usage, kind, problem, size, batch, rates)), flush=True)


def shapes(options: argparse.Namespace) -> Iterator[tuple[str, int, int]]:
    """Every problem, size and B that the arguments name."""
    for problem in options.problems:
        for size in options.sizes:
            for batch in options.batches:
                yield problem, size, batch


def row(usage: str, kind: str, problem: str, size: int, batch: int, rates: list[float]) -> dict[str, Any]:
    """One measurement as it is printed."""
    return {
        "library": usage,
        "problem": problem,
        "n": size,
        "B": batch,
        "kind": kind,
        "steps_per_cpu_second": round(statistics.median(rates)),
        "least": round(min(rates)),
        "most": round(max(rates)),
    }


def serve(prepare: Prepare, seconds: float) -> None:
    """Answers ``[problem, size, B]`` with its plays, ``[problem, size, B, usage, kind]`` with a rate."""
    for line in sys.stdin:
        problem, size, batch, *which = json.loads(line)
        plays = prepare(problem, size, batch)
        answer = measure(plays[tuple(which)], seconds) if which else [list(each) for each in plays]
        print(json.dumps(answer), flush=True)
