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
from mdpzoo_combinatorial.bq_nco.search.task import NEIGHBOURS, SearchResult, Task
from mdpzoo_combinatorial.bq_nco.search.views import number_of_views, viewed
from mdpzoo_combinatorial.instances.checking import at_least
from mdpzoo_combinatorial.problems import PROBLEMS

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]
ROWS_AT_ONCE = 64  # solutions of a sample drawn together: enough to fill forward passes, few enough to end in time
TOKENS_ON_DEVICE = 1_000_000  # likewise of all solutions drawn together on another device than the CPU
WIDTH_AT_START = 4  # of the beam that re-construction starts from: a fifth of a second for OP of 100 nodes


@shown
@dataclass(frozen=True, repr=False)
class Solutions:
    """Solutions of B instances, and how they were found.

    Attributes:
        sequence: ``[B, M]`` int64. TSP, ATSP: each row a permutation of ``0..n-1`` that starts with node 0. CVRP:
            customers one after the other with 0 between routes, then 0. OP: nodes in order beginning with 0, then -1.
            Knapsack: items, sorted, then -1.
        objective: ``[B]`` float64, by the instances' own rules.
        decoding: one of ``DECODINGS``.
        seconds: of wall clock, for all B together.
        complete: whether the network made every choice of the first solutions; False where the time limit had a cheap
            rule choose instead.
        rounds: re-constructions, or solutions compared, per instance.
        problem: of which the instances are.
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
        """What each instance's ``objective`` takes: tours, lists of routes (CVRP) or items."""
        if not PROBLEMS[self.problem].routes:
            return [[token for token in row if token >= 0] for row in self.sequence.tolist()]
        return [routes_of(row) for row in self.sequence]


def routes_of(stops: Integers) -> list[list[int]]:
    """The routes of customers ``[M]`` with 0 between them."""
    parts = np.split(stops, np.flatnonzero(stops == 0))
    return [route for part in parts if (route := part[part > 0].tolist())]


def greedy(task: Task, *, neighbours: int | None = NEIGHBOURS) -> SearchResult:
    """Takes the best score at each step.

    Args:
        task: the instances.
        neighbours: tokens left that the network sees at a time, the nearest ones; 0 or None: all.
    """
    built = construct(task.chooser(neighbours), task.batch, task.problem.start(task.batch), budget=task.budget)
    actions = task.settled(built.actions)
    found = SearchResult(actions, task.objective(actions), built.complete, 1)
    task.tell(found)
    return found


def symmetric(task: Task, *, neighbours: int | None = NEIGHBOURS) -> SearchResult:
    """Decodes greedily under each view of the instances and keeps the best; Knapsack has one view only.

    With a time limit the first always ends, by a cheap rule if need be; the others stop with the time.
    """
    best, chooser = greedy(task, neighbours=neighbours), task.chooser(neighbours)
    for index in range(1, number_of_views(task.problem)):
        if task.budget.spent:
            break
        seen = viewed(task.problem, task.batch, index)
        built = construct(chooser, seen, task.problem.start(seen), budget=task.budget)
        best = best.better(task, built, turned=task.problem.edges > 0)
        task.tell(best)
    return best


def sample(
    task: Task, *, samples: int = 16, temperature: float = 1.0, neighbours: int | None = NEIGHBOURS
) -> SearchResult:
    """Draws solutions from the softmax of the scores and keeps the best.

    Args:
        task: the instances.
        samples: solutions per instance, at least 1.
        temperature: divides the scores, positive; small ones keep near to greedy.
        neighbours: as in ``greedy``.
    """
    at_least("samples", samples, 1)
    positive("temperature", temperature)
    start, count = task.problem.start(task.batch), len(task.batch)
    rows = ROWS_AT_ONCE if task.batch.numbers.is_cpu else max(ROWS_AT_ONCE, TOKENS_ON_DEVICE // task.batch.size)
    best: SearchResult | None = None
    while best is None or (samples > 0 and not task.budget.spent):
        copies = min(samples, max(1, rows // count))
        left = start.pick(torch.arange(count, device=start.row.device).repeat(copies))
        chooser = task.chooser(neighbours)
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


def beam(task: Task, *, width: int = 16, merge: bool = True, neighbours: int | None = NEIGHBOURS) -> SearchResult:
    """Keeps the best beginnings, and in the end the best solution.

    Args:
        task: the instances.
        width: beginnings kept of each instance, at least 1; with 1 this is greedy.
        merge: whether beginnings that lead to one state are one.
        neighbours: as in ``greedy``.
    """
    at_least("width", width, 1)
    if not isinstance(merge, bool):
        raise SettingError(f"merge must be True or False, got {merge!r}")
    found = beam_search(task, task.chooser(neighbours), width=width, merge=merge)
    actions = task.settled(found.actions)
    found = replace(found, actions=actions, objective=task.objective(actions))
    task.tell(found)
    return found


def narrow_beam(task: Task, *, neighbours: int | None = NEIGHBOURS) -> SearchResult:
    """The better of a narrow beam and greedy; greedy's choices always end, whatever the time limit."""
    found = greedy(task, neighbours=neighbours)
    if task.budget.spent:
        return found
    built = beam_search(task, task.chooser(neighbours), width=WIDTH_AT_START, merge=True)
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
    views: int = 1,
    temperature: float | None = None,
    start: str | None = None,
    neighbours: int | None = NEIGHBOURS,
) -> SearchResult:
    """Decodes, then re-solves random pieces of the solutions until time or iterations end.

    Args:
        task: the instances.
        iterations: rounds, at least 0; None: as many as the time limit allows, ``ROUNDS`` without one.
        largest: tokens in the largest piece, at least 4; None: the problem's own.
        views: under how many views each piece is solved in a round, in 1..8.
        temperature: 0: the best score wins inside pieces; else they are sampled, the scores divided by it; None: the
            problem's own.
        start: what is improved: ``greedy``, ``symmetric`` or ``sample`` without options, or ``beam``, of width 4; None:
            ``beam`` for OP, whose segments seldom change what a tour visits at large, else ``greedy``.
        neighbours: as in ``greedy``.
    """
    learning = task.problem.record.learning
    largest = learning.largest_subproblem if largest is None else largest
    at_least("largest", largest, 4)
    at_least("views", views, 1)
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
    first: SearchResult = STARTS[start](task, neighbours=neighbours)
    return improve(
        task,
        first,
        task.chooser(neighbours),
        iterations=iterations,
        largest=largest,
        views=min(views, number_of_views(task.problem)),
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
    """Raises SettingError unless the value is a positive number; ``least`` says what would do."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise SettingError(f"{name} must be a finite number, {least}, got {value!r}")
