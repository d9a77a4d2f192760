"""Random re-construction: pieces of solutions solved anew, as instances of their own (LEHD, arXiv 2310.07985).

A piece of a solution, with what the rest leaves of limits, is a state of the quotiented process, so the network solves
it as it solves any other. What differs from the paper: a round solves many pieces of all instances in one batch, each
as it is seen from a random end and under a random symmetry; ``subproblems`` and ``route_subproblems`` say what a
piece of each problem is.
"""

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.search.subproblems import Subproblems
from mdpzoo_combinatorial.bq_nco.search.task import SearchResult, Task
from mdpzoo_combinatorial.bq_nco.search.views import all_views
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.problems import resolve

ROUNDS = 100  # without a time limit and a number of iterations
SMALLEST = 0.4  # tokens in the smallest piece, in parts of the largest: smaller ones seldom gain anything
ENTRIES = 4_000_000  # of costs, up to which they are held for every view


def improve(
    task: Task,
    first: SearchResult,
    chooser: Chooser,
    *,
    iterations: int | None,
    largest: int,
    views: int,
    temperature: float,
) -> SearchResult:
    """Re-solves random pieces until time or iterations end; no solution ever gets worse.

    Args:
        task: the instances.
        first: their solutions.
        chooser: who solves pieces.
        iterations: rounds; None: no limit but the budget.
        largest: tokens in the largest piece; each round's size is uniform from ``SMALLEST`` of it up to it.
        views: answers to each piece in a round, under different views where there are so many.
        temperature: of the choices; 0: the best score wins.
    """
    pieces: Subproblems = resolve(task.problem.record.learning.subproblems)(task)
    if first.actions.shape[1] == 0:
        return first
    pieces.begin(first.actions)
    seen = _views_held(task)
    largest = min(largest, task.batch.size)
    smallest = max(min(pieces.smallest, largest), int(SMALLEST * largest))
    rounds = 0
    while (iterations is None or rounds < iterations) and not task.budget.spent:
        left = pieces.cut(int(task.draws.integers(smallest, largest + 1)))
        if left is None:
            break
        answers = _answers(task, chooser, seen, left, views, temperature)
        pieces.mend(answers if task.descent is None else task.descent.subproblems(left, answers))
        rounds += 1
        if task.descent is not None:
            pieces.begin(task.settled(pieces.actions()))
        if task.budget.report is not None:
            actions = pieces.actions()
            task.tell(SearchResult(actions, task.objective(actions), True, rounds))
    actions = pieces.actions()
    return SearchResult(actions, task.objective(actions), first.complete, rounds)


def _views_held(task: Task) -> Batch:
    """All views of the instances, or the instances alone where that would be too much."""
    costs = task.batch.costs
    if costs is not None and task.problem.planar and costs.numel() > ENTRIES:
        return task.batch
    return all_views(task.problem, task.batch)


def _answers(task: Task, chooser: Chooser, seen: Batch, left: Remainder, views: int, temperature: float) -> Tensor:
    """Answers ``[V, S, M]`` to pieces, in the pieces' own direction."""
    count, device = len(left.row), left.node.device
    known = len(seen) // len(task.batch)
    view = torch.from_numpy(task.draws.random((count, known)).argsort(1)[:, :views].T.copy()).to(device)
    states = left.pick(torch.arange(count, device=device).repeat(len(view)))
    states = states._replace(row=states.row + len(task.batch) * view.flatten())
    turned = view.flatten() == 1
    if task.problem.planar:
        turned = torch.from_numpy(task.draws.random(len(states.row)) < 0.5).to(device)
    if task.problem.ends and task.problem.action_variants == 1:
        ends = torch.where(turned.unsqueeze(1), states.node[:, :2].flip(1), states.node[:, :2])
        states = states._replace(node=torch.cat((ends, states.node[:, 2:]), 1))
    generator = task.generator if temperature > 0 else None
    built = construct(chooser, seen, states, generator=generator, temperature=temperature or 1.0, budget=task.budget)
    actions = built.actions
    if task.problem.ends and task.problem.action_variants == 1:
        actions = torch.where(turned.unsqueeze(1), _backwards(actions), actions)
    return actions.view(len(view), count, -1)


def _backwards(actions: Tensor) -> Tensor:
    """Each row ``[B, M]`` read from its end; padding stays at the end."""
    count = (actions >= 0).sum(1, keepdim=True)
    place = torch.arange(actions.shape[1], device=actions.device)
    return torch.where(place < count, actions.gather(1, (count - 1 - place).clamp(min=0)), -1)
