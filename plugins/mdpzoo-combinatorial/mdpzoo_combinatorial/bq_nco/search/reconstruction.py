"""Random re-construction: parts of solutions are solved again as subproblems (LEHD, arXiv 2310.07985).

A part of a solution, with the resource that the rest does not use, is a state of the quotiented process, so the network
can solve it. What differs from the paper: a round solves many subproblems of all instances in one batch, each from a
random end and under a random symmetry. The subproblems of each problem are defined in ``subproblems`` and
``route_subproblems``.
"""

import torch
from torch import Tensor

from mdpzoo_combinatorial.bq_nco.search.construction import Chooser, construct
from mdpzoo_combinatorial.bq_nco.search.subproblems import Subproblems
from mdpzoo_combinatorial.bq_nco.search.symmetries import all_symmetries
from mdpzoo_combinatorial.bq_nco.search.task import SearchResult, Task
from mdpzoo_combinatorial.bq_nco.states.remainders import Batch, Remainder
from mdpzoo_combinatorial.problems import resolve

ROUNDS = 100  # if there is neither a time limit nor a number of iterations
SMALLEST = 0.4  # size of the smallest subproblem over the largest; smaller ones rarely improve anything
ENTRIES = 4_000_000  # maximum number of costs that are stored for all symmetries


def improve(
    task: Task,
    first: SearchResult,
    chooser: Chooser,
    *,
    iterations: int | None,
    largest: int,
    symmetries: int,
    temperature: float,
) -> SearchResult:
    """Solves random subproblems again until the time limit or the last iteration; solutions never get worse.

    Args:
        task: the instances.
        first: their solutions.
        chooser: solves subproblems.
        iterations: number of rounds; None: limited by the budget only.
        largest: tokens in the largest subproblem; the size in each round is uniform from ``SMALLEST`` of it up to it.
        symmetries: how often each subproblem is solved in a round, under different symmetries as far as possible.
        temperature: of the choices; 0: the highest score is chosen.
    """
    subproblems: Subproblems = resolve(task.problem.record.learning.subproblems)(task)
    if first.actions.shape[1] == 0:
        return first
    subproblems.begin(first.actions)
    seen = _all_symmetries(task)
    largest = min(largest, task.batch.size)
    smallest = max(min(subproblems.smallest, largest), int(SMALLEST * largest))
    rounds = 0
    while (iterations is None or rounds < iterations) and not task.budget.spent:
        left = subproblems.cut(int(task.draws.integers(smallest, largest + 1)))
        if left is None:
            break
        answers = _answers(task, chooser, seen, left, symmetries, temperature)
        subproblems.mend(answers if task.descent is None else task.descent.subproblems(left, answers))
        rounds += 1
        if task.descent is not None:
            subproblems.begin(task.improve(subproblems.actions()))
        if task.budget.report is not None:
            actions = subproblems.actions()
            task.tell(SearchResult(actions, task.objective(actions), True, rounds))
    actions = subproblems.actions()
    return SearchResult(actions, task.objective(actions), first.complete, rounds)


def _all_symmetries(task: Task) -> Batch:
    """Returns the instances under all symmetries, or only the instances if that would need too much memory."""
    costs = task.batch.costs
    if costs is not None and task.problem.planar and costs.numel() > ENTRIES:
        return task.batch
    return all_symmetries(task.problem, task.batch)


def _answers(task: Task, chooser: Chooser, seen: Batch, left: Remainder, symmetries: int, temperature: float) -> Tensor:
    """Returns solutions ``[V, S, M]`` of subproblems, in the subproblems' direction."""
    count, device = len(left.row), left.node.device
    known = len(seen) // len(task.batch)
    view = torch.from_numpy(task.draws.random((count, known)).argsort(1)[:, :symmetries].T.copy()).to(device)
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
    """Returns each row ``[B, M]`` reversed, with padding still at the end."""
    count = (actions >= 0).sum(1, keepdim=True)
    place = torch.arange(actions.shape[1], device=actions.device)
    return torch.where(place < count, actions.gather(1, (count - 1 - place).clamp(min=0)), -1)
