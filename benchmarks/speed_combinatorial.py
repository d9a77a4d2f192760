"""Combinatorial environments beside RL4CO, Jumanji and a plain NumPy loop: steps per CPU-second, in turn, in one run.

Each library runs in a process of its own, on one core and one thread, with its own Python: ours in this one, the peers'
in environments that their scripts in ``speed_peers/`` say how to make (a ``python3 -m venv``, a ``pip install``):

    python benchmarks/speed_combinatorial.py --peer-python rl4co=PATH/bin/python jumanji=PATH/bin/python

For every shape and kind the processes are asked in turn, once a repetition; ratios are the medians over repetitions of
ratios within one. "alone": legal actions prepared beforehand. "sampler": the same masked-uniform sampler for all.
Resets are left out. Every row of every call is a step, rows that have ended included, for all alike. A step of CVRP
is a customer here and a visit, be it the depot's, in the peers. A scan of Jumanji's is no loop of steps.
"""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from science.row_printing import add_rows, show

PEERS = Path(__file__).parent / "speed_peers"
NAMES = {  # what the processes call their loops, and the fields of a row
    "ours, numpy output": "ours",
    "ours, torch output": "torch",
    "plain NumPy loop": "numpy",
    "RL4CO": "rl4co",
    "Jumanji": "jumanji",
}


class Library:
    """A process that measures one library on request."""

    def __init__(self, script: str, python: str, options: list[str]) -> None:
        """Starts it."""
        command = [python, str(PEERS / f"{script}_speed.py"), "--serve", *options]
        self.name = script
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *request: Any) -> Any:
        """Sends a request and waits for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{self.name} has failed at {request}; its error stands above")
        return json.loads(answer)


def compare(libraries: list[Library], shape: tuple[str, int, int], repetitions: int) -> list[dict[str, Any]]:
    """Measures all that can play a shape; a row each for every kind."""
    asked = [(library, usage, kind) for library in libraries for usage, kind in library.ask(*shape)]
    for library, usage, kind in asked:
        library.ask(*shape, usage, kind)  # a warm-up
    rates: dict[tuple[str, str], list[float]] = {(usage, kind): [] for _, usage, kind in asked}
    for _ in range(repetitions):
        for library, usage, kind in asked:
            rates[usage, kind].append(library.ask(*shape, usage, kind))
    return [
        {"problem": shape[0], "n": shape[1], "B": shape[2], "library": usage, "kind": kind, "rates": found}
        for (usage, kind), found in rates.items()
    ]


def table(found: dict[str, list[float]]) -> dict[str, Any]:
    """The rates of one shape and kind, and the ratios of our best usage to everybody else's.

    Args:
        found: rates by library.
    """
    rates = {name: found.get(library) for library, name in NAMES.items()}
    best = max((found[each] for each in found if each.startswith("ours")), key=statistics.median, default=None)
    row: dict[str, Any] = {name: each and statistics.median(each) / 1e6 for name, each in rates.items()}
    return row | {f"to_{name}": _ratio(best, rates[name]) for name in ("numpy", "rl4co", "jumanji")}


def _ratio(ours: list[float] | None, theirs: list[float] | None) -> float | None:
    if ours is None or theirs is None:
        return None
    return statistics.median(a / b for a, b in zip(ours, theirs, strict=True))


def main() -> None:
    """Reads the command line; rates are medians, in million steps per CPU-second."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peer-python", nargs="*", default=[], metavar="PEER=PATH", help="rl4co=..., jumanji=...")
    parser.add_argument("--problems", nargs="*", default=["TSP", "CVRP", "ATSP", "OP", "Knapsack"])
    parser.add_argument("--sizes", nargs="*", type=int, default=[50, 100])
    parser.add_argument("--batches", nargs="*", type=int, default=[1, 64, 1024, 4096])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--seconds", default="0.1", help="least CPU time of a repetition")
    parser.add_argument("--core", help="the CPU core to stay on")
    add_rows(parser)
    options = parser.parse_args()
    passed = ["--seconds", options.seconds] + (["--core", options.core] if options.core else [])
    pythons = {"mdpzoo": sys.executable, "numpy": sys.executable}
    pythons |= dict(each.split("=", 1) for each in options.peer_python)
    libraries = [Library(script, python, passed) for script, python in pythons.items()]
    show(measured(libraries, options), options.rows)


def measured(libraries: list[Library], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yields a row for each shape and kind."""
    shapes = [(p, size, batch) for p in options.problems for size in options.sizes for batch in options.batches]
    for shape in shapes:
        kinds: dict[str, dict[str, list[float]]] = {}
        for row in compare(libraries, shape, options.repetitions):
            kinds.setdefault(row["kind"], {})[row["library"]] = row["rates"]
        for kind, found in kinds.items():
            yield dict(zip(("problem", "n", "B"), shape, strict=True)) | {"kind": kind} | table(found)


if __name__ == "__main__":
    main()
