"""One library's solvers of discounted models, timed on request; runs in that library's own Python, on one thread.

The environment of the peers (about 400 MB) is made by

    python3 -m venv PATH
    PATH/bin/pip install quantecon==0.11.4 mdpsolver==0.10.2 pymdptoolbox==4.0b3 scipy

Requests are JSON lines: ``["load", file, discount]`` reads a model (what ``TabularMDP.save`` writes; the peers take a
fourth entry, ``"quantecon"``, to load that library alone), ``["solve", name, tolerance]`` answers with CPU seconds, the
first state's value and how far the values are from the reference, if ``["reference", file]`` has named one. Building a
library's own model object is not timed, ours is part of the solver.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1", NUMBA_NUM_THREADS="1")

import numpy as np

Solver = Callable[[float], Any]  # tolerance -> values [S]


class Arrays:
    """A model's arrays; terminal states' rows stay where they are and pay nothing."""

    def __init__(self, path: str, discount: float) -> None:
        """Reads them."""
        with np.load(path) as file:
            self.offsets, self.successors = file["offsets"], file["successors"].copy()
            self.probabilities, rewards = file["probabilities"], file["rewards"]
            terminal = file["terminal"]
        self.discount, self.states = discount, len(terminal)
        self.actions = (len(self.offsets) - 1) // self.states
        self.rewards = np.add.reduceat(self.probabilities * rewards, self.offsets[:-1])
        rows = np.repeat(np.arange(self.states * self.actions), np.diff(self.offsets))
        ended = terminal[rows // self.actions]
        self.successors[ended] = rows[ended] // self.actions
        self.rewards[np.repeat(terminal, self.actions)] = 0.0

    def matrix(self) -> Any:
        """``[S A, S]`` SciPy CSR."""
        from scipy.sparse import csr_matrix

        shape = (self.states * self.actions, self.states)
        return csr_matrix((self.probabilities, self.successors, self.offsets), shape=shape)


def ours(path: str, discount: float) -> dict[str, Solver]:
    """MDPZoo's three methods."""
    from mdpzoo.models import TabularMDP
    from mdpzoo.planning import solve_discounted

    model = TabularMDP.load(path)

    def solver(method: str) -> Solver:
        return lambda tolerance: solve_discounted(model, discount, tolerance, method).values

    methods = ("modified-policy-iteration", "value-iteration", "gauss-seidel")
    return {f"ours, {each}": solver(each) for each in methods}


def peers(path: str, discount: float, only: str = "") -> dict[str, Solver]:
    """What the peers' environment has, or only quantecon's solvers for ``only="quantecon"``."""
    arrays = Arrays(path, discount)
    if only == "quantecon":
        return quantecon(arrays)
    found = {"SciPy CSR, span value iteration by hand": span_iteration(arrays)}
    return found | quantecon(arrays) | mdpsolver(arrays) | toolbox(arrays)


def span_iteration(arrays: Arrays) -> Solver:
    """Value iteration with the span stop and the midpoint, as one would write it; rounding is not bounded."""
    law, factor = arrays.matrix(), arrays.discount / (1 - arrays.discount)

    def solve(tolerance: float) -> Any:
        values = np.zeros(arrays.states)
        while True:
            new = (arrays.rewards + arrays.discount * (law @ values)).reshape(arrays.states, -1).max(1)
            change = new - values
            least, greatest = change.min(), change.max()
            values = new
            if factor * (greatest - least) / 2 <= tolerance:
                return values + factor * (greatest + least) / 2

    return solve


def quantecon(arrays: Arrays) -> dict[str, Solver]:
    """quantecon's DiscreteDP on state-action pairs; its epsilon is the error that it promises."""
    from quantecon.markov import DiscreteDP

    states = np.repeat(np.arange(arrays.states), arrays.actions)
    actions = np.tile(np.arange(arrays.actions), arrays.states)
    model = DiscreteDP(arrays.rewards, arrays.matrix(), arrays.discount, states, actions)

    def solver(method: str) -> Solver:
        return lambda tolerance: model.solve(method=method, epsilon=tolerance, max_iter=1_000_000).v

    return {"quantecon, modified policy iteration": solver("mpi"), "quantecon, value iteration": solver("vi")}


def mdpsolver(arrays: Arrays) -> dict[str, Solver]:
    """mdpsolver (C++), not parallel."""
    import mdpsolver as library

    bounds, actions = arrays.offsets.tolist(), arrays.actions

    def nested(column: Any) -> list[list[list[Any]]]:
        flat = column.tolist()
        rows = [flat[begin:end] for begin, end in zip(bounds, bounds[1:], strict=False)]
        return [rows[first : first + actions] for first in range(0, len(rows), actions)]

    model = library.model()
    rewards = arrays.rewards.reshape(-1, actions).tolist()
    probabilities, columns = nested(arrays.probabilities), nested(arrays.successors)
    model.mdp(discount=arrays.discount, rewards=rewards, tranMatProbs=probabilities, tranMatColumns=columns)

    def solver(algorithm: str) -> Solver:
        def solve(tolerance: float) -> Any:
            settings = {"parallel": False, "makeFinalCheck": False}
            # without a start it goes on from what it has solved before
            begin = {"initValueVector": [0.0] * arrays.states, "initPolicy": [0] * arrays.states}
            model.solve(algorithm=algorithm, tolerance=tolerance, **settings, **begin)
            return model.getValueVector()

        return solve

    return {"mdpsolver, modified policy iteration": solver("mpi"), "mdpsolver, value iteration": solver("vi")}


def toolbox(arrays: Arrays) -> dict[str, Solver]:
    """pymdptoolbox's value iteration; dense matrices inside, so small models only."""
    if arrays.states > 2000:
        return {}
    from mdptoolbox.mdp import PolicyIterationModified, ValueIteration

    law = [arrays.matrix()[action :: arrays.actions] for action in range(arrays.actions)]
    rewards = arrays.rewards.reshape(-1, arrays.actions)

    def solver(kind: Any) -> Solver:
        def solve(tolerance: float) -> Any:
            model = kind(law, rewards, arrays.discount, epsilon=tolerance)
            model.run()
            return np.array(model.V)

        return solve

    return {
        "pymdptoolbox, value iteration": solver(ValueIteration),
        "pymdptoolbox, modified policy iteration": solver(PolicyIterationModified),
    }


def main() -> None:
    """Answers requests until there are no more."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # mdpsolver prints
    load = ours if sys.argv[1] == "ours" else peers
    solvers: dict[str, Solver] = {}
    reference = None
    for line in sys.stdin:
        kind, *rest = json.loads(line)
        answer: Any = None
        if kind == "load":
            solvers, reference = load(*rest), None
            answer = list(solvers)
        elif kind == "reference":
            reference = np.load(rest[0])
        else:
            began = time.process_time()
            values = solvers[rest[0]](rest[1])
            seconds = time.process_time() - began
            error = None if reference is None else float(np.abs(np.asarray(values) - reference).max())
            answer = [seconds, float(values[0]), error]
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
