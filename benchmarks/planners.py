"""Discounted planners beside quantecon, mdpsolver, pymdptoolbox and SciPy by hand: CPU seconds, in turn, in one run.

    python benchmarks/planners.py --peers PATH/bin/python
    python benchmarks/planners.py --peers PATH/bin/python --held-back

With ``--held-back``, our default is timed beside quantecon's modified policy iteration alone, on models of other kinds,
sizes, numbers of successors and actions and discounts, none of which our default was tuned on.

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
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from science.row_printing import add_rows, show

from mdpzoo.models import TabularMDP
from mdpzoo.planning import solve_discounted

WORKER = Path(__file__).parent / "planner_peers" / "planner_worker.py"
DISCOUNT, TOLERANCE = 0.99, 1e-6
BEST, PEER = "ours, modified-policy-iteration", "quantecon, modified policy iteration"


def sparse(states: int, actions: int = 4, width: int = 5, seed: int = 0) -> TabularMDP:
    """Random successors, then their law, then rewards: by default the model of the method sheet."""
    generator = np.random.default_rng(seed)
    successors = generator.integers(states, size=(actions * states, width))
    law = generator.dirichlet(np.ones(width), actions * states)
    return rectangular(successors, law, generator.random((states, actions)), np.zeros(states, bool))


def garnet(states: int, actions: int, width: int, seed: int, paying: float) -> TabularMDP:
    """Garnet models (Archibald et al. 1995): cuts of the unit interval; a part of the states pays, whatever is done."""
    generator = np.random.default_rng(seed)
    successors = generator.integers(states, size=(actions * states, width))
    cuts = np.sort(generator.random((actions * states, width - 1)), 1)
    law = np.diff(cuts, axis=1, prepend=0, append=1) + 1e-12
    law /= law.sum(1, keepdims=True)
    rewards = generator.normal(size=states) * (generator.random(states) < paying)
    return rectangular(successors, law, np.repeat(rewards, actions), np.zeros(states, bool))


def meadow(side: int, slip: float, seed: int) -> TabularMDP:
    """The moves of ``grid`` without an end; every state has a random reward."""
    model = grid(side, slip)
    rewards = np.repeat(np.random.default_rng(seed).random(side * side), 4)
    return rectangular(model.successors.reshape(-1, 3), model.probabilities, rewards, np.zeros(side * side, bool))


def renumbered(model: TabularMDP, width: int, seed: int) -> TabularMDP:
    """The same model with its states in random order; its rows must all have ``width`` entries."""
    places = np.random.default_rng(seed).permutation(model.num_states)
    back, shape = np.argsort(places), (model.num_states, -1, width)
    successors, law = places[model.successors].reshape(shape)[back], model.probabilities.reshape(shape)[back]
    rewards = model.rewards.reshape(shape)[back, :, 0]
    return rectangular(successors.reshape(-1, width), law, rewards, model.terminal[back])


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

HELD_BACK = {  # name: discount, model
    "random sparse, 60 000 states, 4 actions, 5 successors": (0.99, lambda: sparse(60_000, 4, 5, 101)),
    "random sparse, 20 000 states, 16 actions, 2 successors": (0.9, lambda: sparse(20_000, 16, 2, 102)),
    "random sparse, 100 000 states, 6 actions, 8 successors": (0.95, lambda: sparse(100_000, 6, 8, 103)),
    "random sparse, 40 000 states, 8 actions, 20 successors": (0.999, lambda: sparse(40_000, 8, 20, 104)),
    "random sparse, 300 000 states, 3 actions, 4 successors": (0.99, lambda: sparse(300_000, 3, 4, 105)),
    "random sparse, 500 000 states, 2 actions, 3 successors": (0.95, lambda: sparse(500_000, 2, 3, 106)),
    "random sparse, 150 000 states, 2 actions, 2 successors": (0.999, lambda: sparse(150_000, 2, 2, 107)),
    "Garnet, 30 000 states, 4 actions, 3 successors": (0.99, lambda: garnet(30_000, 4, 3, 108, 0.2)),
    "Garnet, 100 000 states, 3 actions, 10 successors": (0.999, lambda: garnet(100_000, 3, 10, 109, 0.05)),
    "Garnet, 20 000 states, 10 actions, 5 successors": (0.95, lambda: garnet(20_000, 10, 5, 110, 0.5)),
    "grid 170 x 170 with a goal, slip 0.1": (0.99, lambda: grid(170, 0.1)),
    "grid 400 x 400 with a goal, slip 0.4": (0.95, lambda: grid(400, 0.4)),
    "grid 150 x 150 with a goal, slip 0.2": (0.999, lambda: grid(150, 0.2)),
    "grid 250 x 250 of random rewards, slip 0.2": (0.9, lambda: meadow(250, 0.2, 111)),
    "grid 180 x 180 of random rewards, slip 0.5": (0.99, lambda: meadow(180, 0.5, 112)),
    "chain of 40 000, slip 0.2": (0.99, lambda: chain(40_000, 0.2)),
    "chain of 200 000, slip 0.02": (0.95, lambda: chain(200_000, 0.02)),
    "chain of 20 000, slip 0.1": (0.999, lambda: chain(20_000, 0.1)),
    "grid 150 x 150 with a goal, renumbered": (0.99, lambda: renumbered(grid(150, 0.2), 3, 113)),
    "grid 160 x 160 of random rewards, renumbered": (0.95, lambda: renumbered(meadow(160, 0.3, 114), 3, 115)),
    "chain of 40 000, slip 0.1, renumbered": (0.95, lambda: renumbered(chain(40_000, 0.1), 2, 116)),
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


def compare(libraries: list[Library], name: str, options: argparse.Namespace, folder: Path) -> Iterator[dict[str, Any]]:
    """Yields rows for one model."""
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
    for solver, seconds in found.items():
        ratio = statistics.median(mine / theirs for mine, theirs in zip(found[BEST], seconds, strict=False))
        row = {"model": title, "solver": solver, "seconds": statistics.median(seconds)}
        yield row | {"least": min(seconds), "most": max(seconds), "ratio": ratio, "error": first[solver][2]}


def hold_back(libraries: list[Library], name: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """A row for one held-back model."""
    discount, build = HELD_BACK[name]
    model, path, reference = build(), str(folder / "model.npz"), str(folder / "reference.npy")
    found = solve_discounted(model, discount, TOLERANCE)
    model.save(path)
    np.save(reference, found.values)
    libraries[0].ask("load", path, discount)
    libraries[1].ask("load", path, discount, "quantecon")
    libraries[1].ask("reference", reference)
    pairs = []
    for turn in range(options.repetitions + 1):  # the first is a warm-up
        answers = [
            library.ask("solve", solver, TOLERANCE) for library, solver in zip(libraries, (BEST, PEER), strict=True)
        ]
        pairs += [[answer[0] for answer in answers]] if turn else []
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratios = [mine / other for mine, other in pairs]
    row = {"model": name, "discount": discount, "ours": ours, "theirs": theirs, "ratio": statistics.median(ratios)}
    row |= {"least": min(ratios), "most": max(ratios)}
    return row | {"bound": found.error_bound, "distance": answers[1][2]}


def main() -> None:
    """Reads the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--peers", help="the Python of the peers' environment; without it, ours alone")
    parser.add_argument("--models", nargs="*", default=[*MODELS], choices=[*MODELS])
    parser.add_argument("--held-back", action="store_true", help="the held-back models; needs --peers")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--slow", type=float, default=2.0, help="seconds above which a solver is run once")
    parser.add_argument("--core", type=int, default=max(os.sched_getaffinity(0)), help="the CPU core to stay on")
    add_rows(parser)
    options = parser.parse_args()
    libraries = [Library("ours", sys.executable, options.core)]
    if options.held_back and not options.peers:
        parser.error("--held-back compares with quantecon; give --peers PATH/bin/python")
    if options.peers:
        libraries.append(Library("peers", options.peers, options.core))
    show(measured(libraries, options), options.rows)


def measured(libraries: list[Library], options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yields the rows of the models that are asked for."""
    with tempfile.TemporaryDirectory() as folder:
        if options.held_back:
            yield from (hold_back(libraries, name, options, Path(folder)) for name in HELD_BACK)
            return
        for name in options.models:
            yield from compare(libraries, name, options, Path(folder))


if __name__ == "__main__":
    main()
