"""Discounted planners beside quantecon, mdpsolver, pymdptoolbox and SciPy by hand: CPU seconds, in turn, in one run.

    python benchmarks/planners.py --peers PATH/bin/python

PATH is a virtual environment made as ``planner_peers/planner_worker.py`` says. Ours run in a process of their own with
this Python, the peers in another with theirs; both on one core and one thread, asked in turn once a repetition. A ratio
is the median over repetitions of ours divided by theirs within one: below 1 ours is faster. "error" is the greatest
distance from a reference that is certified to 1e-9. All are asked for an error of 1e-6. Solvers that take over
``--slow`` seconds are run once.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from mdpzoo.models import TabularMDP
from mdpzoo.planning import solve_discounted

WORKER = Path(__file__).parent / "planner_peers" / "planner_worker.py"
DISCOUNT, TOLERANCE = 0.99, 1e-6
BEST = "ours, modified-policy-iteration"


def sparse(states: int) -> TabularMDP:
    """Random successors, then their law, then rewards: the model of the method sheet."""
    generator = np.random.default_rng(0)
    successors = generator.integers(states, size=(4 * states, 5))
    law = generator.dirichlet(np.ones(5), 4 * states)
    return rectangular(successors, law, generator.random((states, 4)), np.zeros(states, bool))


def grid(side: int, slip: float = 0.2) -> TabularMDP:
    """Four moves, each slipping to either side with half of ``slip``; -1 a step until the last corner."""
    place = np.arange(side * side)
    column, row = place % side, place // side
    moves = [(1, 0), (0, 1), (-1, 0), (0, -1)]
    to = [np.clip(row + y, 0, side - 1) * side + np.clip(column + x, 0, side - 1) for x, y in moves]
    successors = np.stack([np.stack([to[a], to[(a + 1) % 4], to[a - 1]], 1) for a in range(4)], 1)
    law = np.tile([1 - slip, slip / 2, slip / 2], (4 * side * side, 1))
    return rectangular(successors.reshape(-1, 3), law, np.full((side * side, 4), -1.0), place == side * side - 1)


def chain(states: int, slip: float) -> TabularMDP:
    """Remainder or right, the other way with chance ``slip``; 0.005 a step at the left end, 1 at the right."""
    place = np.arange(states)
    left, right = np.maximum(place - 1, 0), np.minimum(place + 1, states - 1)
    successors = np.stack([np.stack([left, right], 1), np.stack([right, left], 1)], 1).reshape(-1, 2)
    rewards = np.zeros((states, 2))
    rewards[0, 0], rewards[-1, 1] = 0.005, 1.0
    return rectangular(successors, np.tile([1 - slip, slip], (2 * states, 1)), rewards, np.zeros(states, bool))


def rectangular(successors: Any, law: Any, rewards: Any, terminal: Any) -> TabularMDP:
    """A model whose rows ``[S A, K]`` have the same length; it starts in state 0."""
    width, states = successors.shape[1], len(terminal)
    offsets = np.arange(0, successors.size + 1, width)
    start = np.eye(1, states)[0]
    return TabularMDP(offsets, successors.ravel(), law.ravel(), np.repeat(rewards.ravel(), width), start, terminal)


MODELS = {
    "small": ("random sparse, S = 1000", lambda: sparse(1000)),
    "sparse": ("random sparse, S = 100 000", lambda: sparse(100_000)),
    "grid": ("slippery grid 300 x 300", lambda: grid(300)),
    "chain": ("chain of 100 000, slip 0.05", lambda: chain(100_000, 0.05)),
    "near": ("chain of 100 000, slip 0.001", lambda: chain(100_000, 0.001)),
}


class Library:
    """A process that solves on request."""

    def __init__(self, kind: str, python: str, core: int) -> None:
        """Starts it on one core."""
        command = ["taskset", "-c", str(core), python, str(WORKER), kind]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *request: Any) -> Any:
        """Sends a request and waits for its answer."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"a worker has failed at {request}; its error stands above")
        return json.loads(answer)


def compare(libraries: list[Library], name: str, options: argparse.Namespace, folder: Path) -> list[str]:
    """Table rows for one model."""
    title, build = MODELS[name]
    model = build()
    path, reference = str(folder / "model.npz"), str(folder / "reference.npy")
    model.save(path)
    np.save(reference, solve_discounted(model, DISCOUNT, 1e-9).values)
    asked = []
    for library in libraries:
        asked += [(library, solver) for solver in library.ask("load", path, DISCOUNT)]
        library.ask("reference", reference)
    first = {solver: library.ask("solve", solver, TOLERANCE) for library, solver in asked}  # a warm-up
    found: dict[str, list[float]] = {solver: [] for _, solver in asked}
    for turn in range(options.repetitions):
        for library, solver in asked:
            slow = first[solver][0] > options.slow
            if not (slow and turn):
                found[solver].append(first[solver][0] if slow else library.ask("solve", solver, TOLERANCE)[0])
        print(f"{title}: repetition {turn + 1} done", file=sys.stderr, flush=True)
    lines = []
    for solver, seconds in found.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(found[BEST], seconds, strict=False))
        spread = f"{statistics.median(seconds):.3g} ({min(seconds):.3g} to {max(seconds):.3g})"
        lines.append(f"| {title} | {solver} | {spread} | {ratio:.2f} | {first[solver][2]:.1e} |")
    return lines


def main() -> None:
    """Measures and prints Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="the Python of the peers' environment; without it, ours alone")
    parser.add_argument("--models", nargs="*", default=[*MODELS], choices=[*MODELS])
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--slow", type=float, default=2.0, help="seconds above which a solver is run once")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the CPU core to stay on")
    options = parser.parse_args()
    libraries = [Library("ours", sys.executable, options.core)]
    if options.peers:
        libraries.append(Library("peers", options.peers, options.core))
    print("| model | solver | CPU seconds, median (range) | our default / this | error |")
    print("| --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in options.models:
            print("\n".join(compare(libraries, name, options, Path(folder))), flush=True)


if __name__ == "__main__":
    main()
