"""Search: solutions decoded from the network, batched and anytime (BQ-NCO, section 5; LEHD, arXiv 2310.07985).

``greedy`` chooses the highest score, ``symmetric`` repeats this for all symmetries of an instance, ``sample`` draws
from the softmax, ``beam`` is beam search, ``reconstruct`` improves a solution by solving subproblems again. The network
sees coordinates in the unit square; the objective is the instance's own, including TSPLIB's rounding. What differs from
the papers: time limits, merging (``beam``), and re-construction for all five problems (``reconstruction``).
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from mdpzoo.errors import SettingError
from mdpzoo.showing import shown
from mdpzoo_combinatorial.bq_nco.search.beam import beam_search
from mdpzoo_combinatorial.bq_nco.search.construction import Built, construct
from mdpzoo_combinatorial.bq_nco.search.reconstruction import ROUNDS, improve
from mdpzoo_combinatorial.bq_nco.search.symmetries import number_of_symmetries, transform
from mdpzoo_combinatorial.bq_nco.search.task import NEIGHBOURS, SearchResult, Task
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.problems import PROBLEMS

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
ROWS_AT_ONCE = (
    64  # solutions sampled together on a CPU: enough to fill forward passes, few enough to respect time limits
)
TOKENS_ON_DEVICE = 1_000_000  # tokens of solutions sampled together on other devices
WIDTH_AT_START = 4  # of the beam search before re-construction: a fifth of a second for OP with 100 nodes


@shown
@dataclass(frozen=True, repr=False)
class Solutions:
    """Solutions of B instances, with the statistics of the search.

    Attributes:
        sequence: ``[B, M]`` int64. TSP, ATSP: each row is a permutation of ``0..n-1`` that begins with node 0. CVRP:
            customers in order with 0 between routes, padded with 0. OP: nodes in order, beginning with 0, padded with
            -1. Knapsack: sorted items, padded with -1.
        objective: ``[B]`` float64, by the instances' own rules.
        decoding: one of ``DECODINGS``.
        seconds: wall-clock time for all B instances.
        complete: whether the network made all choices of the first solutions; False if a greedy rule made some after
            the time limit.
        rounds: re-constructions, or solutions compared, per instance.
        problem: the problem of the instances.
    """

    sequence: Integers
    objective: Floats
    decoding: str
    seconds: float
    complete: bool
    rounds: int
    problem: str = "TSP"

    @property
    def solutions(self) -> list[list[int]] | list[list[list[int]]]:
        """The solutions as each instance's ``objective`` expects them: tours, lists of routes (CVRP) or items."""
        if not PROBLEMS[self.problem].routes:
            return [[token for token in row if token >= 0] for row in self.sequence.tolist()]
        return [routes_of(row) for row in self.sequence]


def routes_of(stops: Integers) -> list[list[int]]:
    """Returns the routes in a sequence of customers ``[M]`` with 0 between routes."""
    parts = np.split(stops, np.flatnonzero(stops == 0))
    return [route for part in parts if (route := part[part > 0].tolist())]


def greedy(task: Task, *, neighbours: int | None = NEIGHBOURS, endgame: int | None = None) -> SearchResult:
    """Chooses the highest score at each step.

    Args:
        task: the instances.
        neighbours: remaining tokens that the network sees at a time, the nearest ones; 0 or None: all.
        endgame: TSP, ATSP: so many last nodes are in an optimal order, in 0..12; 0: the network makes all choices;
            None: 10, or 0 for networks with the features of the paper.
    """
    chooser = task.chooser(neighbours, endgame)
    built = construct(chooser, task.batch, task.problem.start(task.batch), budget=task.budget)
    actions = task.improve(built.actions)
    found = SearchResult(actions, task.objective(actions), built.complete, 1)
    task.tell(found)
    return found


def symmetric(task: Task, *, neighbours: int | None = NEIGHBOURS, endgame: int | None = None) -> SearchResult:
    """Decodes greedily under each symmetry of the instances and keeps the best; Knapsack has no symmetries.

    The first decoding is always completed, after the time limit by a greedy rule; then the others are skipped. Options
    are those of ``greedy``.
    """
    best, chooser = greedy(task, neighbours=neighbours, endgame=endgame), task.chooser(neighbours, endgame)
    for index in range(1, number_of_symmetries(task.problem)):
        if task.budget.spent:
            break
        seen = transform(task.problem, task.batch, index)
        built = construct(chooser, seen, task.problem.start(seen), budget=task.budget)
        best = best.better(task, built, turned=task.problem.edges > 0)
        task.tell(best)
    return best


def sample(
    task: Task,
    *,
    samples: int = 16,
    temperature: float = 1.0,
    neighbours: int | None = NEIGHBOURS,
    endgame: int | None = None,
) -> SearchResult:
    """Samples solutions from the softmax of the scores and keeps the best.

    Args:
        task: the instances.
        samples: solutions per instance, at least 1.
        temperature: divides the scores, positive; small values are close to greedy decoding.
        neighbours: as in ``greedy``.
        endgame: as in ``greedy``.
    """
    at_least("samples", samples, 1)
    positive("temperature", temperature)
    start, count = task.problem.start(task.batch), len(task.batch)
    rows = ROWS_AT_ONCE if task.batch.numbers.is_cpu else max(ROWS_AT_ONCE, TOKENS_ON_DEVICE // task.batch.size)
    best: SearchResult | None = None
    while best is None or (samples > 0 and not task.budget.spent):
        copies = min(samples, max(1, rows // count))
        left = start.pick(torch.arange(count, device=start.row.device).repeat(copies))
        chooser = task.chooser(neighbours, endgame)
        built = construct(
            chooser, task.batch, left, generator=task.generator, temperature=temperature, budget=task.budget
        )
        if best is None:
            nothing = torch.full_like(built.actions[:count], -1)
            best = SearchResult(nothing, torch.full_like(task.batch.resource, -torch.inf), built.complete, 0)
        best = best.better(task, built, copies)
        task.tell(best)
        samples -= copies
    return best


def beam(
    task: Task,
    *,
    width: int = 16,
    merge: bool = True,
    neighbours: int | None = NEIGHBOURS,
    endgame: int | None = None,
) -> SearchResult:
    """Decodes by beam search.

    Args:
        task: the instances.
        width: of the beam of each instance, at least 1; 1 is greedy decoding.
        merge: whether partial solutions with the same state are merged.
        neighbours: as in ``greedy``.
        endgame: as in ``greedy``.
    """
    at_least("width", width, 1)
    if not isinstance(merge, bool):
        raise SettingError(f"merge must be True or False, got {merge!r}")
    found = beam_search(task, task.chooser(neighbours, endgame), width=width, merge=merge)
    actions = task.improve(found.actions)
    found = replace(found, actions=actions, objective=task.objective(actions))
    task.tell(found)
    return found


def narrow_beam(task: Task, *, neighbours: int | None = NEIGHBOURS, endgame: int | None = None) -> SearchResult:
    """Returns the better solutions of greedy decoding, which is always completed, and of a narrow beam."""
    found = greedy(task, neighbours=neighbours, endgame=endgame)
    if task.budget.spent:
        return found
    built = beam_search(task, task.chooser(neighbours, endgame), width=WIDTH_AT_START, merge=True)
    found = found.better(task, Built(built.actions, built.complete))
    task.tell(found)
    return found


STARTS: dict[str, Callable[..., SearchResult]] = {
    "greedy": greedy,
    "symmetric": symmetric,
    "sample": sample,
    "beam": narrow_beam,
}


def reconstruct(
    task: Task,
    *,
    iterations: int | None = None,
    largest: int | None = None,
    symmetries: int = 1,
    temperature: float | None = None,
    start: str | None = None,
    neighbours: int | None = NEIGHBOURS,
    endgame: int | None = None,
) -> SearchResult:
    """Decodes, then solves random subproblems of the solutions again until the time limit or the last iteration.

    Args:
        task: the instances.
        iterations: number of rounds, at least 0; None: limited by time, or ``ROUNDS`` without a time limit.
        largest: tokens in the largest subproblem, at least 4; None: the problem's default.
        symmetries: symmetries under which each subproblem is solved in a round, in 1..8.
        temperature: of sampling in subproblems; 0: the highest score is chosen; None: the problem's default.
        start: the first decoding: ``greedy``, ``symmetric`` or ``sample`` without options, or ``beam`` of width 4;
            None: ``beam`` for OP, whose segments rarely change the visited regions, else ``greedy``.
        neighbours: as in ``greedy``.
        endgame: as in ``greedy``.
    """
    learning = task.problem.record.learning
    largest = learning.largest_subproblem if largest is None else largest
    at_least("largest", largest, 4)
    at_least("symmetries", symmetries, 1)
    if iterations is not None:
        at_least("iterations", iterations, 0)
    elif task.budget.seconds is None:
        iterations = ROUNDS
    if temperature is None:
        settled = None if task.descent is None else learning.temperature_settled
        temperature = learning.temperature if settled is None else settled
    if temperature != 0:
        positive("temperature", temperature, least="at least 0")
    start = learning.start if start is None else start
    if start not in STARTS:
        raise SettingError(f"start must be one of {', '.join(STARTS)}, got {start!r}")
    first: SearchResult = STARTS[start](task, neighbours=neighbours, endgame=endgame)
    return improve(
        task,
        first,
        task.chooser(neighbours, endgame),
        iterations=iterations,
        largest=largest,
        symmetries=min(symmetries, number_of_symmetries(task.problem)),
        temperature=temperature,
    )


DECODINGS: dict[str, Callable[..., SearchResult]] = {
    "greedy": greedy,
    "symmetric": symmetric,
    "sample": sample,
    "beam": beam,
    "reconstruct": reconstruct,
}


def positive(name: str, value: object, least: str = "positive") -> None:
    """Raises SettingError if the value is not a positive number; ``least`` describes the range in the message."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise SettingError(f"{name} must be a finite number, {least}, got {value!r}")
